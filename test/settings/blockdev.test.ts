import { describe, expect, test } from 'vitest';
import { driveNode } from '../../src/settings/blockdev.ts';
import { type CacheMode, cacheFlags, cacheModeOf, cacheModes } from '../../src/settings/cache-mode.ts';
import { overlapChecks } from '../../src/settings/overlap-checks.ts';
import { parseSettingList } from '../../src/settings/parse.ts';

const drive = (text: string) => parseSettingList('drive', text, '--drive')[0] ?? {};

describe('the block node of run-time settings', () => {
  test('has plain integers and switches for qcow2, and the rest beside it', () => {
    expect(
      driveNode(
        drive('l2-cache-size=4M,lazy-refcounts=on,cache=directsync,aio=io_uring,discard=unmap,detect-zeroes=on'),
      ),
    ).toEqual({
      qcow2: { 'l2-cache-size': 4_194_304, 'lazy-refcounts': true },
      cache: 'directsync',
      aio: 'io_uring',
      discard: 'unmap',
      detectZeroes: 'on',
    });
  });

  test('says nothing of what is not set', () => {
    expect(driveNode({})).toEqual({
      qcow2: {},
      cache: undefined,
      aio: undefined,
      discard: undefined,
      detectZeroes: undefined,
    });
  });

  test.each([
    ['overlap-check=none', 'none'],
    ['overlap-check.template=all', 'all'],
    ['overlap-check=none,overlap-check.active-l2=on', { template: 'none', 'active-l2': true }],
    ['overlap-check.inactive-l2=on', { 'inactive-l2': true }],
  ])('writes %s as QMP wants it', (text, value) => {
    expect(driveNode(drive(text)).qcow2).toEqual({ 'overlap-check': value });
  });
});

describe('overlap checks', () => {
  const constant = ['active-l1', 'bitmap-directory', 'main-header', 'refcount-table', 'snapshot-table'];
  const cached = [...constant, 'active-l2', 'inactive-l1', 'refcount-block'].sort();
  test.each([
    ['overlap-check=none', []],
    ['overlap-check=constant', constant],
    ['overlap-check=cached', cached],
    ['overlap-check=all', [...cached, 'inactive-l2'].sort()],
    ['cache=none', cached],
    ['overlap-check.template=none,overlap-check.active-l2=on', ['active-l2']],
    ['overlap-check=constant,overlap-check.main-header=off', constant.filter((name) => name !== 'main-header')],
  ])('%s makes the checks %j', (text, names) => {
    expect([...overlapChecks(drive(text))].sort()).toEqual(names);
  });
});

describe('cache modes', () => {
  // QEMU's manual, -drive cache=.
  test.each([
    ['writeback', true, false, false],
    ['none', true, true, false],
    ['writethrough', false, false, false],
    ['directsync', false, true, false],
    ['unsafe', true, false, true],
  ] as const)('%s', (mode: CacheMode, writeback, direct, noFlush) => {
    expect(cacheFlags(mode)).toEqual({ writeback, direct, noFlush });
    const words = `cache.writeback=${writeback},cache.direct=${direct},cache.no-flush=${noFlush}`;
    expect(cacheModeOf(drive(words))).toBe(mode);
    expect(cacheModeOf(drive(`cache=${mode}`))).toBe(mode);
  });

  test('single switches override the mode, and alone they change writeback', () => {
    expect(cacheModeOf({})).toBeUndefined();
    expect(cacheModeOf(drive('cache.direct=on'))).toBe('none');
    expect(cacheModeOf(drive('cache=writethrough,cache.direct=on'))).toBe('directsync');
    expect(cacheModes).toHaveLength(5);
  });
});
