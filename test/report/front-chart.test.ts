import { expect, test } from 'vitest';
import { propose, withPredictedIops } from '../../src/advisor/proposal.ts';
import type { FrontPoint } from '../../src/advisor/space/front.ts';
import { frontChart } from '../../src/report/front-chart.ts';
import { adviceRequest, gib, traits } from '../advisor/requests.ts';

const request = adviceRequest({ diskBytes: 500 * gib, traits: traits('database') });
const mebibyte = 2 ** 20;

function point(iops: number, memoryBytes: number, isAllowed = true): FrontPoint {
  const proposal = withPredictedIops(propose(request, { create: {}, drive: {} }), {
    value: iops,
    low: iops,
    high: iops,
  });
  return { proposal: { ...proposal, memoryBytes }, isAllowed };
}

test('the speed of a size is the most that fits into it, and what is not admitted does not count', () => {
  const front = [
    point(9000, 3 * mebibyte, false),
    point(8000, 8 * mebibyte),
    point(4000, 4 * mebibyte),
    point(1000, mebibyte),
  ];
  const text = frontChart(front, 60);
  expect(text.split('\n')[0]).toBe('Most IOPS within so much cache memory:');
  expect(text).toMatch(/^ +8k ┼/m);
  expect(text).toMatch(/^ +0 ┤/m);
  expect(text.split('\n').at(-1)?.trim()).toMatch(/^1 MiB +2 MiB +4 MiB +8 MiB$/);
  expect(text).not.toContain('9k');
  for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(68);
});

test('one point, or points of about the same size, make no chart', () => {
  expect(frontChart([point(1000, mebibyte)], 60)).toBe('');
  expect(frontChart([point(1000, mebibyte), point(1100, 1.5 * mebibyte)], 60)).toBe('');
  expect(frontChart([], 60)).toBe('');
});
