import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { ImageFormatError, InputError } from '../../src/errors.ts';
import { ImageFile } from '../../src/qcow2/image-file.ts';
import { readBytes } from '../../src/qcow2/image-source.ts';

const home = mkdtempSync(join(tmpdir(), 'qtune-image-file-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

test('what lies beyond the end reads as zeroes', () => {
  const path = join(home, 'short');
  writeFileSync(path, 'abcdef');
  const file = ImageFile.open(path, 'short');
  expect(file.lengthBytes).toBe(6);
  expect([...readBytes(file, 4, 4)]).toEqual([0x65, 0x66, 0, 0]);
  expect([...readBytes(file, 2 ** 52, 2)]).toEqual([0, 0]);
  const used = Buffer.from('xxxx');
  file.read(5, used);
  expect(used.toString()).toBe('f\0\0\0');
  expect(file.hasChanged()).toBe(false);
  appendFileSync(path, 'g');
  expect(file.hasChanged()).toBe(true);
  file.close();
});

test('a sparse file gives no more than what it holds and some allowance', () => {
  const path = join(home, 'sparse');
  writeFileSync(path, '');
  truncateSync(path, 2 ** 40);
  const file = ImageFile.open(path, 'sparse');
  expect([file.lengthBytes, file.allocatedBytes]).toEqual([2 ** 40, 0]);
  const megabyte = Buffer.alloc(2 ** 20);
  let readMegabytes = 0;
  expect(() => {
    for (; readMegabytes < 1000; readMegabytes++) file.read(readMegabytes * 2 ** 20, megabyte);
  }).toThrow(ImageFormatError);
  expect(readMegabytes).toBe(257);
  file.close();
});

test('a pipe is refused at once, and so are directories and what is not there', () => {
  const pipe = join(home, 'pipe');
  execFileSync('mkfifo', [pipe]);
  for (const path of [pipe, home, join(home, 'nothing'), '/dev/zero', 'a\0b']) {
    expect(() => ImageFile.open(path, 'name')).toThrow(InputError);
  }
});

test('two names of one file have one identity', () => {
  const path = join(home, 'one');
  writeFileSync(path, '');
  execFileSync('ln', [path, join(home, 'other')]);
  const [one, other] = [path, join(home, 'other')].map((name) => ImageFile.open(name, name));
  expect(one?.identity).toBe(other?.identity);
  one?.close();
  other?.close();
});
