import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { kill } from 'node:process';
import type { Readable, Writable } from 'node:stream';
import type { EngineFailure } from '../errors.ts';
import { type Environment, searchPath } from './executable.ts';
import { type DeathSignal, findProcessGuards } from './process-guard.ts';
import { visibleText } from './visible-text.ts';

/** How a helper process is run. */
export interface ToolOptions {
  /** The directory it works in; file names in the command are relative to it or absolute. */
  readonly cwd: string;
  /** What the helper may know of the environment; `LC_ALL=C` is always set. Without it only PATH is passed. */
  readonly env?: Environment;
  readonly signal: AbortSignal;
  /** After this time it is asked to stop (SIGTERM). */
  readonly timeLimitMs: number;
  /** Time from SIGTERM to SIGKILL; a second where absent. */
  readonly graceMs?: number;
  /** Standard input; nothing where it is absent. */
  readonly stdinFile?: string;
  /** Called once with its standard input, a pipe, in place of {@link stdinFile}: for a program that takes commands. */
  readonly onStdin?: (stdin: Writable) => void;
  /** Standard output goes to this open file instead of {@link ToolResult.stdout}. */
  readonly stdoutFd?: number;
  /** Takes standard output in chunks, instead of {@link ToolResult.stdout}. */
  readonly onStdout?: (chunk: Buffer) => void;
  /** Standard error goes to this open file instead of {@link ToolResult.stderrTail}. */
  readonly stderrFd?: number;
  /** Of standard output, the first bytes are kept; the rest is read and dropped. 1 MiB where absent. */
  readonly maxOutputBytes?: number;
  /** Called once with its process id when it has started. */
  readonly onStart?: (pid: number) => void;
  /** Processors it may run on; any where absent or empty, or where `taskset` is missing. */
  readonly cpus?: readonly number[];
  /**
   * What it gets if qtune is killed: KILL where absent; TERM for a program that has to undo something outside of itself,
   * such as a mount, and is known to end on it.
   */
  readonly deathSignal?: DeathSignal;
}

/** How a helper process ended. */
export interface ToolResult extends EngineFailure {
  /** It was stopped because {@link ToolOptions.signal} was aborted. */
  readonly aborted: boolean;
  readonly stdout: string;
  readonly stdoutTruncated: boolean;
  /** Why it could not be started, e.g. `spawn ENOENT`. */
  readonly startError?: string;
  /** Processors it was pinned to; empty where it was not. */
  readonly cpus: readonly number[];
}

/** True where the helper ran to its end and said that all went well. */
export function succeeded(result: ToolResult): boolean {
  return result.exitCode === 0 && !result.timedOut && !result.aborted && result.startError === undefined;
}

