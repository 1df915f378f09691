import type { Engine } from '../../engine/engine.ts';
import { type FileSystemInfo, probeFileSystem } from '../../engine/file-system.ts';
import { createQemuIoEngine } from '../../engine/qemu-io/qemu-io-engine.ts';
import { Scratch } from '../../engine/scratch.ts';
import { findQemuTools, type QemuTools } from '../../engine/tools.ts';
import type { QemuVersion } from '../../settings/qemu-version.ts';
import type { Host } from '../host.ts';
import type { RunSettings } from './settings.ts';

/** The QEMU that was found, as far as planning needs it. */
export interface FoundQemu {
  readonly version: QemuVersion;
  readonly versionLine: string;
  /** Makes a scratch directory and an engine in it. */
  open(): Promise<OpenEngine>;
}

/** An engine with the place that it works in. */
export interface OpenEngine {
  readonly engine: Engine;
  readonly fileSystem: FileSystemInfo;
  readonly scratchDirectory: string;
  /** Removes everything that was made. */
  close(): Promise<void>;
}

/** Finds QEMU for a run. @throws EnvironmentError where there is none, with what to type */
export async function findQemu(settings: RunSettings, host: Host): Promise<FoundQemu> {
  const tools = await findQemuTools({
    ...(settings.qemuDirectory === undefined ? {} : { directory: settings.qemuDirectory }),
    cwd: host.cwd,
    env: host.env,
    signal: host.signal,
  });
  return {
    version: tools.version,
    versionLine: tools.versionLine,
    open: () => openEngine(tools, settings, host),
  };
}

async function openEngine(tools: QemuTools, settings: RunSettings, host: Host): Promise<OpenEngine> {
  const scratch = Scratch.create({ env: host.env, pid: host.pid });
  try {
    const fileSystem = await probeFileSystem(scratch.directory, host.env);
    const engine = createQemuIoEngine({
      tools,
      scratch,
      ...(settings.cpus === undefined ? {} : { cpus: settings.cpus }),
    });
    return {
      engine,
      fileSystem,
      scratchDirectory: scratch.directory,
      close: async () => {
        await engine.close();
        scratch.close();
      },
    };
  } catch (error) {
    scratch.close();
    throw error;
  }
}
