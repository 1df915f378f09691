import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { buildConfigurations } from '../../src/settings/matrix.ts';
import { parseSettingList } from '../../src/settings/parse.ts';
import { validateConfiguration } from '../../src/settings/validate.ts';
import { iologText } from '../../src/workload/iolog.ts';
import { loadProfile } from '../../src/workload/load-profile.ts';
import { resolveWorkload } from '../../src/workload/resolve-workload.ts';
import { shippedNames } from '../../src/workload/shipped-profiles.ts';
import { readAll } from './read-all.ts';

const names = await shippedNames();

/** Requests that are pinned for each profile. */
const pinnedCount = 2000;

describe.each(names)('%s', (name) => {
  test('has requests inside its disk, in whole sectors, and the same ones on every pass', async () => {
    const workload = resolveWorkload(await loadProfile(name, '.'));
    const requests = readAll(workload.requests());
    expect(requests).toHaveLength(workload.requestCount);
    expect(workload.warmUpCount).toBeLessThan(workload.requestCount);
    for (const { operation, offset, length } of requests) {
      if (offset % 512 !== 0 || length % 512 !== 0 || offset + length > workload.diskBytes)
        throw new Error(`${offset} ${length}`);
      if ((length === 0) !== (operation === 'sync')) throw new Error(`${operation} of ${length} bytes`);
    }
    // A trial is to take a few seconds: reads of a covered cache 10 µs, allocating writes 100 µs, syncs 1 ms.
    const count = (kind: string): number => requests.filter(({ operation }) => operation === kind).length;
    expect(count('read') * 0.01 + count('write') * 0.1 + count('sync')).toBeLessThan(6000);
    const writes = count('write') + count('trim');
    if (workload.image.state === 'shared') expect(writes).toBe(0);
    if (writes === 0) expect(workload.image.content).not.toBe('empty');
  });

  test('scales to a disk of 2 TiB, and refuses one that is too small', async () => {
    const profile = await loadProfile(name, '.');
    expect(resolveWorkload(profile, { diskBytes: 2 ** 41 }).requestCount).toBeGreaterThan(0);
    expect(() => resolveWorkload(profile, { diskBytes: 512 })).toThrow(/disk/);
  });

  test('has an experiment that QEMU would accept, and published values of its configurations', async () => {
    const profile = await loadProfile(name, '.');
    if (!profile.experiment) return;
    const configurations = buildConfigurations(profile.experiment.create, profile.experiment.drive);
    expect(configurations.length).toBeGreaterThan(1);
    for (const configuration of configurations) {
      validateConfiguration(configuration, {
        diskBytes: profile.diskBytes,
        hasBacking: profile.image.backing !== 'none',
      });
    }
    for (const row of profile.published?.rows ?? []) {
      const create = row.create === undefined ? {} : parseSettingList('create', row.create, 'published')[0];
      const drive = row.drive === undefined ? {} : parseSettingList('drive', row.drive, 'published')[0];
      const matching = configurations.filter(
        (configuration) =>
          Object.entries(create ?? {}).every(([key, value]) => configuration.create[key] === value) &&
          Object.entries(drive ?? {}).every(([key, value]) => configuration.drive[key] === value),
      );
      expect(matching).toHaveLength(1);
    }
    expect(profile.published?.rows.length ?? configurations.length).toBe(configurations.length);
  });
});

test('the requests of every profile are those that were committed', async () => {
  const hashes: Record<string, string> = {};
  for (const name of names) {
    const workload = resolveWorkload(await loadProfile(name, '.'));
    const lines = [...iologText(workload.requests())].join('').split('\n').slice(0, pinnedCount);
    const hash = createHash('sha256').update(lines.join('\n')).digest('hex').slice(0, 32);
    hashes[name] = `${workload.requestCount} requests, ${hash}`;
  }
  await expect(`${JSON.stringify(hashes, null, 2)}\n`).toMatchFileSnapshot(
    join(import.meta.dirname, '..', 'golden', 'workload-requests.json'),
  );
});

test('README of the workloads names every profile and every key', async () => {
  const readme = await readFile(join(import.meta.dirname, '..', '..', 'workloads', 'README.md'), 'utf8');
  for (const name of names) {
    if (!name.startsWith('iozone-')) expect(readme).toContain(`\`${name}\``);
  }
  const { profileSchema } = await import('../../src/workload/profile.ts');
  const { z } = await import('zod');
  const keys = new Set<string>();
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) for (const entry of value) visit(entry);
    else if (typeof value === 'object' && value !== null) {
      for (const [key, entry] of Object.entries(value)) {
        if (key === 'properties' && typeof entry === 'object' && entry !== null)
          for (const name of Object.keys(entry)) keys.add(name);
        visit(entry);
      }
    }
  };
  visit(z.toJSONSchema(profileSchema, { io: 'input', unrepresentable: 'any' }));
  const missing = [...keys].filter((key) => !new RegExp(`\\b${key}\\b`).test(readme));
  expect(keys.size).toBeGreaterThan(40);
  expect(missing).toEqual([]);
});
