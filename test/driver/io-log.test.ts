import { expect, test } from 'vitest';
import {
  FILE_BACKING,
  FILE_DATA,
  FILE_IMAGE,
  FOR_COPY_ON_WRITE,
  FOR_DATA,
  FOR_NONE,
  FOR_REFCOUNT_TABLE,
  HOST_READ,
  HOST_SYNC,
  HOST_WRITE,
  HOST_ZERO,
} from '../../src/driver/host-io.ts';
import { HostIoTally } from '../../src/driver/host-io-tally.ts';
import { IoLogEncoder } from '../../src/driver/io-log.ts';

test('one line of JSON for each I/O, as the contract has it', () => {
  let text = '';
  const log = new IoLogEncoder((chunk) => {
    text += Buffer.from(chunk).toString('utf8');
  });
  log.io(HOST_READ, FILE_BACKING, 0, 65_536, FOR_COPY_ON_WRITE);
  log.io(HOST_WRITE, FILE_IMAGE, 2 ** 40 + 512, 65_536, FOR_REFCOUNT_TABLE);
  log.io(HOST_SYNC, FILE_DATA, 0, 0, FOR_NONE);
  expect(text).toBe('');
  log.flush();
  log.flush();
  expect(text).toBe(
    [
      '{"op":"read","file":"backing","offset":0,"length":65536,"for":"copy-on-write"}\n',
      '{"op":"write","file":"image","offset":1099511628288,"length":65536,"for":"refcount-table"}\n',
      '{"op":"sync","file":"data","offset":0,"length":0}\n',
    ].join(''),
  );
});

test('chunks end with whole lines, and nothing is lost between them', () => {
  const chunks: string[] = [];
  const log = new IoLogEncoder((chunk) => chunks.push(Buffer.from(chunk).toString('utf8')));
  const count = 20_000;
  for (let index = 0; index < count; index++) log.io(HOST_WRITE, FILE_IMAGE, index * 4096, 4096, FOR_DATA);
  log.flush();
  expect(chunks.length).toBeGreaterThan(3);
  for (const chunk of chunks) expect(chunk.endsWith('}\n')).toBe(true);
  const lines = chunks.join('').trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line).offset)).toEqual(
    Array.from({ length: count }, (_, index) => index * 4096),
  );
});

test('counts and bytes by kind, and the distance between data I/Os of the file that holds the data', () => {
  const tally = new HostIoTally(false);
  tally.io(HOST_WRITE, FILE_IMAGE, 0, 4096, FOR_DATA);
  tally.io(HOST_WRITE, FILE_IMAGE, 1_000_000, 512, FOR_REFCOUNT_TABLE);
  tally.io(HOST_ZERO, FILE_IMAGE, 900_000, 4096, FOR_DATA);
  tally.io(HOST_READ, FILE_BACKING, 800_000, 4096, FOR_COPY_ON_WRITE);
  tally.io(HOST_READ, FILE_IMAGE, 4196, 4096, FOR_COPY_ON_WRITE);
  tally.io(HOST_WRITE, FILE_IMAGE, 0, 4096, FOR_DATA);
  tally.io(HOST_SYNC, FILE_IMAGE, 0, 0, FOR_NONE);
  expect(tally.kinds()).toEqual([
    { op: 'read', file: 'image', purpose: 'copy-on-write', count: 1, bytes: 4096 },
    { op: 'read', file: 'backing', purpose: 'copy-on-write', count: 1, bytes: 4096 },
    { op: 'write', file: 'image', purpose: 'refcount-table', count: 1, bytes: 512 },
    { op: 'write', file: 'image', purpose: 'data', count: 2, bytes: 8192 },
    { op: 'zero', file: 'image', purpose: 'data', count: 1, bytes: 4096 },
    { op: 'sync', file: 'image', purpose: 'none', count: 1, bytes: 0 },
  ]);
  expect(tally.seekBytes).toBe((100 + 8292) / 2);
  expect(new HostIoTally(true).seekBytes).toBeUndefined();
});
