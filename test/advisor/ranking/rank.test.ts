import { describe, expect, test } from 'vitest';
import type { AdviceRequest } from '../../../src/advisor/advice-request.ts';
import { measuringWorkloads } from '../../../src/advisor/measuring-workloads.ts';
import { type Proposal, propose } from '../../../src/advisor/proposal.ts';
import { PredictedPart } from '../../../src/advisor/ranking/part.ts';
import { Predictor } from '../../../src/advisor/ranking/predictor.ts';
import { modelHost, predictMeasurement, rankedCandidates } from '../../../src/advisor/ranking/rank.ts';
import { type RankedCandidates, recommend } from '../../../src/advisor/recommendation.ts';
import { traitsOfRequests } from '../../../src/advisor/requests-traits.ts';
import { shippedProfile } from '../../../src/driver/cost/shipped/index.ts';
import { validateConfiguration } from '../../../src/settings/validate.ts';
import { loadProfile } from '../../../src/workload/load-profile.ts';
import { resolveWorkload } from '../../../src/workload/resolve-workload.ts';
import { adviceRequest, gib, tib, traits } from '../requests.ts';

const profile = shippedProfile('nvme', 'direct');
const basis = { profile, host: modelHost(undefined) };

/** Rankings are made once: they take seconds, and the same request gives the same. */
const ranked = new Map<string, RankedCandidates>();

function rank(changes: Partial<AdviceRequest> = {}): RankedCandidates {
  const key = changes.workload === undefined ? JSON.stringify(changes) : changes.workload.name;
  const known = ranked.get(key) ?? rankAnew(changes);
  ranked.set(key, known);
  return known;
}

function rankAnew(changes: Partial<AdviceRequest>): RankedCandidates {
  const candidates = rankedCandidates(adviceRequest(changes), { profile }, 1);
  if (!candidates) throw new Error('not ranked');
  return candidates;
}

function all({ baseline, proposals }: RankedCandidates): readonly Proposal[] {
  return [baseline, ...proposals];
}

function find(proposals: readonly Proposal[], clusterBytes: number, extendedL2: boolean, l2Bytes: number): Proposal {
  const found = proposals.find(
    ({ geometry, cache, settings }) =>
      geometry.clusterBytes === clusterBytes &&
      geometry.extendedL2 === extendedL2 &&
      cache.l2Bytes === l2Bytes &&
      settings.create.preallocation === undefined &&
      settings.create.lazy_refcounts === undefined,
  );
  if (!found) throw new Error(`nothing with clusters of ${clusterBytes} and ${l2Bytes} of cache`);
  return found;
}

describe('2 TiB of random reads', () => {
  const candidates = rank({ traits: traits('random-read') });
  const speed = (mib: number) => find(candidates.proposals, 65_536, false, mib * 2 ** 20).iops.value;

  test('a cache that covers the disk is far above a small one, and a larger partial cache above a smaller', () => {
    expect(speed(256)).toBeGreaterThan(10 * speed(32));
    expect(speed(128)).toBeGreaterThan(1.5 * speed(32));
    expect(speed(32)).toBeGreaterThan(1.05 * speed(8));
  });

  test('half of the lookups miss where the cache covers half, so that it does about twice the reads of one that covers little', () => {
    const ratio = speed(128) / speed(8);
    expect(ratio).toBeGreaterThan(1.6);
    expect(ratio).toBeLessThan(2.4);
  });
});

test('subclusters are above plain clusters of their size for small writes over a backing file', () => {
  const { proposals } = rank({ diskBytes: 64 * gib, traits: traits('random-write'), hasBacking: true });
  const plainClusters = find(proposals, 2 ** 17, false, 4 * 2 ** 20);
  const subclusters = find(proposals, 2 ** 17, true, 8 * 2 ** 20);
  expect(subclusters.iops.value).toBeGreaterThan(1.5 * plainClusters.iops.value);
});

test.each<[string, Partial<AdviceRequest>]>([
  ['2 TiB', {}],
  ['100 GiB', { diskBytes: 100 * gib }],
  ['100 GiB over a backing file', { diskBytes: 100 * gib, hasBacking: true }],
  ['500 GiB of a database', { diskBytes: 500 * gib, traits: traits('database') }],
  ['16 TiB, reads only', { diskBytes: 16 * tib, traits: traits('random-read') }],
])('%s: at least 500 different configurations that QEMU takes', (_, changes) => {
  const request = adviceRequest(changes);
  const ranked = rank(changes);
  const proposals = all(ranked);
  expect(ranked.model.rankedCount).toBeGreaterThanOrEqual(500);
  expect(new Set(proposals.map(({ settings }) => JSON.stringify(settings))).size).toBeGreaterThanOrEqual(500);
  for (const { settings, iops } of proposals) {
    validateConfiguration({ label: '', ...settings }, { diskBytes: request.diskBytes, hasBacking: request.hasBacking });
    expect(iops.low).toBeLessThan(iops.value);
    expect(iops.high).toBeGreaterThan(iops.value);
  }
});

