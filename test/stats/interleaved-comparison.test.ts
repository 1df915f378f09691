import { describe, expect, test } from 'vitest';
import { compareInterleaved, type SlicedBlock, summarizeBlock } from '../../src/stats/interleaved-comparison.ts';
import type { PairedOptions } from '../../src/stats/paired-comparison.ts';
import { createRandom, type RandomSource } from '../../src/stats/random.ts';
import { normalDraw, studentDraw } from '../helpers/draws.ts';

const options: PairedOptions = { better: 'higher', thresholdRatio: 0.01, confidence: 0.95, seed: 1 };

/** A block of equal slices whose head is the base times e to the value. */
function blockOf(value: number, sliceCount = 1): SlicedBlock {
  const base = Array.from({ length: sliceCount }, (_, index) => 100 + index);
  return { base, head: base.map((one) => one * Math.exp(value)) };
}

describe('by hand', () => {
  test('three blocks of 1, 2 and 3 % in logarithms', () => {
    const result = compareInterleaved(
      [0.01, 0.02, 0.03].map((value) => blockOf(value)),
      options,
    );
    // Their standard deviation is 0.01, its error 0.01 / √3; Student's point for 2 degrees of freedom is 4.3027, and
    // P(|T| ≥ 2√3) is 1 - 2√3 / √(12 + 2).
    const reach = (4.30265 * 0.01) / Math.sqrt(3);
    expect(result.ratio).toBeCloseTo(Math.exp(0.02), 10);
    expect(result.low).toBeCloseTo(Math.exp(0.02 - reach), 6);
    expect(result.high).toBeCloseTo(Math.exp(0.02 + reach), 6);
    expect(result.probability).toBeCloseTo(1 - (2 * Math.sqrt(3)) / Math.sqrt(14), 8);
    expect(result).toMatchObject({ pairCount: 3, attainedConfidence: 0.95, verdict: 'inconclusive', warnings: [] });
    // The interval has to shrink from 0.0248 to 0.02: (0.0248 / 0.02)² · 3 = 4.6.
    expect(result.neededPairCount).toBe(5);
  });

  test('a block counts with the median of all pairwise means of its slices', () => {
    const base = [50, 20, 10];
    const logs = [0.01, 0.02, 0.05];
    const block = { base, head: base.map((one, index) => one * Math.exp(logs[index] ?? 0)) };
    // Means of pairs: 0.01, 0.015, 0.02, 0.03, 0.035, 0.05.
    expect(summarizeBlock(block).value).toBeCloseTo(0.025, 12);
  });

  test('better is higher for rates and lower for times', () => {
    const blocks = [0.1, 0.101, 0.099, 0.1002].map((value) => blockOf(value));
    expect(compareInterleaved(blocks, options).verdict).toBe('better');
    expect(compareInterleaved(blocks, { ...options, better: 'lower' }).verdict).toBe('worse');
  });

  test('a real difference below the threshold is not called better', () => {
    const blocks = [0.008, 0.0081, 0.0079, 0.008].map((value) => blockOf(value));
    const result = compareInterleaved(blocks, options);
    expect(result.low).toBeGreaterThan(1);
    expect(result.verdict).toBe('same');
  });
});

test('swapping the sides swaps better and worse and inverts the interval', () => {
  const blocks = [0.05, 0.06, 0.055, 0.048].map((value) => blockOf(value, 7));
  const forth = compareInterleaved(blocks, options);
  const back = compareInterleaved(
    blocks.map(({ base, head }) => ({ base: head, head: base })),
    options,
  );
  expect([forth.verdict, back.verdict]).toEqual(['better', 'worse']);
  expect(back.ratio).toBeCloseTo(1 / (forth.ratio ?? 0), 12);
  expect(back.low).toBeCloseTo(1 / (forth.high ?? 0), 12);
  expect(back.high).toBeCloseTo(1 / (forth.low ?? 0), 12);
  expect(back.probability).toBeCloseTo(forth.probability ?? 0, 12);
});

test('a slice with a stall in it does not move a block of many', () => {
  const random = createRandom(5);
  const base = Array.from({ length: 41 }, () => 20 + 0.1 * normalDraw(random));
  const head = base.map((ms) => ms * Math.exp(0.02 + 0.005 * normalDraw(random)));
  const stalled = head.map((ms, index) => (index === 17 ? ms * 50 : ms));
  const value = (block: SlicedBlock): number => summarizeBlock(block).value ?? Number.NaN;
  expect(Math.abs(value({ base, head: stalled }) - value({ base, head }))).toBeLessThan(0.0005);
});

describe('times without stalls', () => {
  const steady = [0.1, 0.101, 0.099, 0.1002, 0.1].map((value) => blockOf(value));
  const withStalls = (values: readonly number[]): readonly SlicedBlock[] =>
    values.map((value, index) => {
      const withoutStalls = steady[index];
      return { ...blockOf(value), ...(withoutStalls ? { withoutStalls } : {}) };
    });

  test('are what is compared, where every block has them', () => {
    const noisy = withStalls([0.5, -0.2, 0.3, -0.4, 0.2]);
    expect(compareInterleaved(noisy, options)).toEqual(compareInterleaved(steady, options));
    const { withoutStalls: _, ...first } = noisy[0] ?? blockOf(0);
    const mixed = [first, ...noisy.slice(1)];
    expect(compareInterleaved(mixed, options).verdict).toBe('inconclusive');
  });

  test('have not the last word where one side stalls more', () => {
    const result = compareInterleaved(withStalls([-0.3, -0.32, -0.28, -0.31, -0.3]), options);
    expect(result.verdict).toBe('worse');
    expect(result.ratio).toBeCloseTo(Math.exp(-0.302), 6);
    expect(result.warnings).toMatchObject([{ code: 'stalls-differ' }]);
  });

  test('do not raise the false alarms of equals', () => {
    const random = createRandom(8);
    let alarms = 0;
    for (let run = 0; run < 2000; run++) {
      const blocks = Array.from({ length: 5 }, () => {
        const calm = 0.005 * normalDraw(random);
        return { ...blockOf(calm + 0.02 * studentDraw(random, 3)), withoutStalls: blockOf(calm) };
      });
      const { verdict } = compareInterleaved(blocks, { ...options, thresholdRatio: 0 });
      if (verdict === 'better' || verdict === 'worse') alarms += 1;
    }
    // Three standard errors of 5 % in 2,000 runs are 1.5 points.
    expect(alarms / 2000).toBeLessThan(0.065);
  });
});

