import { describe, expect, test } from 'vitest';
import { fewestValues, findChangePoints, findExactChanges } from '../../src/stats/change-point.ts';
import { createRandom, type RandomSource } from '../../src/stats/random.ts';
import { normalDraw, studentDraw } from '../helpers/draws.ts';

const options = { probability: 0.001, minimumShift: 0.01 };
const series = (count: number, value: (index: number) => number): number[] =>
  Array.from({ length: count }, (_, i) => value(i));

describe('noise alone', () => {
  test.each([
    ['normal', 50, (random: RandomSource) => 0.02 * normalDraw(random)],
    ['normal, longer than a window', 140, (random: RandomSource) => 0.02 * normalDraw(random)],
    ['with heavy tails', 50, (random: RandomSource) => 0.02 * studentDraw(random, 3)],
    ['of few runs', 8, (random: RandomSource) => 0.02 * normalDraw(random)],
  ])('%s: series of %i values with a shift are as rare as was asked for', (_, count, draw) => {
    const random = createRandom(7);
    let alarms = 0;
    for (let trial = 0; trial < 1000; trial++) {
      if (
        findChangePoints(
          series(count, () => draw(random)),
          options,
        ).length > 0
      )
        alarms += 1;
    }
    // 0.1 % a window is asked for; 140 values have five windows. 11 is the 99 % point of Poisson(5).
    expect(alarms).toBeLessThanOrEqual(count > 50 ? 11 : 5);
  });
});

describe('a shift', () => {
  test('of three standard deviations is found at its place, or next to it', () => {
    const random = createRandom(3);
    let near = 0;
    for (let trial = 0; trial < 300; trial++) {
      const at = 10 + random.below(30);
      const found = findChangePoints(
        series(50, (index) => (index < at ? 0 : 0.06) + 0.02 * normalDraw(random)),
        options,
      );
      if (found.length === 1 && Math.abs((found[0]?.index ?? 0) - at) <= 1) near += 1;
    }
    expect(near).toBeGreaterThanOrEqual(270);
  });

  test('carries the means on both sides', () => {
    const [point] = findChangePoints([1, 1.01, 0.99, 1, 1.02, 2, 2.01, 1.99, 2, 2.02, 2], options);
    expect(point).toMatchObject({ index: 5, before: expect.closeTo(1.004), after: expect.closeTo(2.003, 2) });
    expect(point?.probability).toBeLessThan(0.001);
  });

  test('there and back are two, far beyond a window too', () => {
    const random = createRandom(5);
    const level = (index: number): number => (index >= 60 && index < 90 ? 1.1 : 1);
    const found = findChangePoints(
      series(160, (index) => level(index) + 0.01 * normalDraw(random)),
      options,
    );
    expect(found.map((point) => point.index)).toEqual([60, 90]);
  });

  test('below the least one is none', () => {
    const random = createRandom(2);
    const values = series(40, (index) => (index < 20 ? 0 : 0.005) + 0.0001 * normalDraw(random));
    expect(findChangePoints(values, options)).toEqual([]);
    expect(findChangePoints(values, { ...options, minimumShift: 0.004 }).map((point) => point.index)).toEqual([20]);
  });

  test('one outlier is none, wherever it is', () => {
    const random = createRandom(1);
    const noise = series(30, () => 0.01 * normalDraw(random));
    expect(findChangePoints(noise.with(14, 1), options)).toEqual([]);
    expect(findChangePoints([...noise, 1], options)).toEqual([]);
    expect(findChangePoints([...noise, 1, 1.01, 0.99], options).map((point) => point.index)).toEqual([30]);
  });
});

test('too few values, equal ones and none at all have no shift, and nothing is NaN', () => {
  expect(findChangePoints([], options)).toEqual([]);
  expect(
    findChangePoints(
      series(2 * fewestValues - 1, (index) => index),
      options,
    ),
  ).toEqual([]);
  expect(
    findChangePoints(
      series(50, () => 3),
      options,
    ),
  ).toEqual([]);
  expect(findChangePoints([1, 1, 1, 2, 2, 2], options)).toEqual([{ index: 3, before: 1, after: 2, probability: 0 }]);
});

test('of exact values every change is a shift', () => {
  expect(findExactChanges([5, 5, 6, 6, 5])).toEqual([
    { index: 2, before: 5, after: 6, probability: 0 },
    { index: 4, before: 6, after: 5, probability: 0 },
  ]);
  expect(findExactChanges([])).toEqual([]);
});
