import { describe, expect, test } from 'vitest';
import { ExactLookups } from '../../../src/driver/curve/exact-lookups.ts';
import type { LookupProfile, SliceSpec } from '../../../src/driver/curve/lookup-counter.ts';
import { SampledLookups, type SampleSpec } from '../../../src/driver/curve/sampled-lookups.ts';
import { phaseRequests } from '../../../src/workload/phase.ts';
import { Operation, type RequestBlock } from '../../../src/workload/request.ts';
import type { StreamSpec } from '../../../src/workload/stream.ts';

const diskBytes = 2 ** 41;
const requestCount = 1_000_000;

const base: StreamSpec = {
  pattern: 'zipf',
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

const traces: Readonly<Record<string, StreamSpec>> = {
  local: { ...base, pattern: 'random', sequentialRatio: 0.9 },
  zipf: base,
  'steep zipf': { ...base, theta: 1.2 },
  'scattered zipf': { ...base, hotRunBytes: 4096 },
  random: { ...base, pattern: 'random' },
};

/** 65,536 slices, and a million. */
const geometries: Readonly<Record<string, SliceSpec>> = {
  '64K': { diskBytes, clusterBytes: 2 ** 16, sliceBytes: 2 ** 25 },
  '4K': { diskBytes, clusterBytes: 2 ** 12, sliceBytes: 2 ** 21 },
};

function* requestsOf(spec: StreamSpec): Iterable<RequestBlock> {
  yield* phaseRequests(
    { kind: 'streams', streams: [{ value: spec, weight: 1 }], dataRequestCount: requestCount },
    1,
    0,
  );
}

function profiles(trace: StreamSpec, spec: SliceSpec, sample: SampleSpec): readonly [LookupProfile, LookupProfile] {
  const [exact, sampled] = [new ExactLookups(spec), new SampledLookups(spec, sample)];
  for (const block of requestsOf(trace)) {
    exact.add(block);
    sampled.add(block);
  }
  return [exact.profile(), sampled.profile()];
}

/** Sizes from two entries to all slices, each a quarter larger than the one before. */
function sizesUpTo(sliceCount: number): number[] {
  const sizes: number[] = [];
  for (let entryCount = 2; entryCount <= sliceCount; entryCount = Math.ceil(entryCount * 1.25)) sizes.push(entryCount);
  return sizes;
}

describe.each(Object.entries(traces))('%s', (_, trace) => {
  test.each(Object.entries(geometries))(
    'a rate of 0.01 errs by at most 0.02 of all lookups with %s clusters, and its band holds',
    (_clusters, spec) => {
      const [exact, sampled] = profiles(trace, spec, { rate: 0.01, maximumSliceCount: 65_536 });
      expect(sampled.sampleRate).toBe(0.01);
      const sizes = sizesUpTo(exact.sliceCount);
      const widths: number[] = [];
      let outsideCount = 0;
      for (const entryCount of sizes) {
        const [truth, estimate] = [exact.missesAt(entryCount), sampled.missesAt(entryCount)];
        expect(Math.abs(estimate.total - truth.total) / requestCount, `${entryCount} entries`).toBeLessThan(0.02);
        expect(Math.abs(estimate.read - truth.read) / requestCount, `${entryCount} entries`).toBeLessThan(0.02);
        if (truth.total < estimate.low || truth.total > estimate.high) outsideCount += 1;
        widths.push((estimate.high - estimate.low) / requestCount);
      }
      expect(outsideCount / sizes.length).toBeLessThanOrEqual(0.1);
      // A band of twice 0.02 on average: it says what the error may be without hiding the curve.
      expect(widths.reduce((sum, width) => sum + width, 0) / widths.length).toBeLessThan(0.04);
    },
  );
});

test('reads, writes and those that allocate are told apart', () => {
  const [exact, sampled] = profiles(base, geometries['64K'] as SliceSpec, { rate: 1, maximumSliceCount: 4096 });
  expect(sampled.lookups.read).toBe(exact.lookups.read);
  expect(sampled.lookups.overwrite + sampled.lookups.allocate).toBe(exact.lookups.overwrite + exact.lookups.allocate);
  expect(Math.abs(sampled.lookups.allocate - exact.lookups.allocate)).toBeLessThan(0.02 * requestCount);
  for (const entryCount of [100, 1000, 10_000]) {
    const [truth, estimate] = [exact.missesAt(entryCount), sampled.missesAt(entryCount)];
    expect(Math.abs(estimate.allocate - truth.allocate)).toBeLessThan(0.02 * requestCount);
    expect(estimate.read + estimate.overwrite + estimate.allocate).toBe(estimate.total);
  }
});

test('a sample of a fixed size halves its rate as slices turn up, and keeps to its size', () => {
  const [exact, sampled] = profiles(base, geometries['4K'] as SliceSpec, { rate: 1, maximumSliceCount: 4096 });
  expect(Math.log2(sampled.sampleRate)).toBe(Math.round(Math.log2(sampled.sampleRate)));
  expect(sampled.sampleRate).toBeLessThan(0.05);
  expect(sampled.followedSliceCount).toBeLessThanOrEqual(4096);
  expect(sampled.followedSliceCount).toBeGreaterThan(1024);
  for (const entryCount of sizesUpTo(exact.sliceCount)) {
    const [truth, estimate] = [exact.missesAt(entryCount), sampled.missesAt(entryCount)];
    expect(Math.abs(estimate.total - truth.total) / requestCount).toBeLessThan(0.02);
  }
});

test('with room for every slice a sample is exact', () => {
  const spec = { diskBytes, clusterBytes: 2 ** 21, sliceBytes: 2 ** 32 };
  const [exact, sampled] = profiles(base, spec, { rate: 1, maximumSliceCount: 4096 });
  expect(sampled.sampleRate).toBe(1);
  expect(sampled.lookups).toEqual(exact.lookups);
  expect(sampled.sliceCount).toBe(exact.sliceCount);
  for (const entryCount of [2, 5, 100, 128, 192, 256, 512]) {
    expect(sampled.missesAt(entryCount)).toEqual(exact.missesAt(entryCount));
  }
});

test('a loop over more slices than fit is seen as the cliff that it is', () => {
  const sliceBytes = 2 ** 21;
  const count = 2_000_000;
  const block = {
    count,
    operation: new Uint8Array(count),
    offsetBytes: Float64Array.from({ length: count }, (_, index) => (index % 50_000) * sliceBytes),
    lengthBytes: new Float64Array(count).fill(4096),
  };
  const sampled = new SampledLookups(
    { diskBytes, clusterBytes: 4096, sliceBytes },
    { rate: 0.01, maximumSliceCount: 65_536 },
  );
  sampled.add(block);
  const profile = sampled.profile();
  expect(profile.missesAt(30_000).total / count).toBeGreaterThan(0.97);
  expect(profile.missesAt(80_000).total / count).toBeLessThan(0.05);
});
