import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  costProfileDirectory,
  listCostProfiles,
  loadCostProfile,
  saveCostProfile,
} from '../../src/cli/cost-profile-store.ts';
import type { CostProfile } from '../../src/driver/cost/cost-profile.ts';
import { shippedProfile } from '../../src/driver/cost/shipped/index.ts';
import { EnvironmentError } from '../../src/errors.ts';

let state = '';
beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'qtune-test-costs-'));
});
afterEach(() => rmSync(state, { recursive: true, force: true }));

const host = () => ({ env: { XDG_STATE_HOME: state, HOME: '/nonexistent' }, pid: 42 });
const key = { fileSystem: 'ext4', cache: 'direct', aio: 'io_uring' } as const;
const measured: CostProfile = {
  ...shippedProfile('sata-ssd', 'direct'),
  ...key,
  name: 'measured',
  measuredAt: '2026-01-02T03:04:05.000Z',
};

test('the directory follows the XDG specification, where a relative path does not count', () => {
  expect(costProfileDirectory({ env: { XDG_STATE_HOME: '/state' } })).toBe('/state/qtune/costs');
  expect(costProfileDirectory({ env: { XDG_STATE_HOME: 'state', HOME: '/home/a' } })).toBe(
    '/home/a/.local/state/qtune/costs',
  );
  expect(costProfileDirectory({ env: { HOME: '/home/a' } })).toBe('/home/a/.local/state/qtune/costs');
});

test('what was kept comes back without a warning, only for its own file system, cache and aio', () => {
  const path = saveCostProfile(host(), measured);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readdirSync(join(state, 'qtune', 'costs'))).toEqual(['ext4-direct-io_uring.json']);
  expect(loadCostProfile(host(), key)).toEqual({ profile: measured, warning: undefined });
  expect(listCostProfiles(host())).toEqual([measured]);
});

test('a profile of another aio mode stands in with a warning, one of another file system or cache does not', () => {
  saveCostProfile(host(), measured);
  const near = loadCostProfile(host(), { ...key, aio: 'threads' });
  expect(near.profile).toEqual(measured);
  expect(near.warning).toMatchObject({ code: 'cost-profile-near' });
  for (const other of [{ fileSystem: 'xfs' }, { cache: 'buffered' }] as const) {
    const { profile, warning } = loadCostProfile(host(), { ...key, ...other });
    expect(profile).toEqual(shippedProfile('nvme', 'cache' in other ? other.cache : 'direct'));
    expect(warning).toMatchObject({ code: 'cost-profile-shipped', hint: 'Run `qtune doctor --calibrate`.' });
  }
});

test.each([
  ['cut off', (text: string) => text.slice(0, 100), 'not JSON'],
  [
    'of another version',
    (text: string) => text.replace('qtune.costs/1', 'qtune.costs/0'),
    'schema is not qtune.costs/1',
  ],
  ['with a negative cost', (text: string) => text.replace(/"ns": \d+/, '"ns": -1'), 'is not a number from 0'],
])('a file %s is not used, and the warning says why', (_, damage, reason) => {
  const path = saveCostProfile(host(), measured);
  writeFileSync(path, damage(readFileSync(path, 'utf8')));
  const { profile, warning } = loadCostProfile(host(), key);
  expect(profile).toEqual(shippedProfile('nvme', 'direct'));
  expect(warning).toMatchObject({ code: 'cost-profile-damaged' });
  expect(warning?.message).toContain(reason);
  expect(listCostProfiles(host())).toEqual([]);
});

test('a name of a file system cannot lead out of the directory', () => {
  const path = saveCostProfile(host(), { ...measured, fileSystem: '../../fuse.x y' });
  expect(path.startsWith(join(state, 'qtune', 'costs', '.._'))).toBe(true);
});

test('a directory that cannot be made is an error that names XDG_STATE_HOME, and nothing is left behind', () => {
  mkdirSync(state, { recursive: true });
  writeFileSync(join(state, 'qtune'), '');
  expect(() => saveCostProfile(host(), measured)).toThrow(EnvironmentError);
  expect(readdirSync(state)).toEqual(['qtune']);
  expect(loadCostProfile(host(), key).warning).toMatchObject({ code: 'cost-profile-shipped' });
});
