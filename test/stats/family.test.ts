import { describe, expect, test } from 'vitest';
import { defaultLooks } from '../../src/cli/run/decider.ts';
import { correctForFamily, defaultErrorRate, type FamilyMember } from '../../src/stats/family.ts';
import { nominalLevel } from '../../src/stats/group-sequential.ts';
import { compareInterleaved } from '../../src/stats/interleaved-comparison.ts';
import { createRandom } from '../../src/stats/random.ts';
import { studentCritical } from '../../src/stats/student.ts';
import type { Verdict } from '../../src/stats/verdict.ts';
import { normalDraw, studentDraw } from '../helpers/draws.ts';

function member(probability: number | null, verdict: Verdict = 'better', pairCount = 8): FamilyMember {
  return { probability, verdict, pairCount, neededPairCount: null };
}

describe('many comparisons', () => {
  test('are corrected by Holm: the smallest probability times all, the next times one fewer', () => {
    const corrected = correctForFamily([member(0.004), member(0.0005), member(0.02)], { errorRate: 0.01 });
    const adjusted = corrected.map(({ adjustedProbability }) => adjustedProbability);
    expect(adjusted[0]).toBeCloseTo(0.008, 12);
    expect(adjusted[1]).toBeCloseTo(0.0015, 12);
    expect(adjusted[2]).toBeCloseTo(0.02, 12);
    expect(corrected.map(({ verdict }) => verdict)).toEqual(['better', 'better', 'inconclusive']);
  });

  test('one comparison is corrected for nothing', () => {
    expect(correctForFamily([member(0.0099)], { errorRate: 0.01 })).toMatchObject([
      { verdict: 'better', adjustedProbability: 0.0099 },
    ]);
  });

  test('exact ones have no probability and count for nothing', () => {
    const corrected = correctForFamily([member(null), member(0.009), member(null, 'worse')], { errorRate: 0.01 });
    expect(corrected.map(({ adjustedProbability }) => adjustedProbability)).toEqual([null, 0.009, null]);
    expect(corrected.map(({ verdict }) => verdict)).toEqual(['better', 'better', 'worse']);
  });

  test('same and inconclusive stay what they are', () => {
    const corrected = correctForFamily([member(0.9, 'same'), member(0.5, 'inconclusive')], { errorRate: 0.01 });
    expect(corrected.map(({ verdict }) => verdict)).toEqual(['same', 'inconclusive']);
    expect(corrected.map(({ neededPairCount }) => neededPairCount)).toEqual([null, null]);
  });

  test('other members keep what else they have', () => {
    const named = { ...member(0.5), name: 'reads' };
    expect(correctForFamily([named], { errorRate: 0.01 })[0]?.name).toBe('reads');
  });
});

describe('repeated looks', () => {
  test('lower the level to Pocock’s', () => {
    const looks = [4, 8, 16];
    const level = nominalLevel(looks, 0.01);
    expect(level).toBeLessThan(0.006);
    const corrected = correctForFamily([member(level * 0.99)], { errorRate: 0.01, looks });
    expect(corrected[0]?.verdict).toBe('better');
    expect(correctForFamily([member(level * 1.01)], { errorRate: 0.01, looks })[0]?.verdict).toBe('inconclusive');
    expect(correctForFamily([member(level * 1.01)], { errorRate: 0.01 })[0]?.verdict).toBe('better');
  });
});

describe('the pairs that would be enough', () => {
  test('are told where a call is taken back: an effect as large then has the wanted probability', () => {
    const pairCount = 6;
    const [result] = correctForFamily([member(0.03, 'worse', pairCount)], { errorRate: 0.01 });
    const needed = result?.neededPairCount ?? 0;
    expect(needed).toBeGreaterThan(pairCount);
    // With the critical value at 0.03 for 5 degrees, t grows as the root of the pairs and crosses that of 0.01 there.
    const now = studentCritical(0.03, pairCount - 1);
    expect(now * Math.sqrt(needed / pairCount)).toBeGreaterThanOrEqual(studentCritical(0.01, needed - 1));
    expect(now * Math.sqrt((needed - 1) / pairCount)).toBeLessThan(studentCritical(0.01, needed - 2));
  });

  test('are always more than there are, and null where thousands do not help', () => {
    const [close, far] = correctForFamily([member(0.0101, 'better', 50), member(0.97, 'better', 50)], {
      errorRate: 0.01,
    });
    expect(close?.neededPairCount).toBeGreaterThan(50);
    expect(far?.neededPairCount).toBeNull();
  });
});

/**
 * The share of runs of equals that a rule which stops at its first significant look ever calls different. The mean and the error
 * are kept as running sums; what is found is put to the real functions.
 */
function falseAlarmShare(draw: () => number, runs: number): number {
  const level = nominalLevel(defaultLooks, defaultErrorRate);
  const critical = new Map(defaultLooks.map((look) => [look, studentCritical(level, look - 1)]));
  const most = defaultLooks.at(-1) ?? 0;
  let alarms = 0;
  for (let run = 0; run < runs; run++) {
    const values: number[] = [];
    let sum = 0;
    let squares = 0;
    while (values.length < most) {
      const value = 0.01 * draw();
      values.push(value);
      sum += value;
      squares += value * value;
      const limit = critical.get(values.length);
      if (limit === undefined) continue;
      const mean = sum / values.length;
      const error = Math.sqrt((squares - sum * mean) / (values.length - 1) / values.length);
      if (Math.abs(mean) <= limit * error) continue;
      alarms += 1;
      const blocks = values.map((one) => ({ base: [1], head: [Math.exp(one)] }));
      const compared = compareInterleaved(blocks, { better: 'higher', thresholdRatio: 0, confidence: 0.95, seed: 1 });
      const [corrected] = correctForFamily([compared], { errorRate: defaultErrorRate, looks: defaultLooks });
      expect(corrected?.verdict).toBe(mean > 0 ? 'better' : 'worse');
      break;
    }
  }
  return alarms / runs;
}

describe('looking again and again', () => {
  // Three standard errors of 1 % in 20,000 runs are 0.21 points.
  test('at normal blocks gives a false alarm in 1 % of runs', { timeout: 120_000 }, () => {
    const random = createRandom(2024);
    const share = falseAlarmShare(() => normalDraw(random), 20_000);
    expect(share).toBeLessThan(0.0125);
    expect(share).toBeGreaterThan(0.005);
  });

  test('at heavy-tailed blocks gives no more', { timeout: 120_000 }, () => {
    const random = createRandom(2025);
    expect(falseAlarmShare(() => studentDraw(random, 3), 20_000)).toBeLessThan(0.0125);
  });
});
