import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { contributionsOf } from '../../../src/advisor/contributions/contributions.ts';
import { arithmeticOutlook } from '../../../src/advisor/outlook.ts';
import type { ProposalSettings } from '../../../src/advisor/proposal.ts';
import { rankedCandidates } from '../../../src/advisor/ranking/rank.ts';
import { workloadTraits } from '../../../src/advisor/workload-traits.ts';
import { shippedProfile } from '../../../src/driver/cost/shipped/index.ts';
import { arithmeticAnswer } from '../answers.ts';
import { adviceRequest, gib, tib, traits } from '../requests.ts';

const defaults: ProposalSettings = { create: {}, drive: {} };

test('a single setting contributes the same alone and on top, which is the whole', () => {
  const request = adviceRequest();
  const outlook = arithmeticOutlook(request);
  const pick: ProposalSettings = { create: {}, drive: { 'l2-cache-size': 256 * 2 ** 20 } };
  const [contribution] = contributionsOf(request, outlook, pick, defaults);
  const [head, base] = outlook.predict([pick, defaults]);
  expect(contribution).toMatchObject({ scope: 'drive', setting: 'l2-cache-size', value: 256 * 2 ** 20 });
  expect(contribution?.alone).toEqual(contribution?.last);
  expect(contribution?.alone?.speedRatio.value).toBe((head?.iops.value ?? 0) / (base?.iops.value ?? 1));
  expect(contribution?.alone?.memoryBytes).toBe(224 * 2 ** 20);
});

test('of two settings, the one alone times the other on top is the whole', () => {
  const word = fc.constantFrom(...workloadTraits);
  const disk = fc.integer({ min: 30, max: 42 }).map((power) => 2 ** power);
  fc.assert(
    fc.property(word, disk, (one, diskBytes) => {
      const request = adviceRequest({ traits: one, diskBytes });
      const outlook = arithmeticOutlook(request);
      const pick: ProposalSettings = { create: { cluster_size: 2 ** 20 }, drive: { 'l2-cache-size': 2 ** 22 } };
      const [first, second] = contributionsOf(request, outlook, pick, defaults);
      const [head, base] = outlook.predict([pick, defaults]);
      const whole = (head?.iops.value ?? 0) / (base?.iops.value ?? 1);
      expect(((first?.alone?.speedRatio.value ?? 0) * (second?.last?.speedRatio.value ?? 0)) / whole).toBeCloseTo(1, 9);
      expect(((second?.alone?.speedRatio.value ?? 0) * (first?.last?.speedRatio.value ?? 0)) / whole).toBeCloseTo(1, 9);
    }),
  );
});

test('what QEMU does not take alone has no effect alone', () => {
  const request = adviceRequest();
  // An entry cannot be larger than a cluster, nor have subclusters room in one of 8 KiB.
  const pick: ProposalSettings = { create: { cluster_size: 2 ** 20 }, drive: { 'l2-cache-entry-size': 2 ** 20 } };
  const [cluster, entry] = contributionsOf(request, arithmeticOutlook(request), pick, defaults);
  expect(entry?.alone).toBeUndefined();
  expect(entry?.last).toBeDefined();
  expect(cluster?.alone).toBeDefined();
  expect(cluster?.last).toBeUndefined();
});

test('where the defaults stay nothing contributes', () => {
  expect(arithmeticAnswer(adviceRequest({ diskBytes: 100 * gib })).contributions).toEqual([]);
});

describe('by the model', () => {
  const request = adviceRequest({ diskBytes: tib, traits: traits('random-read') });
  const candidates = rankedCandidates(request, { profile: shippedProfile('nvme', 'direct') }, 1, { perImage: 2 });
  const pick: ProposalSettings = { create: {}, drive: { 'l2-cache-size': 128 * 2 ** 20 } };

  test('the range of a ratio is that of what differs: narrower than that of two speeds, and none for the same', () => {
    const { outlook } = candidates ?? {};
    const [head, base] = outlook?.predict([pick, defaults]) ?? [];
    if (!outlook || !head || !base) throw new Error('not ranked');
    const { value, low, high } = outlook.ratio(head, base);
    expect(value).toBeGreaterThan(2);
    expect(low).toBeLessThan(value);
    expect(high / low).toBeGreaterThan(1.01);
    expect(high / low).toBeLessThan(((head.iops.high / head.iops.low) * base.iops.high) / base.iops.low);
    expect(outlook.ratio(head, head)).toEqual({ value: 1, low: 1, high: 1 });
  });

  test('settings asked for later get what the ranking gave them', () => {
    const asked = candidates?.proposals.slice(0, 12) ?? [];
    const again = candidates?.outlook.predict(asked.map(({ settings }) => settings));
    expect(again?.map(({ iops }) => iops)).toEqual(asked.map(({ iops }) => iops));
  });
});
