import { readFile } from 'node:fs/promises';
import { parseProfile } from '../../src/workload/parse-profile.ts';
import { Operation } from '../../src/workload/request.ts';
import { resolveWorkload } from '../../src/workload/resolve-workload.ts';

/** A test of iozone with O_DIRECT, recorded and as its shipped profile. */
export interface DirectRow {
  readonly test: string;
  readonly recorded: string;
  readonly profile: string;
  readonly order: string;
}

const recordings = [
  ['iozone-0-write', '4K', '65,536 × 4 KiB', 'sequential'],
  ['iozone-0-write', '64K', '4,100 × 64 KiB', 'sequential'],
  ['iozone-1-read', '4K', '65,536 × 4 KiB', 'sequential'],
  ['iozone-1-read', '64K', '4,096 × 64 KiB', 'sequential'],
  ['iozone-2-random', '4K', '65,536 reads + 65,536 writes × 4 KiB', 'the same shuffle for both, that of the program'],
  ['iozone-2-random', '64K', '4,096 reads + 4,096 writes × 64 KiB', 'the same shuffle for both, that of the program'],
  ['iozone-3-backward-read', '4K', '65,536 × 4 KiB', 'last to first'],
  ['iozone-3-backward-read', '64K', '4,096 × 64 KiB', 'last to first'],
  ['iozone-4-rewrite-record', '4K', '65,539 × 4 KiB', 'one place'],
  ['iozone-4-rewrite-record', '64K', '4,099 × 64 KiB', 'one place'],
  ['iozone-5-stride-read', '4K', '65,536 × 4 KiB', 'stride of 17 records'],
  ['iozone-5-stride-read', '64K', '4,096 × 64 KiB', 'stride of 17 records'],
] as const;

/** One pass of each profile: what is behind its warm-up, of a test in two passes the first. */
export async function directIozoneRows(): Promise<readonly DirectRow[]> {
  return Promise.all(
    recordings.map(async ([name, record, recorded, order]) => ({
      test: `${name}, ${record}`,
      recorded,
      profile: await measuredRequests(name, record),
      order,
    })),
  );
}

async function measuredRequests(name: string, record: string): Promise<string> {
  const file = new URL(`workloads/${name}.yaml`, `file://${process.cwd()}/`);
  const profile = parseProfile(file.pathname, await readFile(file, 'utf8'), name, { record });
  if (profile.kind !== 'patterns') throw new RangeError(`${name} has no phases`);
  const workload = resolveWorkload(profile);
  let index = 0;
  const counts = { reads: 0, writes: 0, bytes: 0 };
  for (const block of workload.requests()) {
    for (let place = 0; place < block.count; place++) {
      if (index++ < workload.warmUpCount) continue;
      if (block.operation[place] === Operation.read) counts.reads += 1;
      else counts.writes += 1;
      counts.bytes = block.lengthBytes[place] ?? 0;
    }
  }
  const each = (count: number, kind: string): string => (count === 0 ? '' : `${count.toLocaleString('en-US')} ${kind}`);
  const isTwice = name === 'iozone-0-write' || name === 'iozone-1-read';
  const passes = isTwice ? 2 : 1;
  const text = [each(counts.reads / passes, 'reads'), each(counts.writes / passes, 'writes')]
    .filter(Boolean)
    .join(' + ');
  return `${text} × ${counts.bytes / 1024} KiB`;
}
