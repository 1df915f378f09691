import { describe, expect, test } from 'vitest';
import type { AdviceRequest } from '../../src/advisor/advice-request.ts';
import { settleByMeasurement } from '../../src/advisor/measured-choice.ts';
import { combineMeasurements } from '../../src/advisor/measured-iops.ts';
import { measuringLengths, measuringWorkloads } from '../../src/advisor/measuring-workloads.ts';
import { type Proposal, sameSettings } from '../../src/advisor/proposal.ts';
import { type Recommendation, recommend } from '../../src/advisor/recommendation.ts';
import { traitsOfRequests } from '../../src/advisor/requests-traits.ts';
import type { TrialRecord } from '../../src/trial/record.ts';
import { Operation } from '../../src/workload/request.ts';
import type { Workload } from '../../src/workload/workload.ts';
import { adviceRequest, gib, traits } from './requests.ts';

function proposalsOf({ recommended, baseline, alternatives }: Recommendation): readonly Proposal[] {
  return [baseline, recommended, ...alternatives].map((option) => option.proposal);
}

function requestsOf(workload: Workload): { count: number; writes: number; syncs: number; endBytes: number } {
  const total = { count: 0, writes: 0, syncs: 0, endBytes: 0 };
  for (const block of workload.requests()) {
    for (let index = 0; index < block.count; index++) {
      total.count += 1;
      if (block.operation[index] === Operation.write) total.writes += 1;
      if (block.operation[index] === Operation.sync) total.syncs += 1;
      total.endBytes = Math.max(total.endBytes, (block.offsetBytes[index] ?? 0) + (block.lengthBytes[index] ?? 0));
    }
  }
  return total;
}

function partsOf(request: AdviceRequest) {
  const proposals = proposalsOf(recommend(request));
  return measuringWorkloads(request, {
    proposals,
    allocationLimitBytes: gib,
    seed: 1,
    lengths: measuringLengths(60_000),
  });
}

describe('what is measured', () => {
  test('reads alone for a workload that only reads, on a shared image', () => {
    const parts = partsOf(adviceRequest({ traits: traits('random-read') }));
    expect(parts.write).toBeUndefined();
    expect(parts.read?.image).toEqual({ content: 'mapped', backing: 'none', state: 'shared' });
    expect(parts.read && requestsOf(parts.read).writes).toBe(0);
  });

  test('the warm-up reaches the whole working set in few reads', () => {
    const { read } = partsOf(adviceRequest());
    expect(read?.warmUpCount).toBeLessThanOrEqual(8192);
    expect(read && requestsOf(read).endBytes).toBeGreaterThan(2 ** 41 * 0.99);
  });

  test('writes with their flushes into a fresh image, over a backing file where there is one', () => {
    const { write } = partsOf(adviceRequest({ traits: traits('database'), hasBacking: true }));
    expect(write?.image).toEqual({
      content: 'empty',
      backing: { format: 'qcow2', content: 'holes' },
      state: 'fresh',
    });
    const { writes, syncs } = write ? requestsOf(write) : { writes: 0, syncs: 0 };
    expect(syncs / writes).toBeGreaterThan(0.2);
  });

  test('writes stay within the bytes that may be allocated', () => {
    const request = adviceRequest({ traits: traits('random-write') });
    const proposals = proposalsOf(recommend(request));
    const { write } = measuringWorkloads(request, {
      proposals,
      allocationLimitBytes: 2 ** 28,
      seed: 1,
      lengths: measuringLengths(60_000),
    });
    const largest = Math.max(...proposals.map(({ geometry }) => geometry.clusterBytes));
    const measured = (write?.requestCount ?? 0) - (write?.warmUpCount ?? 0);
    expect(measured).toBeGreaterThanOrEqual(100);
    expect(measured * largest).toBeLessThanOrEqual(Math.max(2 ** 28, 100 * largest));
  });

  test.each(['general', 'vdi', 'build', 'backup-target', 'sequential-write'])(
    '%s makes requests on a small disk too',
    (name) => {
      const { read, write } = partsOf(adviceRequest({ traits: traits(name), diskBytes: 2 ** 28 }));
      expect(read && requestsOf(read).endBytes).toBeLessThanOrEqual(2 ** 28);
      expect(write && requestsOf(write).endBytes).toBeLessThanOrEqual(2 ** 28);
    },
  );
});

function record(workload: string, label: string, block: number, iops: number, space?: number): TrialRecord {
  const latency = { count: 1, mean: 1, p50: 1, p99: 1, p999: 1, max: 1 };
  return {
    ...{ type: 'trial', id: `${workload} ${label} ${block}`, workload, repetition: block, block, engine: 'qemu-io' },
    ...{ configuration: { label, create: {}, drive: {} }, startedAt: '2026-01-01T00:00:00.000Z', durationMs: 1 },
    state: 'completed',
    metrics: {
      ...{ iops, bytesPerSecond: 1, requestCount: 1, wallMs: 1, driverMs: 1, syncCount: 0, syncMs: 0 },
      ...{ latencyMs: latency, latencyByOperationMs: {}, histograms: {} },
      ...{ fileBytes: 1, allocatedBytes: 1, guestBytes: 1, guestDistinctBytes: 1, guestSeekBytes: 1 },
      ...(space === undefined ? {} : { spaceAmplificationRatio: space }),
    },
    cpus: [],
    command: [],
    warnings: [],
  } as TrialRecord;
}

