import { closeSync, fstatSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import type { Environment } from '../executable.ts';
import { describeToolFailure, runTool, type ToolResult } from '../process.ts';
import type { Scratch } from '../scratch.ts';
import { daemonEnvironment } from '../storage-daemon/daemon-environment.ts';
import { type FioJobResult, type FioOutput, parseFioOutput } from './fio-output.ts';
import type { FioTool } from './fio-tool.ts';
import { type FioTarget, jobFile } from './job-file.ts';
import type { ReplayJob } from './replay-logs.ts';

/** One run of fio. */
export interface FioRunOptions {
  readonly fio: FioTool;
  readonly scratch: Scratch;
  readonly env: Environment | undefined;
  /** Start of the names of its files in the scratch directory. */
  readonly name: string;
  readonly jobs: readonly ReplayJob[];
  readonly target: FioTarget;
  readonly timeLimitMs: number;
  readonly signal: AbortSignal;
}

/** What came of it. */
export interface FioRun {
  readonly tool: ToolResult;
  /** Of the jobs in their order, as far as it told them; only good where nothing failed or it was stopped. */
  readonly results: readonly FioJobResult[];
  readonly failure: string | undefined;
  readonly wallMs: number;
}

/** From SIGTERM to SIGKILL: fio awaits what is in flight and tells its results, which a neighbour is asked for. */
const graceMs = 5000;
/** 64 jobs print some 20 MB with all bins in use. */
const maxOutputBytes = 64 << 20;

/** Runs fio in the scratch directory, to its end. Never throws for what fio does. */
export async function runFio(options: FioRunOptions): Promise<FioRun> {
  const { fio, scratch, name, jobs, target } = options;
  const file = `${name}.fio`;
  const output = `${name}.json`;
  const env = daemonEnvironment(options.env);
  writeFileSync(scratch.path(file), jobFile(jobs, target), { mode: 0o600 });
  const startMs = performance.now();
  const tool = await runTool([fio.path, '--output-format=json+', `--output=${output}`, '--eta=never', file], {
    cwd: scratch.directory,
    timeLimitMs: options.timeLimitMs,
    signal: options.signal,
    graceMs,
    ...(env === undefined ? {} : { env }),
  });
  const wallMs = performance.now() - startMs;
  const parsed = readOutput(scratch.path(output));
  scratch.remove(file);
  scratch.remove(output);
  const failure = findFailure(tool, parsed, jobs);
  return { tool, results: 'jobs' in parsed ? parsed.jobs : [], failure, wallMs };
}

function readOutput(path: string): FioOutput {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch {
    return { failure: 'fio printed no results', messages: [] };
  }
  try {
    const { size } = fstatSync(file);
    if (size > maxOutputBytes) return { failure: `fio printed ${size} bytes`, messages: [] };
    return parseFioOutput(readFileSync(file, 'utf8'));
  } finally {
    closeSync(file);
  }
}

/** What fio says of an error stands before its results, on standard error or in the output file. */
function findFailure(tool: ToolResult, output: FioOutput, jobs: readonly ReplayJob[]): string | undefined {
  if (tool.timedOut) return 'fio did not end in time';
  if (tool.aborted || tool.startError !== undefined || tool.signal !== null) return describeToolFailure(tool);
  const words = [...tool.stderrTail.split('\n'), ...output.messages].map((line) => line.trim());
  const said = words.find((line) => /error|fail|refused|bad |invalid|unable|not /i.test(line)) ?? words.find(Boolean);
  if ('failure' in output) return said === undefined ? output.failure : `${output.failure}: ${said}`;
  const failed = output.jobs.findIndex(({ error }) => error !== 0);
  if (failed >= 0) {
    const errno = output.jobs[failed]?.error;
    return `${jobs[failed]?.name ?? 'a job'}: ${said ?? `fio ended with error ${errno}`}`;
  }
  if (tool.exitCode !== 0) return said ?? describeToolFailure(tool);
  if (output.jobs.length !== jobs.length) return `fio printed results of ${output.jobs.length} of ${jobs.length} jobs`;
  return undefined;
}
