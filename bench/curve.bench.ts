import type { Bench } from 'tinybench';
import { ExactLookups } from '../src/driver/curve/exact-lookups.ts';
import type { SliceSpec } from '../src/driver/curve/lookup-counter.ts';
import { SampledLookups } from '../src/driver/curve/sampled-lookups.ts';
import { phaseRequests } from '../src/workload/phase.ts';
import { Operation, type RequestBlock } from '../src/workload/request.ts';
import type { StreamSpec } from '../src/workload/stream.ts';

const requestCount = 5_000_000;
const diskBytes = 2 ** 41;

/** 4 KiB reads and writes of a 2 TiB disk. */
const base: StreamSpec = {
  pattern: 'random',
  startBytes: 0,
  spanBytes: diskBytes,
  alignBytes: 4096,
  sizes: [{ value: 4096, weight: 1 }],
  operations: [
    { value: Operation.read, weight: 70 },
    { value: Operation.write, weight: 30 },
  ],
  sequentialRatio: 0,
  syncEveryWriteCount: 0,
  strideRecordCount: 17,
  theta: 0.9,
  hotRunBytes: 2 ** 20,
};

const traces: readonly (readonly [name: string, spec: StreamSpec])[] = [
  ['local', { ...base, sequentialRatio: 0.9 }],
  ['zipf', { ...base, pattern: 'zipf' }],
  ['random', base],
];

/** The default geometry of 2 TiB, 65,536 slices, and one of 4 KiB clusters, a million slices. */
const geometries: readonly (readonly [name: string, spec: SliceSpec])[] = [
  ['64K', { diskBytes, clusterBytes: 2 ** 16, sliceBytes: 2 ** 25 }],
  ['4K', { diskBytes, clusterBytes: 2 ** 12, sliceBytes: 2 ** 21 }],
];

/** One block of a whole trace, so that nothing but the curve is timed. */
function traceOf(spec: StreamSpec): RequestBlock {
  const trace = {
    count: 0,
    operation: new Uint8Array(requestCount),
    offsetBytes: new Float64Array(requestCount),
    lengthBytes: new Float64Array(requestCount),
  };
  const phase = { kind: 'streams', streams: [{ value: spec, weight: 1 }], dataRequestCount: requestCount } as const;
  for (const block of phaseRequests(phase, 1, 0)) {
    trace.operation.set(block.operation.subarray(0, block.count), trace.count);
    trace.offsetBytes.set(block.offsetBytes.subarray(0, block.count), trace.count);
    trace.lengthBytes.set(block.lengthBytes.subarray(0, block.count), trace.count);
    trace.count += block.count;
  }
  return trace;
}

/** Miss-ratio curves of a trace of five million requests, exact and sampled. */
export async function register(bench: Bench): Promise<void> {
  const count = requestCount.toLocaleString('en');
  for (const [trace, stream] of traces) {
    const block = traceOf(stream);
    for (const [clusters, spec] of geometries) {
      bench.add(`${count} requests: ${trace}, ${clusters} clusters, exact`, () => {
        const counter = new ExactLookups(spec);
        counter.add(block);
        counter.profile();
      });
      bench.add(`${count} requests: ${trace}, ${clusters} clusters, rate 0.01`, () => {
        const counter = new SampledLookups(spec, { rate: 0.01, maximumSliceCount: 65_536 });
        counter.add(block);
        counter.profile();
      });
    }
  }
}
