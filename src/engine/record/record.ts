import { mkdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { EnvironmentError, InterruptedError } from '../../errors.ts';
import type { Environment } from '../executable.ts';
import { describeToolFailure, runTool, succeeded } from '../process.ts';
import { StorageDaemon } from '../storage-daemon/storage-daemon.ts';
import type { QemuTools } from '../tools.ts';
import { FreeSpace } from './free-space.ts';
import { readImageFigures } from './image-figures.ts';
import { KernelTrace, removeLeftInstances } from './kernel-trace.ts';
import { foreverMs } from './line-server.ts';
import { findMemoryGroup, limitMemory, type MemoryGroup, memoryKillCount } from './memory-group.ts';
import { type ProgramStreams, runRecordedProgram } from './recorded-program.ts';
import type { Recording } from './recording.ts';
import { RequestCollector } from './request-collector.ts';
import { findCommand, type RecordingFileSystem, requireStage, type StageTools } from './requirements.ts';
import { Stage } from './stage.ts';

/** What is recorded, and on what. */
export interface RecordOptions {
  readonly tools: QemuTools;
  /** The program as the user wrote it, then its arguments. */
  readonly command: readonly string[];
  readonly diskBytes: number;
  readonly fileSystem: RecordingFileSystem;
  /** As for `qemu-img create -o`; empty for QEMU's defaults. */
  readonly createOptions: string;
  /** What the program and its page cache may hold; all memory where absent. */
  readonly memoryBytes?: number;
  readonly env: Environment;
  readonly cwd: string;
  readonly pid: number;
  readonly streams: ProgramStreams;
  readonly signal: AbortSignal;
  /** Told when the program starts. */
  readonly onStart?: () => void;
}

const image = 'image.qcow2';
const exportName = 'export';
const mountName = 'mount';
const mkfsOptions: Readonly<Record<string, readonly string[]>> = { ext4: ['-q', '-F'], xfs: ['-q', '-f'] };

/**
 * Records the requests of a program: a new qcow2 image, exported by `qemu-storage-daemon` over FUSE, a loop device on it, a
 * file system, mounted; the program runs in it, and the kernel's tracer has every request to the loop device with its
 * time. Everything is taken away however it ends.
 *
 * The loop device does not bypass the page cache of the exported file: Linux 6.18 splits direct requests of more than half a
 * mebibyte to FUSE and then writes other bytes than it was given. The trace is taken above and is the same.
 *
 * @param use takes the recording while a kill still takes everything away; files that it hands to `removeOnKill` go too
 * @throws EnvironmentError for what is missing or fails here, UsageError for a program that is not there, InterruptedError
 */
export async function recordProgram<Result>(
  options: RecordOptions,
  use: (recording: Recording, removeOnKill: (path: string) => Promise<void>) => Promise<Result>,
): Promise<Result> {
  const env: Environment = { ...options.env, PATH: `${options.env.PATH ?? ''}:/usr/sbin:/sbin:/usr/bin:/bin` };
  const programs = requireStage(options.tools, options.fileSystem, env);
  const program = findCommand(options.command[0] ?? '', options.env, options.cwd);
  const group = options.memoryBytes === undefined ? undefined : findMemoryGroup(`qtune-${options.pid}`);
  const stage = await Stage.open({ programs, env, pid: options.pid, signal: options.signal });
  try {
    const command = [program, ...options.command.slice(1)];
    const recording = await new Session({ ...options, env, command }, stage, programs, group).run();
    return await use(recording, (path) => stage.removeAtEnd(path));
  } finally {
    await stage.close();
  }
}

/** One recording on its stage, from the empty image to its figures. */
class Session {
  readonly #options: RecordOptions;
  readonly #stage: Stage;
  readonly #programs: StageTools;
  readonly #group: MemoryGroup | undefined;
  readonly #space: FreeSpace;

  constructor(options: RecordOptions, stage: Stage, programs: StageTools, group: MemoryGroup | undefined) {
    this.#options = options;
    this.#stage = stage;
    this.#programs = programs;
    this.#group = group;
    this.#space = new FreeSpace(stage.scratch.directory);
  }

  async run(): Promise<Recording> {
    const { tools, signal } = this.#options;
    const { scratch } = this.#stage;
    await this.#createImage();
    const daemon = await this.#serve();
    let trace: KernelTrace | undefined;
    try {
      const device = await this.#stage.attachLoop(exportName);
      const collector = new RequestCollector();
      trace = await this.#startTrace(device, collector);
      await this.#mount(device);
      const setupCount = trace.settle();
      const { exitCode, programMs, wallMs } = await this.#runProgram(device);
      trace.stop();
      const blockStatistics = await daemon.query('query-blockstats', { 'query-nodes': true });
      await this.#stage.releaseLoop();
      await daemon.stop();
      this.#space.requireSome();
      return {
        requests: collector.finish(),
        setupCount,
        diskBytes: this.#options.diskBytes,
        exitCode,
        programMs,
        wallMs,
        image: await readImageFigures(tools, scratch.directory, image, signal),
        blockStatistics,
        notes: [...collector.notes, ...this.#memoryNotes()],
      };
    } catch (error) {
      if (signal.aborted) throw new InterruptedError();
      this.#space.requireSome(error);
      throw error;
    } finally {
      this.#space.stop();
      trace?.close();
      await daemon.kill();
    }
  }

  async #createImage(): Promise<void> {
    const { tools, createOptions, diskBytes, signal, env } = this.#options;
    const settings = createOptions === '' ? [] : ['-o', createOptions];
    const command = [tools.qemuImg, 'create', '-q', '-f', 'qcow2', ...settings, image, String(diskBytes)];
    const cwd = this.#stage.scratch.directory;
    const result = await runTool(command, { cwd, signal, env, timeLimitMs: 600_000 });
    if (signal.aborted) throw new InterruptedError();
    if (!succeeded(result)) throw new EnvironmentError(`the image cannot be made: ${describeToolFailure(result)}`);
  }

  #serve(): Promise<StorageDaemon> {
    const { scratch } = this.#stage;
    return StorageDaemon.start({
      tools: this.#options.tools,
      scratch,
      exports: [
        {
          name: exportName,
          kind: 'fuse',
          graph: { driver: 'qcow2', discard: 'unmap', file: { driver: 'file', filename: image, discard: 'unmap' } },
          writable: true,
          writethrough: false,
        },
      ],
      cpus: [],
      signal: this.#options.signal,
      lifetimeMs: foreverMs,
      within: this.#stage.withinForDaemon(),
    });
  }

  async #startTrace(device: string, collector: RequestCollector): Promise<KernelTrace> {
    await this.#stage.makeTracer();
    removeLeftInstances(this.#stage.tracing);
    const number = readFileSync(`/sys/block/${basename(device)}/dev`, 'utf8').trim();
    return new KernelTrace(this.#stage.tracing, number, collector);
  }

  async #mount(device: string): Promise<void> {
    const { fileSystem } = this.#options;
    mkdirSync(this.#stage.scratch.path(mountName), { mode: 0o755 });
    if (fileSystem === 'none') return;
    const mkfs = [this.#program('mkfs'), ...(mkfsOptions[fileSystem] ?? []), device];
    await this.#stage.run(mkfs, `no ${fileSystem} can be made on this disk`);
    const mount = [this.#program('mount'), '-t', fileSystem, device, mountName];
    await this.#stage.run(mount, `the ${fileSystem} cannot be mounted`);
  }

  async #runProgram(device: string): Promise<Pick<Recording, 'exitCode' | 'programMs' | 'wallMs'>> {
    const { command, cwd, env, streams, signal, fileSystem, memoryBytes } = this.#options;
    const mounted = this.#stage.scratch.path(mountName);
    if (this.#group !== undefined && memoryBytes !== undefined) {
      await this.#stage.makeGroup(this.#group.directory);
      limitMemory(this.#group, memoryBytes);
    }
    this.#options.onStart?.();
    this.#space.watch();
    const startMs = performance.now();
    const exitCode = await runRecordedProgram(this.#stage.within('/'), this.#program('unshare'), {
      command,
      directory: fileSystem === 'none' ? cwd : mounted,
      env: { ...env, ...(fileSystem === 'none' ? { QTUNE_DEVICE: device } : { QTUNE_MOUNT: mounted }) },
      ...(this.#group === undefined ? {} : { groupProcesses: `${this.#group.directory}/cgroup.procs` }),
      streams,
      signal: AbortSignal.any([signal, this.#space.signal]),
    });
    const programMs = performance.now() - startMs;
    this.#space.requireSome();
    if (signal.aborted) throw new InterruptedError();
    if (fileSystem !== 'none') {
      await this.#stage.run([this.#program('umount'), mountName], 'the file system cannot be unmounted');
    }
    return { exitCode, programMs, wallMs: performance.now() - startMs };
  }

  #memoryNotes(): readonly string[] {
    if (this.#group === undefined) return [];
    const count = memoryKillCount(this.#group);
    return count === 0 ? [] : [`--memory: the kernel ended ${count} processes of the program, as they needed more`];
  }

  #program(name: string): string {
    return this.#programs.get(name) ?? name;
  }
}
