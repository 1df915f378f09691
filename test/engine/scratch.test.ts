import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Scratch, startTicks } from '../../src/engine/scratch.ts';
import { EnvironmentError } from '../../src/errors.ts';

let parent = '';
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'qtune-test-scratch-'));
});
afterEach(() => rmSync(parent, { recursive: true }));

function create(directory = parent): Scratch {
  return Scratch.create({ env: { TMPDIR: directory }, pid: process.pid });
}

test('the directory is private and goes away with all in it', () => {
  const scratch = create();
  expect(statSync(scratch.directory).mode & 0o777).toBe(0o700);
  scratch.makeDirectory('trial-1');
  writeFileSync(join(scratch.path('trial-1'), 'disk.qcow2'), 'x');
  scratch.close();
  scratch.close();
  expect(readdirSync(parent)).toEqual([]);
});

test('what a dead process left is removed, what a living one uses is not', async () => {
  const living = create();
  const child = spawn('sleep', ['60']);
  const dead = Scratch.create({ env: { TMPDIR: parent }, pid: child.pid ?? 0 });
  writeFileSync(dead.path('disk.qcow2'), 'x');
  create().close();
  expect(existsSync(dead.directory)).toBe(true);
  child.kill('SIGKILL');
  await new Promise((resolve) => child.once('exit', resolve));
  create().close();
  expect(existsSync(dead.directory)).toBe(false);
  expect(existsSync(living.directory)).toBe(true);
  living.close();
});

test('a process that got the number of a dead one does not keep its leftovers', () => {
  const scratch = create();
  const owner = JSON.parse(readFileSync(scratch.path('owner.json'), 'utf8'));
  expect(owner.startTicks).toBe(startTicks(process.pid));
  writeFileSync(scratch.path('owner.json'), JSON.stringify({ ...owner, startTicks: '1' }));
  create().close();
  expect(existsSync(scratch.directory)).toBe(false);
});

test('of another boot or container only what is a day old is removed', () => {
  const scratch = create();
  const owner = JSON.parse(readFileSync(scratch.path('owner.json'), 'utf8'));
  writeFileSync(scratch.path('owner.json'), JSON.stringify({ ...owner, world: 'elsewhere' }));
  create().close();
  expect(existsSync(scratch.directory)).toBe(true);
  const old = Date.now() / 1000 - 25 * 3600;
  utimesSync(scratch.directory, old, old);
  create().close();
  expect(existsSync(scratch.directory)).toBe(false);
});

test.each([
  ['before it began to mark it', []],
  ['while it marked it', ['owner.tmp']],
])('what a run left that was killed %s is removed', (_, files) => {
  const left = mkdtempSync(join(parent, 'qtune-'));
  for (const file of files) writeFileSync(join(left, file), '{"schema":');
  create().close();
  expect(readdirSync(parent)).toEqual([]);
});

test('directories without our mark, links and files are left alone', () => {
  const elsewhere = mkdtempSync(join(tmpdir(), 'qtune-test-elsewhere-'));
  mkdirSync(join(parent, 'qtune-mine'));
  mkdirSync(join(parent, 'qtune-odd'));
  writeFileSync(join(parent, 'qtune-odd', 'owner.json'), '{"schema":"other","pid":1}');
  writeFileSync(join(parent, 'qtune-file'), '');
  writeFileSync(
    join(elsewhere, 'owner.json'),
    '{"schema":"qtune.scratch/1","pid":999999,"startTicks":"1","world":null}',
  );
  symlinkSync(elsewhere, join(parent, 'qtune-link'));
  create().close();
  expect(readdirSync(parent).sort()).toEqual(['qtune-file', 'qtune-link', 'qtune-mine', 'qtune-odd']);
  expect(existsSync(join(elsewhere, 'owner.json'))).toBe(true);
  rmSync(elsewhere, { recursive: true });
});

test('a directory that cannot be written names TMPDIR', () => {
  expect(() => create(join(parent, 'absent'))).toThrow(EnvironmentError);
  try {
    create(join(parent, 'absent'));
  } catch (error) {
    expect(error).toMatchObject({ hint: expect.stringContaining('TMPDIR') });
  }
});

test('a process that is gone has no start time', () => {
  expect(startTicks(process.pid)).toMatch(/^\d+$/);
  expect(startTicks(2 ** 22 + 1)).toBeNull();
});