/** Why a helper did not succeed, in one line. */
export function describeToolFailure(result: ToolResult): string {
  const name = result.command[0]?.replace(/^.*\//, '') ?? 'the tool';
  if (result.startError !== undefined) return `${name} could not be started: ${result.startError}`;
  if (result.aborted) return `${name} was interrupted`;
  if (result.timedOut) return `${name} did not end within ${Math.round(result.durationMs)} ms`;
  if (result.signal !== null) return `${name} was killed by ${result.signal}`;
  return lastLine(result.stderrTail) ?? `${name} ended with exit code ${result.exitCode}`;
}

function lastLine(text: string): string | undefined {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .at(-1);
}

/** Between the polite and the impolite signal. */
const defaultGraceMs = 1000;
/** How long output is awaited from descendants that hold the pipe after the helper itself ended. */
const drainMs = 200;
const stderrTailBytes = 4096;
const defaultMaxOutputBytes = 1 << 20;

/**
 * Runs a program without a shell and waits for its end. Nothing of it survives: it leads its own process group, which is
 * killed as a whole at the time limit or on abort, and where `setpriv` is at hand it dies with qtune whatever happens.
 * Never throws: a program that cannot be started is a result with {@link ToolResult.startError}.
 */
export async function runTool(command: readonly string[], options: ToolOptions): Promise<ToolResult> {
  const guards = await findProcessGuards(options.env);
  const pinned = guards.taskset !== undefined && options.cpus !== undefined && options.cpus.length > 0;
  const cpus = pinned ? (options.cpus ?? []) : [];
  const pin = pinned && guards.taskset !== undefined ? [guards.taskset, '-c', cpus.join(',')] : [];
  const [file = '', ...args] = [...guards.deathSignal(options.deathSignal ?? 'KILL'), ...pin, ...command];
  const startedMs = performance.now();
  const end = (ending: Partial<ToolResult>): ToolResult => ({
    command,
    exitCode: null,
    signal: null,
    durationMs: performance.now() - startedMs,
    timedOut: false,
    aborted: false,
    stdout: '',
    stdoutTruncated: false,
    stderrTail: '',
    cpus,
    ...ending,
  });
  if (options.signal.aborted) return end({ aborted: true });

  let stdin: number | undefined;
  let child: ChildProcess;
  try {
    if (options.stdinFile !== undefined) stdin = openSync(options.stdinFile, 'r');
    child = spawn(file, args, {
      cwd: options.cwd,
      env: { PATH: searchPath(options.env), ...options.env, LC_ALL: 'C' },
      stdio: [
        stdin ?? (options.onStdin === undefined ? 'ignore' : 'pipe'),
        options.stdoutFd ?? 'pipe',
        options.stderrFd ?? 'pipe',
      ],
      detached: true,
    });
  } catch (error) {
    return end({ startError: error instanceof Error ? error.message : String(error) });
  } finally {
    if (stdin !== undefined) closeSync(stdin);
  }
  if (child.pid !== undefined) options.onStart?.(child.pid);
  if (child.stdin !== null) {
    // It may have ended before it was told anything; how it ended is seen below.
    child.stdin.on('error', () => undefined);
    options.onStdin?.(child.stdin);
  }
  const { onStdout } = options;
  const stdout = onStdout
    ? new ForwardedOutput(child.stdout, onStdout)
    : new HeadCollector(child.stdout, options.maxOutputBytes ?? defaultMaxOutputBytes);
  const stderr = new TailCollector(child.stderr, stderrTailBytes);
  const stop = watchLimits(child, options);
  const ending = await waitForExit(child);
  await Promise.race([Promise.all([stdout.ended, stderr.ended]), delay(drainMs)]);
  child.stdin?.destroy();
  child.stdout?.destroy();
  child.stderr?.destroy();
  const reason = stop();
  if (reason !== undefined) killGroup(child, 'SIGKILL');
  return end({
    ...ending,
    timedOut: reason === 'time limit',
    aborted: reason === 'abort',
    stdout: stdout.text(),
    stdoutTruncated: stdout.truncated,
    stderrTail: visibleText(stderr.text()),
  });
}

type Ending = Pick<ToolResult, 'exitCode' | 'signal'> & { startError?: string };

function waitForExit(child: ChildProcess): Promise<Ending> {
  return new Promise((resolve) => {
    child.once('error', (error) => {
      if (child.pid === undefined) resolve({ exitCode: null, signal: null, startError: error.message });
    });
    child.once('exit', (exitCode, signal) => resolve({ exitCode, signal }));
  });
}

/** Stops the child at the limits; the returned function ends the watch and tells which limit was met. */
function watchLimits(child: ChildProcess, options: ToolOptions): () => 'time limit' | 'abort' | undefined {
  let reason: 'time limit' | 'abort' | undefined;
  let hardTimer: NodeJS.Timeout | undefined;
  const stop = (why: 'time limit' | 'abort'): void => {
    if (reason !== undefined) return;
    reason = why;
    killGroup(child, 'SIGTERM');
    hardTimer = setTimeout(() => killGroup(child, 'SIGKILL'), options.graceMs ?? defaultGraceMs);
  };
  const onAbort = (): void => stop('abort');
  const timer = setTimeout(() => stop('time limit'), options.timeLimitMs);
  options.signal.addEventListener('abort', onAbort, { once: true });
  return () => {
    clearTimeout(timer);
    clearTimeout(hardTimer);
    options.signal.removeEventListener('abort', onAbort);
    return reason;
  };
}

/** Signals the child and everything in its process group: a tool may be a script whose own child does the work. */
function killGroup(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): void {
  if (child.pid === undefined) return;
  try {
    kill(-child.pid, signal);
  } catch {
    // Nobody is left in the group.
  }
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}

/** Keeps the first bytes of a stream and drops the rest, so that a flood of output costs no memory. */
class HeadCollector {
  readonly ended: Promise<void>;
  truncated = false;
  readonly #chunks: Buffer[] = [];
  #bytes = 0;

  constructor(stream: Readable | null, limitBytes: number) {
    this.ended = endOf(stream);
    stream?.on('data', (chunk: Buffer) => {
      const kept = chunk.subarray(0, limitBytes - this.#bytes);
      if (kept.length < chunk.length) this.truncated = true;
      if (kept.length === 0) return;
      this.#chunks.push(kept);
      this.#bytes += kept.length;
    });
  }

  text(): string {
    return Buffer.concat(this.#chunks).toString('utf8');
  }
}

/** Hands a stream on and keeps nothing of it. */
class ForwardedOutput {
  readonly ended: Promise<void>;
  readonly truncated = false;

  constructor(stream: Readable | null, sink: (chunk: Buffer) => void) {
    this.ended = endOf(stream);
    stream?.on('data', sink);
  }

  text(): string {
    return '';
  }
}

/** Keeps the last bytes of a stream. */
class TailCollector {
  readonly ended: Promise<void>;
  #tail: Buffer = Buffer.alloc(0);

  constructor(stream: Readable | null, limitBytes: number) {
    this.ended = endOf(stream);
    stream?.on('data', (chunk: Buffer) => {
      this.#tail = Buffer.concat([this.#tail, chunk]).subarray(-limitBytes);
    });
  }

  text(): string {
    return this.#tail.toString('utf8');
  }
}

function endOf(stream: Readable | null): Promise<void> {
  if (stream === null) return Promise.resolve();
  return new Promise((resolve) => {
    stream.once('close', () => resolve());
    stream.on('error', () => resolve());
  });
}
