import { operationNames } from '../../workload/request.ts';
import { visibleText } from '../visible-text.ts';

/** Latencies of one kind of request of one job, nanoseconds from submission to completion. */
export interface FioLatencies {
  readonly count: number;
  readonly mean: number;
  readonly max: number;
  /** How many requests had a latency near this one: the middle of fio's bin, which is within 1 % of it. */
  readonly bins: readonly (readonly [nanoseconds: number, count: number])[];
}

/** What fio tells of one kind of request of one job. */
export interface FioRequests {
  /** Requests that were submitted. */
  readonly issuedCount: number;
  /** Bytes of requests that were completed; 0 for syncs. */
  readonly bytes: number;
  readonly shortCount: number;
  readonly latencies: FioLatencies;
}

/** What fio tells of one job. */
export interface FioJobResult {
  /** An errno; 0 where all went well. */
  readonly error: number;
  /** From its first request to the end of its last, ramp time excluded; whole milliseconds, as fio tells it. */
  readonly runtimeMs: number;
  /** By {@link operationNames}. */
  readonly requests: readonly FioRequests[];
}

/** fio's output, or why it cannot be used. */
export type FioOutput =
  | { readonly jobs: readonly FioJobResult[]; readonly messages: readonly string[] }
  | { readonly failure: string; readonly messages: readonly string[] };

/** fio prints messages in front of its document. @source fio stat.c, show_run_stats; seen with 3.33 */
export function parseFioOutput(text: string): FioOutput {
  const start = /^\{/m.exec(text)?.index ?? text.length;
  const messages = text
    .slice(0, start)
    .split('\n')
    .map((line) => visibleText(line.trim()))
    .filter((line) => line !== '');
  try {
    const document: unknown = JSON.parse(text.slice(start));
    const jobs = field(document, 'jobs');
    if (!Array.isArray(jobs)) return { failure: 'fio printed no results', messages };
    return { jobs: jobs.map(readJob), messages };
  } catch {
    return { failure: 'fio printed no results', messages };
  }
}

function readJob(job: unknown): FioJobResult {
  const requests = operationNames.map((name) => readRequests(field(job, name)));
  const runtimes = operationNames.map((name) => numberOf(field(job, name), 'runtime'));
  const longestMs = Math.max(...runtimes);
  return {
    error: numberOf(job, 'error'),
    runtimeMs: longestMs > 0 ? longestMs : numberOf(job, 'job_runtime'),
    requests,
  };
}

function readRequests(requests: unknown): FioRequests {
  const latency = field(requests, 'lat_ns');
  const bins = Object.entries(record(field(latency, 'bins')))
    .map(([nanoseconds, count]) => [Number(nanoseconds), Number(count)] as const)
    .filter(([nanoseconds, count]) => Number.isSafeInteger(nanoseconds) && Number.isSafeInteger(count) && count > 0);
  return {
    issuedCount: numberOf(requests, 'total_ios'),
    bytes: numberOf(requests, 'io_bytes'),
    shortCount: numberOf(requests, 'short_ios') + numberOf(requests, 'drop_ios'),
    latencies: {
      count: numberOf(latency, 'N'),
      mean: numberOf(latency, 'mean'),
      max: numberOf(latency, 'max'),
      bins,
    },
  };
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

function field(value: unknown, key: string): unknown {
  const fields = record(value);
  return Object.hasOwn(fields, key) ? fields[key] : undefined;
}

function numberOf(value: unknown, key: string): number {
  const found = field(value, key);
  return typeof found === 'number' && Number.isFinite(found) && found >= 0 ? found : 0;
}
