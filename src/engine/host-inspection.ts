import { cpus, freemem, release, totalmem, type } from 'node:os';
import { EngineError, EnvironmentError, UsageError } from '../errors.ts';
import { formatQemuVersion } from '../settings/qemu-version.ts';
import { allowedCpus, cpuGovernor, measuringCpu } from './affinity.ts';
import { type Environment, findExecutable } from './executable.ts';
import { deviceIsUsable, type FileSystemInfo, probeFileSystem } from './file-system.ts';
import { findFio } from './fio/fio-tool.ts';
import { findProcessGuards } from './process-guard.ts';
import { measureOverhead } from './qemu-io/calibration.ts';
import { probeHostDefaults } from './qemu-io/host-probe.ts';
import type { Scratch } from './scratch.ts';
import { findQemuTools, howToGetQemu, type QemuTools } from './tools.ts';

/** A program beside QEMU's, and what qtune uses it for. */
export interface HelperTool {
  readonly name: string;
  readonly path: string | undefined;
  readonly purpose: string;
  /** What it says of itself, where it was asked. */
  readonly detail?: string;
}

/** QEMU's tools and how they do here, or why they cannot be used. */
export type QemuInspection =
  | {
      readonly state: 'usable';
      readonly version: string;
      readonly versionLine: string;
      readonly qemuImg: string;
      readonly qemuIo: string;
      readonly storageDaemon: string | undefined;
      /** What trials use where a configuration does not say. */
      readonly cache: string;
      readonly aio: string;
      /** Time of one qemu-io command outside the driver. */
      readonly overheadMs: number;
      /** Spread of five equal short runs, (longest - shortest) / median: how noisy this machine is now. */
      readonly noiseRatio: number;
    }
  | { readonly state: 'unusable'; readonly reason: string; readonly hint: string };

/** What this machine offers to a measurement. Sizes are bytes. */
export interface HostInspection {
  readonly qemu: QemuInspection;
  readonly helpers: readonly HelperTool[];
  /** Whether fio can be used on an NBD export of a storage daemon: more than one request at a time. */
  readonly canMeasureDepth: boolean;
  readonly host: {
    readonly kernel: string;
    readonly cpuModel: string;
    readonly cpuCount: number;
    readonly allowedCpus: readonly number[];
    /** The processor that measured processes are pinned to; undefined where they are not. */
    readonly measuringCpu: number | undefined;
    /** Frequency governor of that processor; undefined where it cannot be read. */
    readonly governor: string | undefined;
    readonly memoryBytes: number;
    readonly freeMemoryBytes: number;
  };
  readonly scratch: FileSystemInfo & { readonly directory: string };
  /** Devices that later engines use: exports of images as files, and mounts of those. */
  readonly devices: { readonly fuse: boolean; readonly loop: boolean };
}

const noiseRuns = 5;

/** Programs beside QEMU's by name; all of them can be done without. */
const helperPurposes: Readonly<Record<string, string>> = {
  setpriv: 'ends helpers when qtune itself is killed',
  taskset: 'pins the measured process to a processor',
  mkfifo: 'takes results without waking a reader',
  cp: 'copies images with their holes',
  fio: 'runs workloads at queue depths above 1',
  strace: 'checks host I/O in tests',
};

/**
 * Looks at everything that a measurement depends on; takes about half a second with QEMU, less without.
 * @throws EnvironmentError where nothing can be written in the scratch directory
 */
