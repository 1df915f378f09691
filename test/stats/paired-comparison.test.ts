import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareExactly, comparePaired, type PairedComparison } from '../../src/stats/paired-comparison.ts';
import { createRandom } from '../../src/stats/random.ts';
import { decide, overallVerdict, pairsToDecide } from '../../src/stats/verdict.ts';
import { type NoiseName, recordedNoise } from '../helpers/noise.ts';

const options = { better: 'higher', thresholdRatio: 0.03, confidence: 0.95, seed: 1 } as const;
type Pairs = readonly (readonly [number, number])[];

/** Ten pairs with a noise of about a percent. */
function pairsAround(ratio: number, count = 10): Pairs {
  return Array.from({ length: count }, (_, index) => {
    const base = 1000 + 10 * Math.sin(7 * index);
    return [base, base * ratio * (1 + 0.005 * Math.cos(11 * index))] as const;
  });
}

function expectFinite(comparison: PairedComparison): void {
  for (const value of Object.values(comparison)) {
    if (typeof value === 'number') expect(Number.isFinite(value)).toBe(true);
  }
}

describe('a paired comparison', () => {
  test.each([
    [0.9, 'worse'],
    [1.1, 'better'],
    [1.001, 'same'],
  ] as const)('of a ratio of %f is %s where more is better', (ratio, verdict) => {
    const comparison = comparePaired(pairsAround(ratio), options);
    expect(comparison.verdict).toBe(verdict);
    expect(comparison.ratio).toBeCloseTo(ratio, 2);
    expect(comparison.neededPairCount).toBeNull();
  });

  test('turns round where less is better', () => {
    expect(comparePaired(pairsAround(1.1), { ...options, better: 'lower' }).verdict).toBe('worse');
    expect(comparePaired(pairsAround(0.9), { ...options, better: 'lower' }).verdict).toBe('better');
  });

  test('of sides swapped inverts the ratio and the verdict', () => {
    const opposite = { better: 'worse', worse: 'better', same: 'same', inconclusive: 'inconclusive' } as const;
    const value = fc.double({ noNaN: true, min: 0.5, max: 2 });
    fc.assert(
      fc.property(fc.array(fc.tuple(value, value), { minLength: 1, maxLength: 20 }), (pairs) => {
        const there = comparePaired(pairs, options);
        const back = comparePaired(
          pairs.map(([base, head]) => [head, base] as const),
          options,
        );
        expectFinite(there);
        expect(1 / (back.ratio ?? 0)).toBeCloseTo(there.ratio ?? Number.NaN, 9);
        expect(back.probability).toBeCloseTo(there.probability ?? Number.NaN, 12);
        // The draws of the resampling are not mirrored, so ends may differ by its error.
        expect((1 / (back.low ?? 0) / (there.high ?? 1) - 1) ** 2).toBeLessThan(0.04);
        if (there.neededPairCount === null && back.neededPairCount === null) {
          expect(back.verdict).toBe(opposite[there.verdict]);
        }
      }),
      { seed: 6, numRuns: 60 },
    );
  });

  test('of five pairs is inconclusive, with the number needed and the range as interval', () => {
    const comparison = comparePaired(pairsAround(0.5, 5), options);
    expect(comparison).toMatchObject({ verdict: 'inconclusive', pairCount: 5, neededPairCount: 6 });
    expect(comparison.attainedConfidence).toBe(0.9375);
    expect(comparison.warnings.map((warning) => warning.code)).toEqual(['too-few-pairs']);
    expectFinite(comparison);
  });

  test.each([[[]], [[[Number.NaN, 1]]], [[[0, 1]]], [[[1, Number.POSITIVE_INFINITY]]], [[[-1, 2]]]] as const)(
    'of %j has no ratio, is inconclusive and says why',
    (pairs) => {
      const comparison = comparePaired(pairs as Pairs, options);
      expect(comparison).toMatchObject({ ratio: null, low: null, high: null, verdict: 'inconclusive', pairCount: 0 });
      expect(comparison.warnings.length).toBeGreaterThan(0);
    },
  );

  test('leaves out a pair without a value and says so', () => {
    const comparison = comparePaired([...pairsAround(0.9), [1000, Number.NaN]], options);
    expect(comparison).toMatchObject({ verdict: 'worse', pairCount: 10 });
    expect(comparison.warnings[0]?.message).toContain('1 pair left out');
  });

  test('of one pair is inconclusive', () => {
    expect(comparePaired([[1, 2]], options)).toMatchObject({ ratio: 2, low: 2, high: 2, verdict: 'inconclusive' });
  });

  test('without any variance is not called the same unless the recording’s step is known', () => {
    const constant = Array.from({ length: 10 }, () => [500, 500] as const);
    const comparison = comparePaired(constant, options);
    expect(comparison).toMatchObject({ verdict: 'inconclusive', ratio: 1, low: 1, high: 1, neededPairCount: null });
    expect(comparison.warnings[0]?.code).toBe('zero-variance');
    expect(comparePaired(constant, { ...options, resolutionRatio: 0.001 }).verdict).toBe('same');
  });

  test('without any variance still sees a loss, so that a gate is not green on it', () => {
    const constant = Array.from({ length: 10 }, () => [500, 400] as const);
    expect(comparePaired(constant, options)).toMatchObject({ verdict: 'worse', ratio: 0.8 });
  });

  test('of an even number of pairs with a wide spread says how many more would decide', () => {
    const noisy = Array.from({ length: 10 }, (_, index) => [1000, 1000 * (1 + 0.2 * Math.sin(3 * index))] as const);
    const comparison = comparePaired(noisy, options);
    expect(comparison.verdict).toBe('inconclusive');
    expect(comparison.neededPairCount).toBeGreaterThan(10);
  });
});