describe('putting parts together', () => {
  const request = adviceRequest({ traits: { ...traits('general'), readRatio: 0.5 } });
  const parts = partsOf(request);
  const name = { read: parts.read?.name ?? '', write: parts.write?.name ?? '', data: parts.data?.name ?? '' };
  const plain = { label: 'a', extendedL2: false };
  const subclusters = { label: 'b', extendedL2: true };
  const labels = { plain: 'p', subclusters: 's' };

  test('a write pays for its lookup, and a read that ends before the data for the data', () => {
    const records = [
      // 100 µs and 50 µs a read; data takes 30 − 10 = 20 µs, so the second one really takes 70.
      record(name.read, 'a', 0, 1e4),
      record(name.read, 'b', 0, 2e4),
      record(name.data, 'p', 0, 1e6 / 30),
      record(name.data, 's', 0, 1e5),
      // 200 µs a write each; the first one's lookup takes 100 − 70 = 30 µs more.
      record(name.write, 'a', 0, 5e3, 4),
      record(name.write, 'b', 0, 5e3, 2),
    ];
    const measured = combineMeasurements(request.traits, parts, records, [plain, subclusters], labels);
    expect(measured.get('a')?.values[0]).toBeCloseTo(1e6 / (0.5 * 100 + 0.5 * 230), 3);
    expect(measured.get('b')?.values[0]).toBeCloseTo(1e6 / (0.5 * 70 + 0.5 * 200), 3);
    expect(measured.get('a')?.spaceAmplificationRatios).toEqual([4]);
  });

  test('a block with a part missing does not count', () => {
    const records = [record(name.read, 'a', 0, 1e4), record(name.write, 'a', 0, 1e4), record(name.read, 'a', 1, 1e4)];
    const measured = combineMeasurements(request.traits, parts, records, [plain], labels);
    expect(measured.get('a')?.values).toHaveLength(1);
  });
});

describe('settling', () => {
  const request = adviceRequest({ traits: traits('random-read') });
  const predicted = recommend(request);
  const contenders = {
    recommended: predicted.recommended.proposal,
    baseline: predicted.baseline.proposal,
    alternatives: predicted.alternatives,
  };
  const noise = [1, 1.01, 0.99, 1.005, 0.995, 1.002, 0.998, 1.003];
  const settle = (iops: readonly number[], blocks = noise.length, changes: Partial<AdviceRequest> = {}) => {
    const order = [contenders.baseline, contenders.recommended, ...contenders.alternatives.map((one) => one.proposal)];
    const values = (proposal: Proposal) =>
      noise
        .slice(0, blocks)
        .map(
          (factor, index) =>
            (iops[order.findIndex((one) => sameSettings(one.settings, proposal.settings))] ?? 0) *
            (index % 2 ? factor : 2 - factor),
        );
    const measured = (proposal: Proposal) => ({ values: values(proposal), spaceAmplificationRatios: [] });
    return settleByMeasurement({ ...request, ...changes }, contenders, measured, { source: 'measured', seed: 1 });
  };

  test('what measured faster is recommended, with measured values before the predicted ones', () => {
    const { recommended, finding } = settle([1e4, 5e4, 5e4, 1e4]);
    expect(recommended.settings).toEqual(contenders.recommended.settings);
    expect(recommended.expected[0]).toMatchObject({ metric: 'iops', source: 'measured' });
    expect(recommended.expected[1]).toMatchObject({ metric: 'iops', source: 'predicted' });
    expect(finding).toMatch(/^Measured: 5\.\d+ times/);
  });

  test('without a measurable difference the defaults are recommended and nothing is called faster', () => {
    const { recommended, alternatives, finding } = settle([1e4, 1.01e4, 1e4, 1e4]);
    expect(recommended.settings).toEqual({ create: {}, drive: {} });
    expect(finding).toContain('No measurable difference');
    expect(alternatives[0]).toMatchObject({ title: 'by arithmetic' });
    expect(alternatives).toHaveLength(2);
  });

  test('an alternative that measured faster takes its place', () => {
    const { recommended, alternatives } = settle([1e4, 2e4, 5e4, 1e4]);
    expect(recommended.settings).toEqual(contenders.alternatives[0]?.proposal.settings);
    expect(alternatives.map(({ proposal }) => proposal.settings)).toContainEqual(contenders.recommended.settings);
  });

  test('where the defaults do not fit, the fastest that fits is recommended and no gain is claimed', () => {
    // Alternative: 64 KiB clusters with 256 MiB, which does not fit either.
    const { recommended, finding } = settle([9e4, 3e4, 9e4, 2e4], 8, { memoryLimitBytes: 2 ** 24 * 2 });
    expect(recommended.settings).toEqual(contenders.recommended.settings);
    expect(finding).toContain('0.33 times');
    expect(finding).toContain('do not fit');
  });

  test('too few rounds decide nothing', () => {
    const { recommended, finding } = settle([1e4, 1e4, 1e4, 1e4], 3);
    expect(recommended.settings).toEqual(contenders.recommended.settings);
    expect(finding).toContain('decides nothing');
  });

  test('settings that save stay unless they measured slower', () => {
    expect(settle([1e4, 1e4, 1e4, 1e4], 8, { priority: 'memory' }).recommended.settings).toEqual(
      contenders.recommended.settings,
    );
    expect(settle([1e4, 5e3, 1e4, 1e4], 8, { priority: 'memory' }).recommended.settings).toEqual({
      create: {},
      drive: {},
    });
  });
});

test('the traits of a trace are counted from its requests', () => {
  const { write } = partsOf(adviceRequest({ traits: traits('random-write') }));
  if (!write) throw new Error('no writes');
  const counted = traitsOfRequests(write);
  expect(counted.readRatio).toBe(0);
  expect(counted.firstWriteRatio).toBeGreaterThan(0.8);
  expect(counted.fillRatio).toBeGreaterThan(5);
  expect(counted.syncsPerWrite).toBe(0);
});
