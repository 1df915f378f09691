import { statfsSync } from 'node:fs';
import type { CostProfile } from '../../driver/cost/cost-profile.ts';
import { EngineError, EnvironmentError, InterruptedError } from '../../errors.ts';
import { formatBytes } from '../../units/bytes.ts';
import { measuringCpu } from '../affinity.ts';
import type { FileSystemInfo } from '../file-system.ts';
import type { HostDefaults } from '../qemu-io/block-node.ts';
import type { Scratch } from '../scratch.ts';
import type { QemuTools } from '../tools.ts';
import { Bench, type IoMode } from './bench.ts';
import { CommandList } from './command-list.ts';
import { measureDriver, prepareDriver } from './measure-driver.ts';
import { measureStorage, prepareStorage } from './measure-storage.ts';
import { rawNode } from './nodes.ts';
import { Samples } from './samples.ts';
import { solveProfile } from './solve-profile.ts';
import { writtenBytes } from './storage-plan.ts';

export interface CalibrationOptions {
  readonly tools: QemuTools;
  readonly scratch: Scratch;
  readonly fileSystem: FileSystemInfo;
  /** What this host can do, from the probe. */
  readonly defaults: HostDefaults;
  /** ISO 8601 time that the profiles carry. */
  readonly measuredAt: string;
  readonly signal: AbortSignal;
  /** Rounds to take; more is slower and steadier. */
  readonly rounds?: number;
  /** Processors for the measured process: the last one allowed where absent. */
  readonly cpus?: readonly number[];
  /** Told before each step: the part that is done, 0…1, and what comes. */
  readonly onProgress?: (done: number, text: string) => void;
}

/** Enough for the median of a cost to be steady within a few percent. */
export const defaultRounds = 9;
/** Files of all modes together, with what a round allocates. */
const neededBytes = writtenBytes.direct + writtenBytes.buffered + 2 ** 30;

/**
 * Measures what host I/O and the driver's own work cost here: one profile for each cache family and kind of asynchronous I/O that this
 * machine can do. Rounds of all modes take turns, so that a change of the machine's pace hits all of them alike. About a
 * minute; the files take up to 2.5 GiB of the scratch directory's file system.
 * @throws EnvironmentError where the files do not fit, EngineError where QEMU's tools fail, InterruptedError
 */
export async function calibrate(options: CalibrationOptions): Promise<readonly CostProfile[]> {
  const { fileSystem, scratch, signal, tools } = options;
  checkRoom(scratch);
  const cpu = measuringCpu();
  const cpus = options.cpus ?? (cpu === undefined ? [] : [cpu]);
  const rounds = options.rounds ?? defaultRounds;
  const bench = new Bench({ tools, scratch, cpus, signal });
  const report = options.onProgress ?? (() => undefined);
  try {
    report(0, 'making files');
    const modes = await usableModes(bench, options.defaults);
    for (const family of ['direct', 'buffered'] as const) {
      const mode = modes.find(({ cache }) => cache === family);
      if (mode !== undefined) await prepareStorage(bench, mode);
    }
    await prepareDriver(bench);
    const driver = new Samples();
    const measured = modes.map((mode) => ({ mode, storage: new Samples() }));
    const steps = (rounds + 1) * (modes.length + 1);
    let step = 0;
    // The first round finds files and caches cold, and does not count.
    for (let round = 0; round <= rounds; round++) {
      report(step++ / steps, 'the driver');
      await measureDriver(bench, round, round === 0 ? new Samples() : driver);
      for (const { mode, storage } of measured) {
        report(step++ / steps, `cache ${mode.cache}, aio ${mode.aio}`);
        await measureStorage(bench, mode, round, round === 0 ? new Samples() : storage);
      }
    }
    const device = measured.find(({ mode }) => mode.cache === 'direct')?.storage;
    return measured.map(({ mode, storage }) =>
      solveProfile(
        { mode, storage, device, driver },
        {
          name: `${fileSystem.type}-${mode.cache}-${mode.aio}`,
          source: 'qtune doctor --calibrate',
          measuredAt: options.measuredAt,
          qemu: tools.versionLine,
          fileSystem: fileSystem.type,
        },
      ),
    );
  } finally {
    await bench.close();
  }
}

function checkRoom(scratch: Scratch): void {
  const { bavail, bsize } = statfsSync(scratch.directory);
  if (bavail * bsize >= neededBytes) return;
  throw new EnvironmentError(
    `calibration takes ${formatBytes(neededBytes)} in ${scratch.parent}, which has ${formatBytes(bavail * bsize)} free`,
    { hint: 'Set TMPDIR to a directory with more room on the file system to measure.' },
  );
}

/** The modes that work here, tried with one request each; the host's default first. */
async function usableModes(bench: Bench, defaults: HostDefaults): Promise<readonly IoMode[]> {
  const wanted: readonly IoMode[] = [
    ...(defaults.cache === 'none'
      ? (['io_uring', 'native', 'threads'] as const).map((aio) => ({ cache: 'direct', aio }) as const)
      : []),
    ...(['io_uring', 'threads'] as const).map((aio) => ({ cache: 'buffered', aio }) as const),
  ];
  const usable: IoMode[] = [];
  const name = 'probe.raw';
  await bench.create(name, 'raw', 2 ** 20);
  for (const mode of wanted) {
    const list = new CommandList();
    list.write(0, 65_536, 'write');
    try {
      await bench.measure(rawNode(name, mode), mode.cache, list, new Samples());
      usable.push(mode);
    } catch (error) {
      if (error instanceof InterruptedError || !(error instanceof EngineError)) throw error;
    }
  }
  bench.remove(name);
  return usable;
}
