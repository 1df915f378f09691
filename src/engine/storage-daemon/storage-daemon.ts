import { writeFileSync } from 'node:fs';
import { EnvironmentError, InterruptedError } from '../../errors.ts';
import type { JsonValue } from '../../settings/blockdev.ts';
import { describeToolFailure, runTool, succeeded, type ToolResult } from '../process.ts';
import { Qmp } from '../qmp/qmp.ts';
import type { Scratch } from '../scratch.ts';
import { howToGetQemu, type QemuTools } from '../tools.ts';
import { daemonEnvironment } from './daemon-environment.ts';
import { type Export, exportArguments } from './export.ts';
import { unmountLeftover } from './unmount.ts';

/** What a daemon serves, and for how long. */
export interface StorageDaemonOptions {
  readonly tools: QemuTools;
  /** Its working directory: sockets and mount points lie here under short relative names, however long TMPDIR is. */
  readonly scratch: Scratch;
  /** At least one; names differ. */
  readonly exports: readonly Export[];
  /** Processors that it may run on; any where empty. */
  readonly cpus: readonly number[];
  /** Ends it. */
  readonly signal: AbortSignal;
  /** After this time it is ended. */
  readonly lifetimeMs: number;
  /** A command that runs it, e.g. inside of other namespaces; it keeps the working directory. */
  readonly within?: readonly string[];
  /** Trace events to log to standard error. */
  readonly trace?: readonly string[];
  /** Standard error goes to this open file; its last lines are kept for messages where it is absent. */
  readonly stderrFd?: number;
}

/** The daemon did not start, or did not end as it should. */
export class StorageDaemonError extends Error {
  readonly result: ToolResult;

  constructor(result: ToolResult, what: string) {
    const reason = result.timedOut ? 'did not end in time' : describeToolFailure(result);
    super(`qemu-storage-daemon ${what}: ${reason.replace(/^qemu-storage-daemon:? ?/, '')}`);
    this.result = result;
  }
}

/** How long it may take to open the images and to answer, and to end once it was told to. */
const startMs = 60_000;
const quitMs = 60_000;
/** From SIGTERM to SIGKILL: it writes back what its caches hold. */
const graceMs = 3000;

let sequence = 0;

/**
 * A `qemu-storage-daemon` that serves images to other programs until it is stopped. It is driven over its standard
 * streams, so that only the exports need names in the file system. It ends with qtune: by SIGTERM, on which it closes
 * images and takes its mounts away.
 */
export class StorageDaemon {
  /** Name of the NBD server's socket in the scratch directory. */
  readonly socket: string;
  readonly command: readonly string[];
  readonly #options: StorageDaemonOptions;
  readonly #qmp = new Qmp();
  readonly #killer = new AbortController();
  readonly #ended: Promise<ToolResult>;
  #pid: number | undefined;
  #result: ToolResult | undefined;
  #cleaned = false;

  private constructor(options: StorageDaemonOptions, daemon: string) {
    const { tools, scratch, exports, trace = [], within = [] } = options;
    this.#options = options;
    this.socket = `nbd-${sequence++}.sock`;
    this.command = [
      ...within,
      daemon,
      ...trace.flatMap((pattern) => ['--trace', pattern]),
      ...exportArguments(exports, this.socket, tools.version),
      // Last: the greeting is then the sign that everything before is in place.
      ...['--chardev', 'stdio,id=monitor', '--monitor', 'chardev=monitor'],
    ];
    for (const { kind, name } of exports) {
      if (kind === 'fuse') writeFileSync(scratch.path(name), '', { mode: 0o600 });
    }
    this.#ended = this.#run();
  }

  /**
   * Starts it and waits until the exports are there.
   * @throws EnvironmentError where there is none, StorageDaemonError where it refuses an image or an export, InterruptedError
   */
  static async start(options: StorageDaemonOptions): Promise<StorageDaemon> {
    const program = options.tools.storageDaemon;
    if (program === undefined) {
      throw new EnvironmentError('qemu-storage-daemon not found', { hint: howToGetQemu() });
    }
    const daemon = new StorageDaemon(options, program);
    const timer = setTimeout(() => daemon.#killer.abort(), startMs);
    try {
      await daemon.query('qmp_capabilities');
      return daemon;
    } catch {
      daemon.#killer.abort();
      const result = await daemon.#ended;
      await daemon.#clean();
      if (options.signal.aborted) throw new InterruptedError();
      throw new StorageDaemonError(result, 'did not start');
    } finally {
      clearTimeout(timer);
    }
  }

  /** Its process id; undefined where it is gone. */
  get pid(): number | undefined {
    return this.#pid;
  }

  /** Processors that it was pinned to. */
  get cpus(): readonly number[] {
    return this.#options.cpus;
  }

  /** How it ended, where it has; a daemon that ends while it is needed has crashed. */
  get result(): ToolResult | undefined {
    return this.#result;
  }

  /** Asks its monitor. @throws QmpError, StorageDaemonError where it has ended */
  query(command: string, commandArguments: { readonly [key: string]: JsonValue } = {}): Promise<unknown> {
    return this.#qmp.execute(command, commandArguments);
  }

  /**
   * Ends it as QEMU ends a guest: images are closed, and everything that caches held is in them.
   * @throws StorageDaemonError where it did not get there by itself
   */
  async stop(): Promise<void> {
    const timer = setTimeout(() => this.#killer.abort(), quitMs);
    // It may have ended before, or end before it answers: how it ended says what is to be known.
    this.query('quit').catch(() => undefined);
    const result = await this.#ended;
    clearTimeout(timer);
    await this.#clean();
    if (this.#options.signal.aborted) throw new InterruptedError();
    if (!succeeded(result)) throw new StorageDaemonError(result, 'did not close the image');
  }

  /** Ends it, whatever becomes of the images. Never throws; may be called after {@link stop}. */
  async kill(): Promise<void> {
    this.#killer.abort();
    await this.#ended;
    await this.#clean();
  }

  async #run(): Promise<ToolResult> {
    const { tools, scratch, cpus, signal, lifetimeMs, stderrFd } = this.#options;
    const env = daemonEnvironment(tools.env);
    const result = await runTool(this.command, {
      cwd: scratch.directory,
      signal: AbortSignal.any([signal, this.#killer.signal]),
      timeLimitMs: lifetimeMs,
      graceMs,
      cpus,
      deathSignal: 'TERM',
      onStart: (pid) => {
        this.#pid = pid;
      },
      onStdin: (stdin) => this.#qmp.attach(stdin),
      onStdout: (chunk) => this.#qmp.push(chunk),
      ...(stderrFd === undefined ? {} : { stderrFd }),
      ...(env === undefined ? {} : { env }),
    });
    this.#pid = undefined;
    this.#result = result;
    this.#qmp.end(new StorageDaemonError(result, 'ended'));
    return result;
  }

  async #clean(): Promise<void> {
    if (this.#cleaned) return;
    this.#cleaned = true;
    const { scratch, exports, tools } = this.#options;
    for (const { kind, name } of exports) {
      if (kind !== 'fuse') continue;
      await unmountLeftover(scratch.directory, name, tools.env);
      scratch.remove(name);
    }
    scratch.remove(this.socket);
  }
}
