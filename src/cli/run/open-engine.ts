import { keepOff } from '../../engine/affinity.ts';
import type { Engine } from '../../engine/engine.ts';
import { type FileSystemInfo, probeFileSystem } from '../../engine/file-system.ts';
import { createQemuIoEngine } from '../../engine/qemu-io/qemu-io-engine.ts';
import { Scratch } from '../../engine/scratch.ts';
import { findQemuTools, type QemuTools } from '../../engine/tools.ts';
import type { QemuVersion } from '../../settings/qemu-version.ts';
import { describeEnvironment } from '../../trial/environment.ts';
import type { HeaderRecord, TrialEnvironment } from '../../trial/record.ts';
import type { Host } from '../host.ts';
import { qtuneVersion } from '../version.ts';
import type { RunSettings } from './settings.ts';

/** Which QEMU, and where its process runs; absent keys mean the one on PATH and the last processor. */
export interface EngineSettings {
  readonly qemuDirectory?: string | undefined;
  readonly cpus?: RunSettings['cpus'];
  /** qemu-io where it is absent. */
  readonly makeEngine?: MakeEngine;
}

/** Makes an engine of the tools that were found, in a scratch directory. */
export type MakeEngine = (found: {
  readonly tools: QemuTools;
  readonly scratch: Scratch;
  readonly cpus?: readonly number[] | null;
}) => Engine;

/** The QEMU that was found, as far as planning needs it. */
export interface FoundQemu {
  readonly version: QemuVersion;
  readonly versionLine: string;
  readonly hasStorageDaemon: boolean;
  /** Makes a scratch directory and an engine in it. */
  open(overrides?: Pick<EngineSettings, 'cpus' | 'makeEngine'>): Promise<OpenEngine>;
}

/** An engine with the place that it works in. */
export interface OpenEngine {
  readonly engine: Engine;
  /** Where images are made; absent for an engine that makes none. */
  readonly fileSystem?: FileSystemInfo;
  readonly scratchDirectory?: string;
  /** Calibrates the engine and looks at the machine: what a journal says of both. */
  describe(): Promise<Pick<HeaderRecord, 'engine' | 'environment'>>;
  /** Removes everything that was made. */
  close(): Promise<void>;
}

/** Finds QEMU for a run. @throws EnvironmentError where there is none, with what to type */
export async function findQemu(settings: EngineSettings, host: Host): Promise<FoundQemu> {
  const tools = await findQemuTools({
    ...(settings.qemuDirectory === undefined ? {} : { directory: settings.qemuDirectory }),
    cwd: host.cwd,
    env: host.env,
    signal: host.signal,
  });
  return {
    version: tools.version,
    versionLine: tools.versionLine,
    hasStorageDaemon: tools.storageDaemon !== undefined,
    open: (overrides) => openEngine(tools, { ...settings, ...overrides }, host),
  };
}

async function openEngine(tools: QemuTools, settings: EngineSettings, host: Host): Promise<OpenEngine> {
  const scratch = Scratch.create({ env: host.env, pid: host.pid });
  try {
    const fileSystem = await probeFileSystem(scratch.directory, host.env);
    const environmentOf = (): Promise<TrialEnvironment> =>
      describeEnvironment({
        qtuneVersion: qtuneVersion(),
        nodeVersion: host.nodeVersion,
        qemuVersionLine: tools.versionLine,
        fileSystem,
      });
    const { makeEngine = createQemuIoEngine } = settings;
    const engine = makeEngine({
      tools,
      scratch,
      ...(settings.cpus === undefined ? {} : { cpus: settings.cpus }),
    });
    let kept: Awaited<ReturnType<typeof keepOff>>;
    return {
      engine,
      fileSystem,
      scratchDirectory: scratch.directory,
      describe: async () => {
        const described = await engine.describe(host.signal);
        // Not before: until the processor is known there is nothing to keep off.
        kept ??= await keepOff(described.cpus, host.pid, host.env);
        const own = kept === undefined ? {} : { harnessCpus: kept.cpus };
        return { engine: { ...described, ...own }, environment: await environmentOf() };
      },
      close: async () => {
        await kept?.restore();
        await engine.close();
        scratch.close();
      },
    };
  } catch (error) {
    scratch.close();
    throw error;
  }
}
