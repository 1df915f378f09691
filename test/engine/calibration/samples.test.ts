import { expect, test } from 'vitest';
import { Samples } from '../../../src/engine/calibration/samples.ts';

test('a cost is the median of its rounds; one wild round moves neither it nor its spread', () => {
  const samples = new Samples();
  for (const ns of [100, 104, 96, 102, 98, 100, 5000]) samples.add('a', ns);
  const cost = samples.cost('a');
  expect(cost?.ns).toBe(100);
  expect(cost?.spread).toBeGreaterThan(0.01);
  expect(cost?.spread).toBeLessThan(0.05);
  expect(samples.cost('b')).toBeUndefined();
});

test('drift is what whole rounds share, not what single costs do', () => {
  const shared = new Samples();
  const own = new Samples();
  const shifts = [1, 1.2, 0.9, 1.1, 0.85];
  for (const [round, shift] of shifts.entries()) {
    for (let label = 0; label < 21; label++) {
      shared.add(String(label), (100 + label) * shift);
      // The same values, each label's at a place of its own.
      own.add(String(label), (100 + label) * (shifts[(round + label) % shifts.length] ?? 1));
    }
  }
  expect(shared.drift()).toBeGreaterThan(0.12);
  expect(own.drift()).toBeLessThan(0.06);
});
