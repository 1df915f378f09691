import type { Workload } from '../../workload/workload.ts';
import { describeToolFailure, runTool, type ToolResult } from '../process.ts';
import type { Scratch } from '../scratch.ts';
import type { QemuTools } from '../tools.ts';
import { withSpaceHint } from './image-maker.ts';
import { OutputChannel } from './output-channel.ts';
import { ResultMatcher } from './result-matcher.ts';
import { ResultParser } from './result-parser.ts';
import type { Script } from './script-store.ts';

/** One pass of qemu-io over a workload's script. */
export interface ReplayOptions {
  readonly tools: QemuTools;
  readonly scratch: Scratch;
  readonly command: readonly string[];
  /** The image's directory. */
  readonly cwd: string;
  readonly workload: Workload;
  readonly script: Script;
  readonly silentSyncs: boolean;
  readonly timeLimitMs: number;
  readonly signal: AbortSignal;
  readonly cpus: readonly number[];
  /** Takes standard error in chunks; its last lines are kept for messages where it is absent. */
  readonly onStderr?: (chunk: Buffer) => void;
}

/** What came of it: the results, or why there are none. */
export interface Replay {
  readonly tool: ToolResult;
  readonly matcher: ResultMatcher;
  /** Undefined where every request has its result. */
  readonly failure: string | undefined;
  /**
   * From the first measured request to the last result, as seen here: to a poll of the output, 2 ms. Where this process
   * was kept from the CPU it saw the first too late; the time inside the driver, which is part of it, is then the least.
   */
  readonly wallMs: number;
}

/** Runs the script and matches every result while it is running, in memory that does not depend on their number. */
export async function replay(options: ReplayOptions): Promise<Replay> {
  const { tools, scratch } = options;
  let firstByteMs: number | undefined;
  let measuredStartMs: number | undefined;
  let lastByteMs = 0;
  const matcher = new ResultMatcher(options.workload, {
    silentSyncs: options.silentSyncs,
    onMeasuredStart: () => {
      measuredStartMs = performance.now();
    },
  });
  const parser = new ResultParser(matcher);
  // A request that failed ends the run: what follows is of no use.
  const failed = new AbortController();
  const stdout = await OutputChannel.open(scratch, 'results', tools.env, (chunk) => {
    lastByteMs = performance.now();
    firstByteMs ??= lastByteMs;
    parser.push(chunk);
    if (matcher.failure !== undefined) failed.abort();
  });
  const { onStderr } = options;
  const stderr = onStderr ? await OutputChannel.open(scratch, 'events', tools.env, onStderr) : undefined;
  let tool: ToolResult;
  try {
    tool = await runTool(options.command, {
      cwd: options.cwd,
      signal: AbortSignal.any([options.signal, failed.signal]),
      timeLimitMs: options.timeLimitMs,
      stdinFile: options.script.path,
      stdoutFd: stdout.writeFd,
      cpus: options.cpus,
      ...(stderr === undefined ? {} : { stderrFd: stderr.writeFd }),
      ...(tools.env === undefined ? {} : { env: tools.env }),
    });
  } finally {
    stdout.finish();
    stderr?.finish();
  }
  parser.end();
  const startMs = measuredStartMs ?? firstByteMs ?? lastByteMs;
  const wallMs = Math.max(matcher.driverMs, lastByteMs - startMs);
  return { tool, matcher, failure: findFailure(tool, matcher), wallMs };
}

/** The process's own words come first: an image that cannot be opened has no first request to blame. */
export function findFailure(tool: ToolResult, matcher: ResultMatcher): string | undefined {
  if (tool.timedOut) return `qemu-io did not end in time; ${matcher.matchedCount} requests were done`;
  if (tool.startError !== undefined || (matcher.matchedCount === 0 && tool.stderrTail.trim() !== '')) {
    return withSpaceHint(describeToolFailure(tool));
  }
  matcher.end();
  if (matcher.failure !== undefined) {
    const killed = tool.signal !== null && !tool.aborted ? ` (qemu-io was killed by ${tool.signal})` : '';
    return withSpaceHint(`${matcher.failure}${killed}`);
  }
  return tool.exitCode === 0 ? undefined : describeToolFailure(tool);
}