export async function inspectHost(options: {
  readonly qemuDirectory?: string;
  readonly cwd: string;
  readonly env: Environment;
  readonly scratch: Scratch;
  /** The directory that holds the scratch directory, as the user knows it. */
  readonly scratchParent: string;
  readonly signal: AbortSignal;
}): Promise<HostInspection> {
  const { env, scratch } = options;
  const processors = cpus();
  const cpu = measuringCpu();
  const guards = await findProcessGuards(env);
  const path = (name: string): string | undefined =>
    name === 'setpriv' && guards.deathSignal('KILL').length === 0 ? undefined : findExecutable(name, env);
  const qemu = await inspectQemu(options);
  const fio = await inspectFio(options);
  return {
    qemu,
    helpers: Object.entries(helperPurposes).map(([name, purpose]) => ({
      ...{ name, path: path(name), purpose },
      ...(name === 'fio' && fio !== undefined ? { detail: fio.detail } : {}),
    })),
    canMeasureDepth: qemu.state === 'usable' && qemu.storageDaemon !== undefined && fio?.isUsable === true,
    host: {
      kernel: `${type()} ${release()}`,
      cpuModel: processors[0]?.model.trim() ?? 'unknown',
      cpuCount: processors.length,
      allowedCpus: allowedCpus(),
      measuringCpu: guards.taskset === undefined ? undefined : cpu,
      governor: cpuGovernor(cpu ?? 0),
      memoryBytes: totalmem(),
      freeMemoryBytes: freemem(),
    },
    scratch: { ...(await probeFileSystem(scratch.directory, env)), directory: options.scratchParent },
    devices: { fuse: deviceIsUsable('/dev/fuse'), loop: deviceIsUsable('/dev/loop-control') },
  };
}

/** Undefined where there is none. */
async function inspectFio({
  env,
  signal,
}: {
  readonly env: Environment;
  readonly signal: AbortSignal;
}): Promise<{ readonly detail: string; readonly isUsable: boolean } | undefined> {
  if (findExecutable('fio', env) === undefined) return undefined;
  try {
    const { version, hasNbd } = await findFio(env, signal);
    return { detail: `${version}, ${hasNbd ? 'with' : 'without'} its nbd engine`, isUsable: hasNbd };
  } catch (error) {
    if (error instanceof EnvironmentError) return { detail: error.message, isUsable: false };
    throw error;
  }
}

async function inspectQemu(options: {
  readonly qemuDirectory?: string;
  readonly cwd: string;
  readonly env: Environment;
  readonly scratch: Scratch;
  readonly signal: AbortSignal;
}): Promise<QemuInspection> {
  const { env, scratch, signal, cwd } = options;
  try {
    const tools = await findQemuTools({
      env,
      signal,
      cwd,
      ...(options.qemuDirectory === undefined ? {} : { directory: options.qemuDirectory }),
    });
    const modes = await probeHostDefaults(tools, scratch, signal);
    return { ...describeTools(tools), ...modes, ...(await measureNoise(tools, scratch, modes, signal)) };
  } catch (error) {
    if (error instanceof UsageError) throw error;
    if (!(error instanceof EnvironmentError || error instanceof EngineError)) throw error;
    return { state: 'unusable', reason: error.message, hint: error.hint ?? howToGetQemu() };
  }
}

function describeTools(tools: QemuTools) {
  return {
    state: 'usable',
    version: formatQemuVersion(tools.version),
    versionLine: tools.versionLine,
    qemuImg: tools.qemuImg,
    qemuIo: tools.qemuIo,
    storageDaemon: tools.storageDaemon,
  } as const;
}

async function measureNoise(
  tools: QemuTools,
  scratch: Scratch,
  modes: Awaited<ReturnType<typeof probeHostDefaults>>,
  signal: AbortSignal,
): Promise<{ readonly overheadMs: number; readonly noiseRatio: number }> {
  const cpu = measuringCpu();
  const overheads: number[] = [];
  const latencies: number[] = [];
  for (let run = 0; run < noiseRuns; run++) {
    const measured = await measureOverhead(tools, scratch, cpu === undefined ? [] : [cpu], modes, signal);
    overheads.push(measured.overheadMs);
    latencies.push(measured.driverMs);
  }
  const sorted = latencies.sort((left, right) => left - right);
  const middle = Math.floor(noiseRuns / 2);
  const median = sorted[middle] ?? 0;
  const spread = (sorted.at(-1) ?? 0) - (sorted[0] ?? 0);
  const overheadMs = overheads.sort((left, right) => left - right)[middle] ?? 0;
  return { overheadMs, noiseRatio: median > 0 ? spread / median : 0 };
}
