import { expect, test } from 'vitest';
import { RobustTime } from '../../src/engine/robust-time.ts';

/** Requests of class 1 unless `classOf` says otherwise. */
function timeOf(latenciesNs: readonly number[], classOf: (index: number) => number = () => 1): number {
  const classes = { classOf: Uint8Array.from(latenciesNs, (_, index) => classOf(index)), count: 3 };
  const time = new RobustTime(classes);
  latenciesNs.forEach((nanoseconds, index) => {
    time.record(index, nanoseconds);
  });
  return time.take();
}

/** 2 µs and 4 µs in turn, with some of them replaced. */
function reads(count: number, replaced: Readonly<Record<number, number>> = {}): number[] {
  return Array.from({ length: count }, (_, index) => replaced[index] ?? (index % 2 === 0 ? 2000 : 4000));
}

test('without stalls it is the sum', () => {
  expect(timeOf(reads(1000))).toBeCloseTo(3, 9);
});

test('a stall counts as an ordinary request', () => {
  const stalled = { 10: 3e6, 501: 9e6 };
  const others = 1000 * 0.003 - 0.002 - 0.004;
  expect(timeOf(reads(1000, stalled))).toBeCloseTo((others / 998) * 1000, 6);
});

test('what is slow within reason counts in full', () => {
  expect(timeOf(reads(1000, { 10: 39_000 }))).toBeCloseTo(3 + 0.037, 6);
});

test('a loss of all requests is seen at its size', () => {
  const base = timeOf(reads(1000, { 3: 5e6 }));
  const slower = timeOf(reads(1000, { 7: 8e6, 800: 1e6 }).map((nanoseconds) => nanoseconds * 1.03));
  expect(slower / base).toBeCloseTo(1.03, 3);
});

test('a slow path that many take is no accident', () => {
  const slow = Object.fromEntries(Array.from({ length: 60 }, (_, index) => [index * 10, 1e6]));
  expect(timeOf(reads(1000, slow))).toBeGreaterThan(60);
  const few = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [index * 10, 1e6]));
  expect(timeOf(reads(1000, few))).toBeCloseTo(3, 0);
});

test('classes have their own medians; what has none counts in full', () => {
  // Class 1 takes 1 µs, class 2 takes 1 ms, and each has a stall of its own measure; class 0 keeps its 50 ms.
  const list = Array.from({ length: 300 }, (_, index) => [5e4, 1000, 1e6][index % 3] ?? 0);
  list[3] = 5e7;
  list[4] = 1e6;
  list[5] = 1e8;
  expect(timeOf(list, (index) => index % 3)).toBeCloseTo(99 * 0.05 + 50 + 100 * 0.001 + 100 * 1, 6);
});

test('each slice stands for itself', () => {
  const time = new RobustTime({ classOf: new Uint8Array(40_000).fill(1), count: 2 });
  expect(time.take()).toBe(0);
  for (const [from, to, nanoseconds] of [
    [0, 100, 1000],
    [100, 30_000, 5000],
    [30_000, 40_000, 2000],
  ] as const) {
    for (let index = from; index < to; index++) time.record(index, nanoseconds);
    expect(time.take()).toBeCloseTo(((to - from) * nanoseconds) / 1e6, 3);
  }
  expect(time.take()).toBe(0);
});
