import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { operationNames, type RequestBlock } from '../../src/workload/request.ts';

/** Recordings in `test/fixtures/requests`, all of disks of 16 GiB. */
export const recordedNames = ['boot', 'debootstrap', 'install-packages', 'pgbench'] as const;
export const recordedDiskBytes = 16 * 1024 ** 3;

/** The requests of a recording, or the first of them, in one block. */
export function recordedRequests(name: (typeof recordedNames)[number], limit = Number.POSITIVE_INFINITY): RequestBlock {
  const path = join(import.meta.dirname, '..', 'fixtures', 'requests', `${name}.log.gz`);
  const requests = gunzipSync(readFileSync(path))
    .toString('latin1')
    .split('\n')
    .map((line) => line.split(' '))
    .filter(([, action]) => codeOf(action) >= 0)
    .slice(0, limit);
  return {
    count: requests.length,
    operation: Uint8Array.from(requests, ([, action]) => codeOf(action)),
    offsetBytes: Float64Array.from(requests, ([, , offset]) => Number(offset)),
    lengthBytes: Float64Array.from(requests, ([, , , length]) => Number(length)),
  };
}

function codeOf(action: string | undefined): number {
  return ([...operationNames] as (string | undefined)[]).indexOf(action);
}