describe('too little', () => {
  test('no block has no ratio', () => {
    const result = compareInterleaved([], options);
    expect(result).toMatchObject({ ratio: null, low: null, high: null, probability: null, verdict: 'inconclusive' });
    expect(result).toMatchObject({ pairCount: 0, neededPairCount: 3, attainedConfidence: 0 });
  });

  test('two blocks have a ratio, and no interval or verdict', () => {
    const result = compareInterleaved([blockOf(0.2), blockOf(0.4)], options);
    expect(result.ratio).toBeCloseTo(Math.exp(0.3), 10);
    expect(result).toMatchObject({ low: null, high: null, probability: null, verdict: 'inconclusive' });
    expect(result.warnings).toMatchObject([{ code: 'too-few-blocks' }]);
    expect(result.neededPairCount).toBe(3);
  });

  test('blocks that all came out alike say nothing of the noise', () => {
    const result = compareInterleaved([blockOf(0), blockOf(0), blockOf(0), blockOf(0)], options);
    expect(result).toMatchObject({ ratio: 1, verdict: 'inconclusive', neededPairCount: null });
    expect(result.warnings).toMatchObject([{ code: 'zero-variance' }]);
  });
});

describe('slices that cannot be used', () => {
  const bad = [0, -1, Number.NaN, Number.POSITIVE_INFINITY];

  test('are left out with their number; the block counts by the others', () => {
    const clean = [0.05, 0.06, 0.055].map((value) => blockOf(value, 9));
    const [first, ...rest] = clean;
    const { base, head } = first ?? blockOf(0);
    const damaged = Array.from(base, (value, index) => bad[index] ?? value);
    const result = compareInterleaved([{ base: damaged, head }, ...rest], options);
    expect(result.warnings).toMatchObject([{ code: 'unusable-slices', message: expect.stringMatching(/^4 slices /) }]);
    expect(result.ratio).toBeCloseTo(compareInterleaved(clean, options).ratio ?? 0, 10);
    expect(result.pairCount).toBe(3);
  });

  test('a block of nothing else is no block', () => {
    const result = compareInterleaved([blockOf(0.1), blockOf(0.11), blockOf(0.12), { base: bad, head: bad }], options);
    expect(result.pairCount).toBe(3);
    for (const value of [result.ratio, result.low, result.high, result.probability]) expect(value).not.toBeNaN();
  });

  test('slices that one side does not have are left out', () => {
    const { base, head } = blockOf(0.1, 5);
    const result = compareInterleaved([{ base, head: Array.from(head).slice(0, 3) }], options);
    expect(result.warnings[0]?.message).toMatch(/^2 slices left out/);
  });
});

describe('error rates, by simulation', () => {
  const runs = 4000;
  const noises: readonly (readonly [string, (random: RandomSource) => number])[] = [
    ['normal', (random) => 0.01 * normalDraw(random)],
    ['heavy-tailed', (random) => 0.01 * studentDraw(random, 3)],
  ];

  function simulate(blockCount: number, noise: (random: RandomSource) => number, shift: number) {
    const random = createRandom(42);
    const counts = { better: 0, worse: 0, held: 0 };
    for (let run = 0; run < runs; run++) {
      const blocks = Array.from({ length: blockCount }, () => blockOf(shift + noise(random)));
      const { verdict, low, high } = compareInterleaved(blocks, { ...options, thresholdRatio: 0 });
      if (verdict === 'better' || verdict === 'worse') counts[verdict] += 1;
      if ((low ?? 0) <= Math.exp(shift) && (high ?? 0) >= Math.exp(shift)) counts.held += 1;
    }
    return counts;
  }

  // Three standard errors of a share of 5 % in 4,000 runs are 1.0 points.
  test.each(noises)('%s blocks of equals are called different in at most 5 %% of runs', (_, noise) => {
    for (const blockCount of [3, 5, 12]) {
      const { better, worse } = simulate(blockCount, noise, 0);
      expect((better + worse) / runs, `${blockCount} blocks`).toBeLessThan(0.06);
      // Neither side is preferred: 3 standard errors of a coin.
      expect(Math.abs(better - worse)).toBeLessThan(3 * Math.sqrt(better + worse) + 1);
    }
  });

  test.each(noises)('the interval of %s blocks holds the true ratio in 93 to 97 %% of runs', (name, noise) => {
    for (const blockCount of [3, 5, 12]) {
      const share = simulate(blockCount, noise, 0.03).held / runs;
      expect(share, `${blockCount} blocks`).toBeGreaterThan(0.93);
      // Heavy tails make Student's interval wider than it has to be, not narrower.
      expect(share, `${blockCount} blocks`).toBeLessThan(name === 'normal' ? 0.97 : 0.985);
    }
  });
});
