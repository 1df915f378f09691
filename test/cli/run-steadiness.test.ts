import { describe, expect, test } from 'vitest';
import { Steadiness } from '../../src/cli/run/steadiness.ts';
import type { InterleavedOutcome } from '../../src/engine/interleave.ts';
import { loadProfile } from '../../src/workload/load-profile.ts';
import { resolveWorkload } from '../../src/workload/resolve-workload.ts';
import { scriptedWorkload } from '../helpers/scripted-engine.ts';
import { sampleMetrics } from '../helpers/trials.ts';

const outcome = { state: 'completed', metrics: sampleMetrics(1000), warnings: [], command: [], cpus: [1] } as const;
const shared = scriptedWorkload('reads', {
  image: { content: 'mapped', backing: 'none', state: 'shared' },
  isUniform: true,
});

/** 40 slices of 20 ms whose requests take so many times longer at the end than at the start. */
function drifting(factor: number, overrides: Partial<InterleavedOutcome> = {}): InterleavedOutcome {
  const requestCounts = Array.from({ length: 40 }, (_, index) => Math.round(5000 / (1 + ((factor - 1) * index) / 39)));
  return { outcome, driverMs: requestCounts.map(() => 20), requestCounts, ...overrides };
}

function warningsOf(workload: typeof shared, results: readonly InterleavedOutcome[]) {
  const steadiness = new Steadiness();
  for (const result of results) steadiness.add(workload, result);
  return steadiness.warnings();
}

describe('a warning', () => {
  test('says how many trials became faster, by how much at most, and to warm up longer', () => {
    expect(warningsOf(shared, [drifting(1), drifting(0.8), drifting(0.5), drifting(1)])).toEqual([
      {
        code: 'not-steady',
        subject: 'reads',
        message: expect.stringMatching(/^2 of 4 trials were not steady: requests became up to 4\d % faster /),
        hint: 'Give the profile more warm-up requests.',
      },
    ]);
  });

  test('does not blame the warm-up where they became slower', () => {
    const [warning] = warningsOf(shared, [drifting(1.5), drifting(1.4)]);
    expect(warning?.message).toMatch(/became up to \d\d % slower/);
    expect(warning?.hint).toContain('doctor --noise');
  });

  test('is not given for one of many, or for a small drift', () => {
    const steady = Array.from({ length: 9 }, () => drifting(1));
    expect(warningsOf(shared, [...steady, drifting(0.5)])).toEqual([]);
    expect(warningsOf(shared, [drifting(0.98), drifting(0.98)])).toEqual([]);
  });

  test.each([
    ['images that trials write to', { image: { ...shared.image, state: 'restored' as const } }],
    ['patterns that change', { isUniform: false }],
  ])('is not given for %s', (_, overrides) => {
    expect(warningsOf({ ...shared, ...overrides }, [drifting(0.5), drifting(0.5)])).toEqual([]);
  });

  test('is not given for trials that failed or were disturbed', () => {
    const failed = drifting(0.5, { outcome: { state: 'failed', reason: 'no' } });
    const disturbance = { disturbed: true, stealMs: 90, waitMs: 0, otherIoBytes: 0, throttledMs: 0 };
    expect(warningsOf(shared, [failed, drifting(0.5, { disturbance })])).toEqual([]);
  });

  test('looks at times without stalls where they are there', () => {
    const { requestCounts } = drifting(0.5);
    const robustMs = requestCounts.map((count) => count / 250);
    expect(warningsOf(shared, [drifting(0.5, { robustMs })])).toEqual([]);
  });
});

test.each([
  ['random-read', true],
  ['l2-cache-20g', true],
  ['postmark', false],
])('the shipped %s is uniform after its warm-up: %s', async (name, expected) => {
  expect(resolveWorkload(await loadProfile(name, '.')).isUniform).toBe(expected);
});
