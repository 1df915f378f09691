import { describe, expect, test } from 'vitest';
import { PredictedPart } from '../../../src/advisor/ranking/part.ts';
import { modelHost, predictMeasurement, rankedCandidates } from '../../../src/advisor/ranking/rank.ts';
import { SampledPart } from '../../../src/advisor/ranking/sampled-part.ts';
import { samplingPlan } from '../../../src/advisor/ranking/sampling-plan.ts';
import { recommend } from '../../../src/advisor/recommendation.ts';
import { traitsOfRequests } from '../../../src/advisor/requests-traits.ts';
import { shippedProfile } from '../../../src/driver/cost/shipped/index.ts';
import { renderRecommendation } from '../../../src/report/recommendation.ts';
import { recommendationDocument } from '../../../src/report/recommendation-json.ts';
import { recommendSchema } from '../../../src/report/schemas/recommend.ts';
import { createRandom } from '../../../src/stats/random.ts';
import { createRequestBlock, Operation, pushRequest, type RequestBlock } from '../../../src/workload/request.ts';
import type { Workload } from '../../../src/workload/workload.ts';
import { adviceRequest, gib } from '../requests.ts';

const basis = { profile: shippedProfile('nvme', 'direct'), host: modelHost(undefined) };
const plan = { headCount: 256, windowCount: 48, leadCount: 32, measuredCount: 64 };
const diskBytes = 16 * gib;
const mib = 2 ** 20;

const settings = [
  { create: {}, drive: {} },
  { create: { cluster_size: 16_384 }, drive: { 'l2-cache-size': 65_536, 'l2-cache-entry-size': 4096 } },
  { create: {}, drive: { 'l2-cache-size': 8192, 'l2-cache-entry-size': 4096 } },
  { create: { cluster_size: 2 ** 21 }, drive: {} },
  { create: { cluster_size: 2 ** 17, extended_l2: true }, drive: {} },
  { create: { preallocation: 'metadata' }, drive: {} },
];

type Push = (operation: Operation, offset: number, length: number) => void;

function workloadOf(fill: (push: Push) => void, image: Partial<Workload['image']> = {}): Workload {
  const blocks: RequestBlock[] = [];
  let block = createRequestBlock();
  let requestCount = 0;
  fill((operation, offset, length) => {
    pushRequest(block, operation, offset, length);
    requestCount++;
    if (block.count < block.operation.length) return;
    blocks.push(block);
    block = createRequestBlock();
  });
  blocks.push(block);
  return {
    ...{ name: 'made', title: 'made', source: 'this test', diskBytes, seed: 7, warmUpCount: 0, requestCount },
    image: { content: 'empty', backing: 'none', state: 'fresh', ...image },
    identity: { made: requestCount },
    requests: () => blocks,
  };
}

/** As a recording of a database: a file system is made and mounted, tables are filled, then come small transactions with syncs. */
const database = workloadOf((push) => {
  const random = createRandom(3);
  for (let at = 0; at < 300; at++) push(Operation.read, at * 4096, 4096);
  for (let at = 0; at < 400; at++) push(Operation.write, 64 * mib + at * mib, mib);
  push(Operation.sync, 0, 0);
  for (let at = 0; at < 30_000; at++) {
    const offset = 64 * mib + random.below(100_000) * 4096;
    const kind = random.below(10);
    if (kind < 4) push(Operation.read, offset, 8192);
    else if (kind < 7) push(Operation.write, offset, 8192);
    else if (kind < 8) push(Operation.write, 512 * mib + at * 16_384, 16_384);
    else push(Operation.sync, 0, 0);
  }
});

/** Nothing but what the first requests tell is wrong with the rest: reads of nothing, and at the very end what costs. */
const lateWrites = workloadOf((push) => {
  for (let at = 0; at < 30_000; at++) push(Operation.read, (at % 5000) * 4096, 4096);
  for (let at = 0; at < 3; at++) push(Operation.write, (4 + at) * gib, 4096);
});

