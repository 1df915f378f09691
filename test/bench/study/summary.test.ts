import { expect, test } from 'vitest';
import type { Cell } from '../../../bench/study/cell.ts';
import { renderStudy } from '../../../bench/study/render.ts';
import { summarize } from '../../../bench/study/summary.ts';
import { sampleHeader } from '../../helpers/trials.ts';

function cell(workload: string, measured: readonly number[], predicted: number): Cell {
  return {
    workload,
    create: { cluster_size: 65_536 },
    drive: {},
    measured,
    predicted,
    low: predicted * 0.9,
    high: predicted * 1.1,
    requestCount: 100,
    measuredMs: { read: 10 },
    predictedMs: { read: 11 },
    componentsMs: { readFar: 9, 'cpu-read': 2 },
  };
}

test('errors, ranking and what the best prediction loses', () => {
  const cells = [cell('a', [90, 100, 110], 105), cell('a', [200, 190, 210], 150), cell('a', [180, 180, 180], 225)];
  const [a, all] = summarize(cells);
  // Errors are 5 %, 25 % and 25 %; the third is predicted best, measured 180 against 200.
  expect(a?.medianError).toBeCloseTo(0.25, 12);
  expect(a?.bias).toBeCloseTo(0.05, 12);
  expect(a?.regret).toBeCloseTo(0.1, 12);
  expect(a?.tau).toBeCloseTo(1 / 3, 12);
  expect(a?.covered).toBeCloseTo(1 / 3, 12);
  // Of the three pairs, all told apart by their repetitions, one is predicted in the wrong order.
  expect(a?.separatedTau).toBeCloseTo(1 / 3, 12);
  expect(a?.repeatTau).toBe(1);
  expect(a?.repeatRegret).toBe(0);
  expect(all).toMatchObject({ name: 'all', cellCount: 3 });
});

test('figures that rank are means over workloads: rates of two workloads are not compared', () => {
  const cells = [cell('a', [1, 1], 1), cell('a', [2, 2], 2), cell('b', [100, 100], 200), cell('b', [200, 200], 100)];
  const all = summarize(cells).at(-1);
  expect(all?.tau).toBe(0);
  expect(all?.regret).toBeCloseTo(0.25, 12);
});

test('the report shows the worst cell first, with what it is made of', () => {
  const cells = [cell('a', [100, 100], 101), cell('a', [100, 100], 40)];
  const text = renderStudy({ header: sampleHeader(), cells, summaries: summarize(cells) }, 1);
  expect(text).toContain(
    '| a | `cluster_size=64K` | 100 | 40 | −60.0 % | read 10 → 11 ms | readFar 9, cpu-read 2 ms |',
  );
  expect(text).toContain('### a');
});
