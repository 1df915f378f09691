import { describe, expect, test } from 'vitest';
import type { AdviceRequest } from '../../src/advisor/advice-request.ts';
import { measuringLengths, measuringWorkloads } from '../../src/advisor/measuring-workloads.ts';
import type { Proposal } from '../../src/advisor/proposal.ts';
import { type Recommendation, recommend } from '../../src/advisor/recommendation.ts';
import { traitsOfRequests } from '../../src/advisor/requests-traits.ts';
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

test('the traits of a trace are counted from its requests', () => {
  const { write } = partsOf(adviceRequest({ traits: traits('random-write') }));
  if (!write) throw new Error('no writes');
  const counted = traitsOfRequests(write);
  expect(counted.readRatio).toBe(0);
  expect(counted.firstWriteRatio).toBeGreaterThan(0.8);
  expect(counted.fillRatio).toBeGreaterThan(5);
  expect(counted.syncsPerWrite).toBe(0);
});
