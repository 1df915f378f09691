import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import { allowedCpus } from '../../src/engine/affinity.ts';
import type { ProcessUsage } from '../../src/engine/engine.ts';
import { disturbanceBetween, type HostLoad, readHostLoad } from '../../src/engine/host-load.ts';

const mebibyte = 2 ** 20;
const start: HostLoad = { atMs: 5000, userMs: 70_000, stealMs: 300, diskBytes: 1e12, throttledMs: 40 };

/** Counters after ten seconds in which they grew by this much. */
function after(growth: Partial<HostLoad>): HostLoad {
  const at = (key: keyof HostLoad): number => start[key] + (growth[key] ?? 0);
  return {
    atMs: start.atMs + (growth.atMs ?? 10_000),
    userMs: at('userMs'),
    stealMs: at('stealMs'),
    diskBytes: at('diskBytes'),
    throttledMs: at('throttledMs'),
  };
}

const used = (userMs: number, ioBytes = 0): readonly ProcessUsage[] => [{ userMs, ioBytes }];

test('a machine that did nothing else disturbs nothing', () => {
  const own = [
    { userMs: 4000, ioBytes: 3 * mebibyte },
    { userMs: 5000, ioBytes: 5 * mebibyte },
  ];
  expect(disturbanceBetween(start, after({ userMs: 9000, diskBytes: 8 * mebibyte }), own, true)).toEqual({
    disturbed: false,
    stealMs: 0,
    waitMs: 0,
    otherIoBytes: 0,
    throttledMs: 0,
  });
});

test.each([
  ['time that the hypervisor took', { stealMs: 210 }, true],
  ['hardly any of that', { stealMs: 190 }, false],
  ['another process on the processor', { userMs: 6100 }, true],
  ['hardly any of that', { userMs: 5900 }, false],
  ['a quota', { throttledMs: 110 }, true],
  ['hardly any of that', { throttledMs: 90 }, false],
  ["more of others' I/O than 4 MiB a second", { diskBytes: 41 * mebibyte }, true],
  ['less than that', { diskBytes: 39 * mebibyte }, false],
])('ten seconds with %s: %j', (_, growth: Partial<HostLoad>, disturbed) => {
  const userMs = 5000;
  expect(disturbanceBetween(start, after({ userMs, ...growth }), used(5000), true).disturbed).toBe(disturbed);
});

test('ticks of 10 ms are no evidence in a short block', () => {
  const short = { atMs: 100, userMs: 90 };
  expect(disturbanceBetween(start, after({ ...short, stealMs: 20 }), used(90), true).disturbed).toBe(false);
  expect(disturbanceBetween(start, after({ ...short, userMs: 110 }), used(90), true).disturbed).toBe(false);
  expect(disturbanceBetween(start, after({ ...short, stealMs: 30 }), used(90), true).disturbed).toBe(true);
});

test('who was in the way can only be said of one processor', () => {
  const load = after({ userMs: 18_000 });
  expect(disturbanceBetween(start, load, used(9000), true)).toMatchObject({ disturbed: true, waitMs: 9000 });
  expect(disturbanceBetween(start, load, used(9000), false)).toMatchObject({ disturbed: false, waitMs: 0 });
});

test("others' I/O counts where it is more than the trials' own", () => {
  const load = after({ userMs: 9000, diskBytes: 1000 * mebibyte });
  expect(disturbanceBetween(start, load, used(9000, 510 * mebibyte), true)).toMatchObject({
    disturbed: false,
    otherIoBytes: 490 * mebibyte,
  });
  expect(disturbanceBetween(start, load, used(9000, 490 * mebibyte), true).disturbed).toBe(true);
});

test('processes that say more than the machine counted are no disturbance and give no negative figures', () => {
  const load = after({ userMs: 8990, diskBytes: mebibyte });
  expect(disturbanceBetween(start, load, used(9000, 2 * mebibyte), true)).toMatchObject({
    disturbed: false,
    waitMs: 0,
    otherIoBytes: 0,
  });
});

test.skipIf(!existsSync('/proc/stat'))('the counters of this machine grow while something runs', () => {
  const cpus = allowedCpus();
  const before = readHostLoad(cpus.length === 1 ? cpus : [], tmpdir());
  const untilMs = performance.now() + 60;
  while (performance.now() < untilMs);
  const later = readHostLoad(cpus.length === 1 ? cpus : [], tmpdir());
  if (before === undefined || later === undefined) throw new Error('no counters');
  expect(later.atMs - before.atMs).toBeGreaterThanOrEqual(60);
  expect(later.userMs).toBeGreaterThan(before.userMs);
  expect(later.stealMs).toBeGreaterThanOrEqual(before.stealMs);
  expect(later.diskBytes).toBeGreaterThanOrEqual(before.diskBytes);
  expect(Object.values(later).every(Number.isFinite)).toBe(true);
});
