import { readFileSync } from 'node:fs';
import { EnvironmentError, InterruptedError } from '../../errors.ts';
import type { Environment } from '../executable.ts';
import { describeToolFailure, runTool, succeeded, type ToolResult } from '../process.ts';
import { Scratch, startTicks } from '../scratch.ts';
import { guardScript } from './guard-script.ts';
import { LineServer } from './line-server.ts';
import { type StageTools, tracingDirectory } from './requirements.ts';

/** Says its process id as the system knows it, and holds the namespaces open until its input ends. */
const holderScript = 'read -r self rest </proc/self/stat; printf "ok %s\\n" "$self"; exec cat >/dev/null';
/** A process that enters a mount namespace is put into its root directory. */
const changeDirectory = 'cd "$0" && exec "$@"';
/** The same, telling its process id as the system knows it. */
const tellAndChangeDirectory = 'read -r self rest </proc/self/stat; cd "$0" && echo "$self" >daemon.pid && exec "$@"';

/** Where a stage is built, and for whom. */
export interface StageOptions {
  readonly programs: StageTools;
  readonly env: Environment;
  /** The running process. */
  readonly pid: number;
  readonly signal: AbortSignal;
}

/**
 * Namespaces of processes and mounts of its own, in which everything of a recording runs. When qtune ends, however it
 * does, the first process of the namespaces ends with it; the kernel then kills all others in them and unmounts what they
 * had mounted. A second process outside, the guard, takes away what is left: see {@link guardScript}.
 */
export class Stage {
  readonly scratch: Scratch;
  /** The tracer's instance of this recording. */
  readonly tracing: string;
  readonly #options: StageOptions;
  readonly #guard: LineServer;
  readonly #holder: LineServer;
  readonly #holderPid: string;

  private constructor(
    options: StageOptions,
    scratch: Scratch,
    tracing: string,
    guard: LineServer,
    holder: LineServer,
    holderPid: string,
  ) {
    this.#options = options;
    this.scratch = scratch;
    this.tracing = tracing;
    this.#guard = guard;
    this.#holder = holder;
    this.#holderPid = holderPid;
  }

  /** @throws EnvironmentError where namespaces cannot be made; nothing is left then */
  static async open(options: StageOptions): Promise<Stage> {
    const { programs, env, pid } = options;
    const program = (name: string): string => programs.get(name) ?? name;
    const instance = `qtune-${pid}-${startTicks(pid) ?? '0'}`;
    const privateMounts = [program('unshare'), '--mount', '--propagation', 'private', '--'];
    const guard = new LineServer(
      'the recording’s guard',
      [...privateMounts, program('sh'), '-c', guardScript, 'qtune-guard', tracingDirectory, instance],
      'none',
      env,
    );
    let holder: LineServer | undefined;
    let scratch: Scratch | undefined;
    try {
      const guardPid = (await guard.next()).split(' ')[1] ?? '';
      scratch = Scratch.create({ env, pid });
      await guard.ask(`scratch ${scratch.directory}`);
      const spaces = ['--mount', '--propagation', 'private', '--pid', '--fork', '--kill-child', '--'];
      const command = [program('unshare'), ...spaces, program('sh'), '-c', holderScript];
      holder = new LineServer('the recording’s namespaces', command, 'KILL', env);
      const holderPid = (await holder.next()).split(' ')[1] ?? '';
      await guard.ask(`holder ${holderPid}`);
      const tracing = `/proc/${guardPid}/root${tracingDirectory}/instances/${instance}`;
      return new Stage(options, scratch, tracing, guard, holder, holderPid);
    } catch (error) {
      await holder?.close();
      await guard.close();
      scratch?.close();
      if (!(error instanceof EnvironmentError)) throw error;
      throw new EnvironmentError(`no namespaces for a recording here: ${error.message}`, {
        hint: 'In a container, run it with --privileged, or record on the host.',
        cause: error,
      });
    }
  }

  /** What stands before a command so that it runs in the namespaces, in the given directory. */
  within(directory: string): readonly string[] {
    return [...this.#enter(), this.#program('sh'), '-c', changeDirectory, directory];
  }

  /**
   * What stands before the daemon's command. It gets a namespace of mounts for itself: the last process that leaves a
   * namespace unmounts what is in it, and a daemon that has to unmount the file system which it serves waits for itself for ever.
   */
  withinForDaemon(): readonly string[] {
    const unshare = [this.#program('unshare'), '--mount', '--propagation', 'private', '--'];
    return [...this.#enter(), ...unshare, this.#program('sh'), '-c', tellAndChangeDirectory, this.scratch.directory];
  }

  #enter(): readonly string[] {
    return [this.#program('nsenter'), '--target', this.#holderPid, '--mount', '--pid', '--'];
  }

  #program(name: string): string {
    return this.#options.programs.get(name) ?? name;
  }

  /** Runs a helper in the namespaces. @throws EnvironmentError where it fails, InterruptedError */
  async run(command: readonly string[], what: string, timeLimitMs = 600_000): Promise<ToolResult> {
    const { env, signal } = this.#options;
    const { directory } = this.scratch;
    const result = await runTool([...this.within(directory), ...command], { cwd: directory, env, signal, timeLimitMs });
    if (signal.aborted) throw new InterruptedError();
    if (!succeeded(result)) throw new EnvironmentError(`${what}: ${describeToolFailure({ ...result, command })}`);
    return result;
  }

  /** Makes the tracer's instance. */
  async makeTracer(): Promise<void> {
    await this.#guard.ask('trace');
  }

  /** Makes a group of processes that goes when the recording does. @param directory its path in the cgroup file system */
  async makeGroup(directory: string): Promise<void> {
    await this.#guard.ask(`group ${directory}`);
  }

  /** Puts a loop device on a file that the daemon exports in the scratch directory. @returns its path, e.g. `/dev/loop0` */
  async attachLoop(file: string): Promise<string> {
    const daemon = readFileSync(this.scratch.path('daemon.pid'), 'utf8').trim();
    return (await this.#guard.ask(`attach ${daemon} ${file}`)).trim();
  }

  /** Gives the loop device up. */
  async releaseLoop(): Promise<void> {
    await this.#guard.ask('release');
  }

  /** Has a file removed when the stage goes, if it is still there. A name of several lines cannot be told, and is left out. */
  async removeAtEnd(path: string): Promise<void> {
    if (!path.includes('\n')) await this.#guard.ask(`remove ${path}`);
  }

  /** Takes everything away: processes, mounts, the loop device, the tracer's instance, the group, the directory. */
  async close(): Promise<void> {
    await this.#holder.close();
    await this.#guard.close();
    this.scratch.close();
  }
}
