import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { InputError, UsageError } from '../../src/errors.ts';
import { listProfiles, loadProfile } from '../../src/workload/load-profile.ts';
import { readShipped } from '../../src/workload/shipped-profiles.ts';

let directory = '';
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'qtune-profile-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

async function failure(name: string): Promise<Error & { hint?: string }> {
  const error: unknown = await loadProfile(name, directory).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof InputError || error instanceof UsageError) return error as Error & { hint?: string };
  throw error ?? new Error('loaded');
}

test('a shipped name loads its profile under this name', async () => {
  expect(await loadProfile('l2-cache-20g', directory)).toMatchObject({
    name: 'l2-cache-20g',
    diskBytes: 20 * 2 ** 30,
    experiment: { drive: ['l2-cache-size={1M,1.5M,2M,2.5M}'] },
  });
});

test('parameters after a colon are applied, and part of the name', async () => {
  const profile = await loadProfile('iozone-2-random:record=64K,file=64M', directory);
  expect(profile.name).toBe('iozone-2-random:record=64K,file=64M');
  expect(profile).toMatchObject({ parameters: { record: '64K', file: '64M' } });
});

test.each([
  ['postmark:number', '"postmark:number": "number" is not a parameter', 'Write NAME:key=value,key=value.'],
  ['postmark:number=1,number=2', '"postmark:number=1,number=2": the parameter "number" is there twice', undefined],
  ['postmark:numbre=1', 'the profile has no parameter "numbre"', 'Did you mean number?'],
  [
    'l2-cache20g',
    'there is no workload "l2-cache20g", neither with qtune nor as a file',
    'Did you mean l2-cache-20g? See `qtune workload list`.',
  ],
  ['nothing-like-it', 'there is no workload "nothing-like-it"', 'See `qtune workload list`.'],
  ['databse:x=1', 'there is no workload "databse:x=1"', 'Did you mean database? See `qtune workload list`.'],
  ['./missing.yaml', 'there is no workload "./missing.yaml"', 'See `qtune workload list`.'],
])('%s is refused', async (name, message, hint) => {
  const error = await failure(name);
  expect(error.message).toContain(message);
  if (hint) expect(error.hint).toBe(hint);
});

test('a file is read relative to the directory, and named as it was given', async () => {
  const { text } = await readShipped('boot');
  await writeFile(join(directory, 'mine.yaml'), text.replace('seed: 306', 'seed: 307'));
  expect(await loadProfile('mine.yaml', directory)).toMatchObject({ name: 'mine', seed: 307 });
  expect(await loadProfile(join(directory, 'mine.yaml'), '/')).toMatchObject({ name: 'mine' });
  await writeFile(join(directory, 'broken.yaml'), text.replace('disk: 16G', 'disk: 16GB'));
  expect((await failure('broken.yaml')).message).toMatch(/^broken.yaml:\d+: disk: "16GB" is ambiguous/);
});

test('a file name with a comma, a space, a leading dash or a protocol is a file name', async () => {
  const { text } = await readShipped('boot');
  for (const name of ['a,b.yaml', 'a b.yaml', '-x.yaml', 'json:{}.yaml', 'ü.yaml']) {
    await writeFile(join(directory, name), text);
    expect((await loadProfile(name, directory)).kind).toBe('patterns');
  }
});

test('what is no workload is refused', async () => {
  await mkdir(join(directory, 'folder'));
  expect((await failure('folder')).message).toBe('folder: it is a directory, not a workload');
  expect((await failure('/dev/zero')).message).toBe('/dev/zero: it is no regular file, not a workload');
  await writeFile(join(directory, 'large.bin'), Buffer.alloc(300_000));
  expect((await failure('large.bin')).message).toContain('large.bin: it is no trace of a format');
  await writeFile(join(directory, 'small.bin'), Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0, 0, 10, 0, 255]));
  expect(await failure('small.bin')).toMatchObject({
    message: 'small.bin: it is no trace of a format that qtune knows, nor a profile',
    hint: 'Say with --format what it is.',
  });
  await writeFile(join(directory, 'empty'), '');
  expect((await failure('empty')).message).toContain('empty:1: this is no profile');
});

test('the list has every shipped profile, numbers in order', async () => {
  const names = (await listProfiles()).map((profile) => profile.name);
  expect(names.indexOf('iozone-2-random')).toBeLessThan(names.indexOf('iozone-10-pread'));
  const needed = [
    'l2-cache-20g',
    'l2-slices',
    'slices-commit',
    'growth-random-writes',
    'subclusters',
    'subclusters-no-backing',
  ];
  const plain = ['database', 'vdi', 'fileserver', 'build', 'backup-target', 'boot'];
  for (const name of [...needed, 'overlap-checks', 'sequential-allocation', 'postmark', ...plain])
    expect(names).toContain(name);
  for (let mode = 0; mode <= 12; mode++) expect(names.some((name) => name.startsWith(`iozone-${mode}-`))).toBe(true);
});
