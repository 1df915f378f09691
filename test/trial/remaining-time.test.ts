import { expect, test } from 'vitest';
import type { PlannedTrial } from '../../src/trial/record.ts';
import { RemainingTime } from '../../src/trial/remaining-time.ts';

function trial(configuration: string): PlannedTrial {
  return { id: configuration, workload: 'w', configuration, repetition: 0, block: 0 };
}

test('a cell that has run is expected to take the mean of its own trials', () => {
  const time = new RemainingTime(() => 1);
  time.add(trial('slow'), 900);
  time.add(trial('slow'), 1100);
  time.add(trial('fast'), 10);
  expect(time.totalMs([trial('slow'), trial('fast'), trial('fast')])).toBe(1020);
});

test('a cell that has not run is expected to be wrong by the factor of those that have', () => {
  const estimates: Record<string, number> = { small: 100, large: 1000 };
  const time = new RemainingTime((one) => estimates[one.configuration] ?? 0);
  expect(time.expectMs(trial('large'))).toBe(1000);
  time.add(trial('small'), 250);
  expect(time.expectMs(trial('large'))).toBe(2500);
});