test('the limit on memory holds, and does not change what is predicted of a configuration', () => {
  const changes = { diskBytes: 500 * gib, traits: traits('database') };
  const limited = rank({ ...changes, memoryLimitBytes: 2 ** 24 });
  const free = rank(changes);
  for (const { memoryBytes } of limited.proposals) expect(memoryBytes).toBeLessThanOrEqual(2 ** 24);
  expect(limited.baseline.iops.value / free.baseline.iops.value).toBeCloseTo(1, 1);
});

describe('sharing images and requests changes nothing', () => {
  test.each<[string, Partial<AdviceRequest>]>([
    ['reads and writes', { diskBytes: 200 * gib }],
    ['over a backing file', { diskBytes: 50 * gib, hasBacking: true, traits: traits('database') }],
  ])('%s: every configuration alone does the same', (_, changes) => {
    const request = adviceRequest(changes);
    const proposals = all(rank(changes)).filter((__, index) => index % 23 === 0);
    const lengths = { warmUp: 4096, reads: 300, writes: 100 };
    const parts = measuringWorkloads(request, { proposals, allocationLimitBytes: 2 ** 40, lengths, seed: 1 });
    for (const workload of [parts.read, parts.write]) {
      if (!workload) throw new Error('a part is missing');
      const shared = new PredictedPart(workload, basis, 'all');
      const together = proposals.map(({ settings }) => shared.rate(settings));
      const alone = proposals.map(({ settings }) => new PredictedPart(workload, basis, 'all').rate(settings));
      expect(together).toEqual(alone);
    }
  });

  test('the ranking of reads is that of each configuration on its own', () => {
    const request = adviceRequest({ traits: traits('random-read') });
    const proposals = rank({ traits: traits('random-read') }).proposals.filter((_, index) => index % 17 === 0);
    const lengths = { warmUp: 16_384, reads: 500, writes: 0 };
    const parts = measuringWorkloads(request, { proposals, allocationLimitBytes: gib, lengths, seed: 1 });
    const length = { runRequests: 2 ** 20, configurationCount: 100, fillsOnly: true };
    const predictor = () => new Predictor(request.traits, parts, basis, length);
    const order = (rates: readonly number[]) => [...rates.keys()].sort((a, b) => (rates[b] ?? 0) - (rates[a] ?? 0));
    const together = predictor()
      .predict(proposals)
      .map(({ value }) => value);
    const alone = proposals.map((proposal) => predictor().predict([proposal])[0]?.value ?? 0);
    expect(order(together)).toEqual(order(alone));
  });
});

test('the same request gives the same answer, byte for byte, and the same ids', () => {
  const request = adviceRequest({ diskBytes: 300 * gib, traits: traits('build') });
  const [first, second] = [1, 2].map(() =>
    JSON.stringify(recommend(request, rankedCandidates(request, { profile }, 1))),
  );
  expect(first).toBe(second);
});

test('the evidence names the simulations of what is shown; another profile or other settings are another simulation', () => {
  const request = adviceRequest();
  const nvme = recommend(request, rank());
  expect(nvme.evidence).toHaveLength(4);
  for (const id of nvme.evidence) expect(id).toMatch(/^[0-9a-f]{16}$/);
  const disk = rankedCandidates(request, { profile: shippedProfile('hard-disk', 'direct') }, 1);
  expect(disk?.simulationId(nvme.baseline.proposal)).not.toBe(rank().simulationId(nvme.baseline.proposal));
});

test('a disk beyond what the model can number is left to arithmetic', () => {
  expect(rankedCandidates(adviceRequest({ diskBytes: 1024 * tib }), { profile }, 1)).toBeUndefined();
});

test('2 TiB by the model: subclusters in clusters that the default cache covers, at several times the speed of the defaults', () => {
  const { recommended, baseline } = recommend(adviceRequest(), rank());
  expect(recommended.proposal.settings.create.extended_l2).toBe(true);
  expect(recommended.proposal.cache.coveredBytes).toBe(2 * tib);
  expect(recommended.proposal.iops.value).toBeGreaterThan(2 * baseline.proposal.iops.value);
});

test('what a measurement should give is predicted for its own requests', () => {
  const request = adviceRequest({ diskBytes: 8 * gib, traits: traits('database') });
  const proposals = [{}, { 'l2-cache-size': 65_536 }].map((drive) => propose(request, { create: {}, drive }));
  const lengths = { warmUp: 500, reads: 500, writes: 100 };
  const parts = measuringWorkloads(request, { proposals, allocationLimitBytes: gib, lengths, seed: 1 });
  const { options, sample } = predictMeasurement(request, parts, proposals, basis);
  expect(sample).toBeUndefined();
  const [whole, small] = options;
  expect(whole?.proposal.iops.value).toBeGreaterThan(small?.proposal.iops.value ?? Number.NaN);
  expect(whole?.proposal.expected[0]).toMatchObject({ metric: 'iops', source: 'predicted' });
  expect(whole?.simulationId).not.toBe(small?.simulationId);
});

test('a profile is ranked by its own requests', async () => {
  const diskBytes = 40 * gib;
  const workload = resolveWorkload(await loadProfile('subclusters', import.meta.dirname), { diskBytes });
  const changes = { diskBytes, workload, traits: traitsOfRequests(workload), hasBacking: true };
  const { recommended } = recommend(adviceRequest(changes), rank(changes));
  expect(recommended.proposal.settings.create.extended_l2).toBe(true);
});
