import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

/** One block of a recording, a line of its file. */
export interface BlockRecord {
  readonly workload: string;
  /** By side: the share of requests that were made twice. */
  readonly losses: readonly number[];
  readonly block: number;
  /** Images, processes and slices of all sides together. */
  readonly ms: number;
  readonly disturbed?: boolean;
  /** By side and slice. */
  readonly driverMs: readonly (readonly number[])[];
  /** The same without stalls, where there is such a time. */
  readonly robustMs?: readonly (readonly number[])[];
}

/** The blocks of a recording, compressed or not. */
export function readBlocks(path: string): readonly BlockRecord[] {
  const bytes = readFileSync(path);
  return (path.endsWith('.gz') ? gunzipSync(bytes) : bytes)
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as BlockRecord);
}