/** Random writes all over a mapped disk without a sync: small caches evict what has changed. */
const mapped = workloadOf(
  (push) => {
    const random = createRandom(5);
    for (let at = 0; at < 25_000; at++) {
      push(random.below(2) === 0 ? Operation.read : Operation.write, random.below(250_000) * 65_536, 8192);
    }
  },
  { content: 'mapped' },
);

describe.each([
  ['a database', database, 0.1],
  ['what is rare and costly at the end', lateWrites, 0.01],
  ['a mapped disk', mapped, 0.1],
])('%s', (_, workload, tolerance) => {
  const whole = new PredictedPart(workload, basis, 'all').rates(settings);
  const part = new SampledPart(workload, basis, plan);
  const rates = part.rates(settings);

  test('a sample comes near to the run of all requests, whatever the settings', () => {
    for (const [index, { iops }] of rates.entries()) {
      expect(Math.abs(iops / (whole[index]?.iops ?? Number.NaN) - 1)).toBeLessThan(tolerance);
    }
  });

  test('the interval of the sampling error has the run of all requests in it, and is not all there is', () => {
    const inside = rates.filter(({ iops, samplingRatio = 0 }, index) => {
      const exact = whole[index]?.iops ?? Number.NaN;
      return Math.abs(exact / iops - 1) <= samplingRatio;
    });
    expect(inside.length).toBeGreaterThanOrEqual(settings.length - 1);
    for (const { samplingRatio } of rates) expect(samplingRatio).toBeLessThan(0.3);
  });

  test('a configuration gets the same alone, in another order, and again', () => {
    const backwards = part.rates([...settings].reverse()).toReversed();
    expect(backwards).toEqual(rates);
    const [, small] = settings;
    expect(small && new SampledPart(workload, basis, plan).rates([small])).toEqual([rates[1]]);
  });

  test('far less than all is run', () => {
    expect(part.size.requestCount).toBeLessThan(workload.requestCount / 6);
    expect(part.size.ofRequestCount).toBe(workload.requestCount);
  });
});

test('the seed draws other windows', () => {
  const other = new SampledPart({ ...database, seed: 8 }, basis, plan).rates(settings);
  expect(other).not.toEqual(new SampledPart(database, basis, plan).rates(settings));
});

test('a short workload is run whole; what is known of a longer one does not depend on its start', () => {
  const many = { runRequests: 3 * 2 ** 20, configurationCount: 800 };
  expect(samplingPlan({ requestCount: 2000, warmUpCount: 0 }, many)).toBeUndefined();
  expect(samplingPlan({ requestCount: 300_000, warmUpCount: 0 }, many)).toBeDefined();
  expect(samplingPlan({ requestCount: 300_000, warmUpCount: 299_000 }, many)).toBeUndefined();
});

describe('a recommendation from a sample', () => {
  const request = adviceRequest({ diskBytes, workload: database, traits: traitsOfRequests(database) });
  const candidates = rankedCandidates(request, { profile: basis.profile }, 1);
  if (candidates === undefined) throw new Error('not ranked');
  const recommendation = recommend(request, candidates);

  test('predicts what the run of all requests predicts', () => {
    const exact = new PredictedPart(database, basis, 'all').rate(candidates.baseline.settings);
    expect(Math.abs(candidates.baseline.iops.value / exact.iops - 1)).toBeLessThan(0.1);
  });

  test('says in text and in JSON how much was run and what that may do', () => {
    const text = renderRecommendation(recommendation, 100).replace(/\s+/g, ' ');
    expect(text).toMatch(/ran [\d,]+ of the 30,701 requests, in \d+ windows .* may be off by ±[\d.]+ %/);
    const document = recommendSchema.parse(recommendationDocument(recommendation));
    expect(document.model?.sample?.ofRequestCount).toBe(30_701);
    expect(document.baseline.expected[0]?.samplingRatio).toBeGreaterThan(0);
  });

  test('beside a measurement of a few configurations all requests are run', () => {
    const found = predictMeasurement(request, { whole: database }, [candidates.baseline], basis);
    expect(found.sample).toBeUndefined();
    const exact = new PredictedPart(database, basis, 'all').rate(candidates.baseline.settings);
    expect(found.options[0]?.proposal.iops.value).toBeCloseTo(exact.iops, 6);
  });
});
