import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { arithmeticCandidates, type Proposals } from '../../src/advisor/candidates.ts';
import { choose, isAllowed, speedRatio, toleranceRatio } from '../../src/advisor/choose.ts';
import { type Proposal, propose, withPredictedIops } from '../../src/advisor/proposal.ts';
import { workloadTraits } from '../../src/advisor/workload-traits.ts';
import type { SettingValues } from '../../src/settings/configuration.ts';
import { adviceRequest, gib, traits } from './requests.ts';

const request = adviceRequest({ diskBytes: 500 * gib, traits: traits('database') });

/** With a speed that the model gave. */
function known(iops: number, create: SettingValues, drive: SettingValues = {}): Proposal {
  return withPredictedIops(propose(request, { create, drive }), { value: iops, low: iops, high: iops });
}

const defaults = known(1000, {});

describe('speeds that are known', () => {
  test('tie within 2 %: the nearest to the defaults is picked', () => {
    const near = known(1990, {}, { 'l2-cache-entry-size': 8192 });
    const far = known(2010, { cluster_size: 2 ** 18, extended_l2: true }, { 'l2-cache-entry-size': 4096 });
    expect(choose(request, defaults, [defaults, far, near])).toBe(near);
  });

  test('differ beyond that: the fastest is picked, whatever it takes', () => {
    const near = known(1900, {}, { 'l2-cache-size': 2 ** 26 });
    const far = known(2010, { cluster_size: 2 ** 17, extended_l2: true }, { 'l2-cache-entry-size': 4096 });
    expect(choose(request, defaults, [defaults, near, far])).toBe(far);
  });

  test('leave the defaults where these are tied with the best, and not where they are 3 % behind', () => {
    const slightly = known(1019, {}, { 'l2-cache-size': 2 ** 26 });
    expect(choose(request, defaults, [defaults, slightly])).toBe(defaults);
    const more = known(1031, {}, { 'l2-cache-size': 2 ** 26 });
    expect(choose(request, defaults, [defaults, more])).toBe(more);
  });

  test('metadata in advance and lazy refcounts have to be faster, not only as fast', () => {
    const plain = known(1500, { cluster_size: 2 ** 17 });
    const prepared = known(1510, { preallocation: 'metadata' });
    const lazy = known(1520, { lazy_refcounts: true });
    expect(choose(request, defaults, [defaults, prepared, lazy, plain])).toBe(plain);
    const faster = known(1600, { lazy_refcounts: true });
    expect(choose(request, defaults, [defaults, prepared, faster, plain])).toBe(faster);
  });

  test('of a file that grows more than twice as fast do not count', () => {
    const growing = known(5000, { cluster_size: 2 ** 21 });
    expect(growing.spaceAmplification.value).toBeGreaterThan(2 * defaults.spaceAmplification.value);
    expect(isAllowed(request, defaults, growing)).toBe(false);
    const modest = known(1500, {}, { 'l2-cache-size': 2 ** 26 });
    expect(choose(request, defaults, [defaults, growing, modest])).toBe(modest);
  });

  test('from arithmetic tie within 10 %', () => {
    expect(toleranceRatio({ speedSource: 'arithmetic' })).toBe(0.1);
    expect(toleranceRatio({ speedSource: 'model' })).toBe(0.02);
  });
});

test('the pick is within the tolerance of the best that is allowed, and never slower than the defaults by more', () => {
  const anyRequest = fc.record({
    diskBytes: fc.integer({ min: 2, max: 4000 }).map((count) => count * gib),
    traits: fc.constantFrom(...workloadTraits),
    hasBacking: fc.boolean(),
    priority: fc.constantFrom('speed' as const, 'memory' as const, 'space' as const),
    seed: fc.integer({ min: 1, max: 1000 }),
  });
  fc.assert(
    fc.property(anyRequest, ({ seed, ...changes }) => {
      const asked = adviceRequest(changes);
      const { baseline, proposals } = arithmeticCandidates(asked);
      // Speeds as of a model: any, since what is claimed has to hold for all.
      const speeds = proposals.map((proposal, at) => {
        const iops = 1000 * (1 + ((seed * (at + 7) * 31) % 101) / 100);
        return withPredictedIops(proposal, { value: iops, low: iops, high: iops });
      });
      const usual = withPredictedIops(baseline, { value: 1400, low: 1400, high: 1400 });
      const pick = choose(asked, usual, speeds as unknown as Proposals);
      expect(speedRatio(pick, usual)).toBeGreaterThanOrEqual(0.98 - 1e-9);
      if (asked.priority !== 'speed') return;
      const best = Math.max(
        1,
        ...speeds.filter((one) => isAllowed(asked, usual, one)).map((one) => speedRatio(one, usual)),
      );
      expect(speedRatio(pick, usual)).toBeGreaterThanOrEqual(best * 0.98 - 1e-9);
    }),
    { numRuns: 100, seed: 9 },
  );
});