describe('a verdict', () => {
  const interval = (estimate: number, low: number, high: number) => ({
    estimate: Math.log(estimate),
    low: Math.log(low),
    high: Math.log(high),
  });
  test.each([
    ['a clear loss', interval(0.9, 0.88, 0.92), 'worse'],
    ['a clear gain', interval(1.1, 1.08, 1.12), 'better'],
    ['a real difference below the threshold', interval(0.98, 0.975, 0.985), 'same'],
    ['a real difference that may be above the threshold', interval(0.975, 0.965, 0.985), 'inconclusive'],
    ['a large estimate that may be nothing', interval(0.8, 0.6, 1.05), 'inconclusive'],
    ['nothing, shown closely', interval(1, 0.98, 1.02), 'same'],
    ['nothing, shown loosely', interval(1, 0.9, 1.1), 'inconclusive'],
  ])('on %s is as it is declared', (_, given, verdict) => {
    expect(decide(given, 'higher', 0.03)).toBe(verdict);
  });

  test('needs four times the pairs for half the width', () => {
    const threshold = Math.log1p(0.03);
    const needed = pairsToDecide({ estimate: 0, low: -2 * threshold, high: 2 * threshold }, 10, 0.03);
    expect(needed).toBe(40);
    expect(pairsToDecide({ estimate: threshold - 1e-9, low: -1, high: 1 }, 10, 0.03)).toBeNull();
  });

  test('on many is a loss before a doubt before a gain', () => {
    expect(overallVerdict(['same', 'better', 'worse', 'inconclusive'])).toBe('worse');
    expect(overallVerdict(['same', 'better', 'inconclusive'])).toBe('inconclusive');
    expect(overallVerdict(['same', 'better'])).toBe('better');
    expect(overallVerdict(['same'])).toBe('same');
    expect(overallVerdict([])).toBe('inconclusive');
  });
});

describe('exact values', () => {
  const exact = { better: 'lower', thresholdRatio: 0 } as const;

  test('need one of each side and see the smallest difference', () => {
    expect(compareExactly([1000], [1000], exact)).toMatchObject({ verdict: 'same', ratio: 1, low: 1, high: 1 });
    expect(compareExactly([1000], [1001], exact)).toMatchObject({ verdict: 'worse', ratio: 1.001, probability: null });
    expect(compareExactly([1000], [999], exact).verdict).toBe('better');
    expect(compareExactly([1000], [1001], { ...exact, thresholdRatio: 0.001 }).verdict).toBe('same');
  });

  test('that vary are undecided where the sides overlap, and it is said that they vary', () => {
    const overlapping = compareExactly([10, 12], [11, 13], exact);
    expect(overlapping.verdict).toBe('inconclusive');
    expect(overlapping.warnings[0]?.code).toBe('exact-value-varies');
    expect(compareExactly([10, 11], [12, 13], exact).verdict).toBe('worse');
  });

  test('of zero have no ratio but a verdict', () => {
    expect(compareExactly([0], [0], exact)).toMatchObject({ ratio: 1, verdict: 'same' });
    expect(compareExactly([0], [5], exact)).toMatchObject({ ratio: null, verdict: 'worse' });
    expect(compareExactly([5], [0], exact)).toMatchObject({ ratio: 0, verdict: 'better' });
    expect(compareExactly([], [5], exact)).toMatchObject({ ratio: null, verdict: 'inconclusive' });
    expect(compareExactly([0, 5], [3], exact).verdict).toBe('inconclusive');
  });
});

describe('on recorded pairs of equal images', () => {
  const noise = recordedNoise();
  const runs = 400;

  /** Draws windows of consecutive pairs with random sides, as a balanced order has, with head slowed by a factor. */
  function verdicts(name: NoiseName, pairCount: number, slowdown: number): readonly PairedComparison[] {
    const pairs = noise.get(name) ?? [];
    const random = createRandom(11);
    return Array.from({ length: runs }, (_, run) => {
      const start = random.below(pairs.length - pairCount + 1);
      const window = pairs.slice(start, start + pairCount).map(([first, second]): [number, number] => {
        const [base, head] = random.below(2) === 0 ? [first, second] : [second, first];
        return [1 / base, 1 / (head * slowdown)];
      });
      return comparePaired(window, { ...options, seed: run });
    });
  }

  // 400 comparisons at 5 %: 2.9 to 7.1 % is the binomial 95 % range. Windows overlap, which widens it; a count below is no
  // fault, since few pairs cannot use up the 5 % exactly.
  test.each([
    ['pinned', 10],
    ['pinned-busy', 20],
    ['unpinned', 10],
    ['unpinned-busy', 20],
  ] as const)('%s, %i pairs: intervals leave out the truth in no more than 8 %', (name, pairCount) => {
    const alarms = verdicts(name, pairCount, 1).filter(({ low, high }) => (low ?? 0) > 1 || (high ?? 2) < 1).length;
    expect(alarms / runs).toBeLessThan(0.08);
    expect(alarms).toBeGreaterThan(0);
  });

  test('pinned, 20 pairs: a loss of 10 % is found nearly always, and never with the wrong sign', () => {
    const found = verdicts('pinned', 20, 1 / 0.9);
    expect(found.filter(({ verdict }) => verdict === 'worse').length / runs).toBeGreaterThan(0.97);
    expect(found.filter(({ verdict }) => verdict === 'better').length).toBe(0);
  });

  test('intervals contain the truth as often as they say', () => {
    const covered = verdicts('unpinned', 20, 1.25).filter(({ low, high }) => (low ?? 2) <= 0.8 && (high ?? 0) >= 0.8);
    expect(covered.length / runs).toBeGreaterThan(0.92);
    expect(covered.length / runs).toBeLessThan(0.99);
  });
});
