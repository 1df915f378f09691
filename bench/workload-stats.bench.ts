import type { Bench } from 'tinybench';
import { phaseRequests } from '../src/workload/phase.ts';
import { createRequestBlock, Operation, type RequestBlock } from '../src/workload/request.ts';
import { measureStatistics } from '../src/workload/stats/measure-statistics.ts';
import { RequestCounts } from '../src/workload/stats/request-counts.ts';
import type { StreamSpec } from '../src/workload/stream.ts';

const requestCount = 2_000_000;
const terabyte = 2 ** 40;

/** Reads and writes of a 2 TiB disk, 20,000 a second. */
const base: StreamSpec = {
  pattern: 'random',
  startBytes: 0,
  spanBytes: 2 * terabyte,
  alignBytes: 4096,
  sizes: [
    { value: 4096, weight: 60 },
    { value: 16_384, weight: 30 },
    { value: 131_072, weight: 10 },
  ],
  operations: [
    { value: Operation.read, weight: 60 },
    { value: Operation.write, weight: 40 },
  ],
  sequentialRatio: 0,
  syncEveryWriteCount: 32,
  strideRecordCount: 17,
  theta: 0.9,
  hotRunBytes: 2 ** 20,
};

const workloads: readonly (readonly [name: string, spec: StreamSpec])[] = [
  ['local, 64 GiB', { ...base, spanBytes: terabyte / 16, sequentialRatio: 0.8 }],
  ['zipf, 64 GiB', { ...base, spanBytes: terabyte / 16, pattern: 'zipf' }],
  ['random, 64 GiB', { ...base, spanBytes: terabyte / 16 }],
  ['random, 2 TiB (sampled)', base],
];

/** All blocks of a workload with times, so that nothing but what is measured is timed. */
function blocksOf(spec: StreamSpec): RequestBlock[] {
  const phase = { kind: 'streams', streams: [{ value: spec, weight: 1 }], dataRequestCount: requestCount } as const;
  let number = 0;
  return Array.from(phaseRequests(phase, 1, 0), (block) => {
    const copy = createRequestBlock();
    copy.count = block.count;
    copy.operation.set(block.operation);
    copy.offsetBytes.set(block.offsetBytes);
    copy.lengthBytes.set(block.lengthBytes);
    for (let index = 0; index < block.count; index++) copy.timeUs[index] = 50 * number++;
    return copy;
  });
}

/** Statistics of requests that are in memory already: counts alone, then everything that depends on no cache. */
export async function register(bench: Bench): Promise<void> {
  const count = requestCount.toLocaleString('en');
  for (const [name, spec] of workloads) {
    const blocks = blocksOf(spec);
    bench.add(`${count} requests: counts, ${name}`, () => {
      const counts = new RequestCounts();
      for (const block of blocks) counts.add(block);
    });
    const workload = {
      name,
      title: name,
      source: name,
      diskBytes: 2 * terabyte,
      seed: 1,
      image: { content: 'empty', backing: 'none', state: 'fresh' },
      warmUpCount: 0,
      isTimed: true,
      requestCount,
      identity: name,
      requests: () => blocks,
    } as const;
    bench.add(`${count} requests: all statistics, ${name}`, () => void measureStatistics(workload));
  }
}
