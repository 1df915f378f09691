import type { ProcessUsage, SliceTime } from '../engine.ts';
import { runTool, type ToolResult } from '../process.ts';
import { processUsage } from '../process-usage.ts';
import type { RequestClasses } from '../request-classes.ts';
import { RobustTime } from '../robust-time.ts';
import { CommandPipe } from './command-pipe.ts';
import { OutputChannel } from './output-channel.ts';
import { findFailure, type Replay, type ReplayOptions } from './replay.ts';
import { ResultMatcher } from './result-matcher.ts';
import { ResultParser } from './result-parser.ts';

/** How often the pipes are looked at while a slice runs, milliseconds. */
const pollMs = 1;

/** As {@link ReplayOptions}, without a script: the commands come through a pipe, slice by slice. */
export interface SlicedReplayOptions extends Omit<ReplayOptions, 'script' | 'onStderr'> {
  /** For {@link SliceTime.robustMs}, where they are known. */
  readonly classes?: RequestClasses | undefined;
}

let sequence = 0;

/** One qemu-io that runs a workload in slices. Between two slices it sleeps on its standard input. */
export class SlicedReplay {
  readonly #matcher: ResultMatcher;
  readonly #robustTime: RobustTime | undefined;
  readonly #commands: CommandPipe;
  readonly #stdout: OutputChannel;
  readonly #exit: Promise<ToolResult>;
  readonly #pid: number | undefined;
  #hasEnded = false;
  #wallMs = 0;

  private constructor(parts: {
    readonly matcher: ResultMatcher;
    readonly robustTime: RobustTime | undefined;
    readonly commands: CommandPipe;
    readonly stdout: OutputChannel;
    readonly exit: Promise<ToolResult>;
    readonly pid: number | undefined;
  }) {
    this.#matcher = parts.matcher;
    this.#robustTime = parts.robustTime;
    this.#commands = parts.commands;
    this.#stdout = parts.stdout;
    this.#pid = parts.pid;
    this.#exit = parts.exit;
    void this.#exit.then(() => {
      this.#hasEnded = true;
    });
  }

  /** Starts the process; that it could not open its image shows in the first slice. @throws EnvironmentError without pipes */
  static async start(options: SlicedReplayOptions): Promise<SlicedReplay> {
    const { tools, scratch, workload, silentSyncs } = options;
    const number = sequence++;
    const robustTime = options.classes && new RobustTime(options.classes);
    const matcher = new ResultMatcher(workload, { silentSyncs, robustTime });
    const parser = new ResultParser(matcher);
    const commands = await CommandPipe.open(scratch, `commands-${number}`, tools.env, workload, silentSyncs);
    const sink = (chunk: Buffer): void => parser.push(chunk);
    const stdout = await OutputChannel.open(scratch, `results-${number}`, tools.env, sink, false);
    const { pid, exit } = await started((onStart) =>
      runTool(options.command, {
        cwd: options.cwd,
        signal: options.signal,
        timeLimitMs: options.timeLimitMs,
        stdinFile: commands.path,
        stdoutFd: stdout.writeFd,
        cpus: options.cpus,
        onStart,
        ...(tools.env === undefined ? {} : { env: tools.env }),
      }),
    );
    return new SlicedReplay({ matcher, robustTime, commands, stdout, exit, pid });
  }

  /** Runs the requests up to the given one. Undefined where the process ended or a request failed. */
  async advance(to: number): Promise<SliceTime | undefined> {
    const driverMs = this.#matcher.driverMs;
    const startMs = performance.now();
    this.#commands.allow(to);
    for (;;) {
      // Asked before the pipe is emptied: what a process wrote before its end still counts.
      const ended = this.#hasEnded;
      this.#commands.feed();
      this.#stdout.poll();
      if (this.#matcher.matchedCount >= to && this.#matcher.failure === undefined) break;
      if (ended || this.#matcher.failure !== undefined) return undefined;
      await delay(pollMs);
    }
    const wallMs = performance.now() - startMs;
    this.#wallMs += wallMs;
    const robustMs = this.#robustTime?.take();
    return { driverMs: this.#matcher.driverMs - driverMs, wallMs, ...(robustMs === undefined ? {} : { robustMs }) };
  }

  usage(): ProcessUsage | undefined {
    return this.#pid === undefined || this.#hasEnded ? undefined : processUsage(this.#pid);
  }

  /** Lets the process close the image and end. */
  async finish(): Promise<Replay> {
    this.#commands.close();
    while (!this.#hasEnded) {
      this.#stdout.poll();
      await Promise.race([this.#exit, delay(pollMs)]);
    }
    const tool = await this.#exit;
    this.#stdout.finish();
    return { tool, matcher: this.#matcher, failure: findFailure(tool, this.#matcher), wallMs: this.#wallMs };
  }
}

/** Starts a tool and waits until it has a process id or has failed to start. */
function started(
  run: (onStart: (pid: number) => void) => Promise<ToolResult>,
): Promise<{ readonly pid: number | undefined; readonly exit: Promise<ToolResult> }> {
  return new Promise((resolve, reject) => {
    const exit: Promise<ToolResult> = run((pid) => resolve({ pid, exit }));
    exit.then(() => resolve({ pid: undefined, exit }), reject);
  });
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
