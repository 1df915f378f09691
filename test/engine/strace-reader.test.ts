import { expect, test } from 'vitest';
import { placeOf, quotedBytes, StraceReader, type SystemCall } from '../../src/engine/qemu-io/strace-reader.ts';

function read(...lines: readonly string[]): SystemCall[] {
  const calls: SystemCall[] = [];
  const reader = new StraceReader((call) => calls.push(call));
  for (const line of lines) reader.add(line);
  return calls;
}

const shown = (calls: readonly SystemCall[]) => calls.map(({ name, ...call }) => [name, placeOf({ name, ...call })]);

test('offset and length of each kind of call', () => {
  const calls = read(
    '12  pread64(4</a b/disk.qcow2>, "\\0\\1, 9, 9)\\"x"..., 512, 196608) = 16',
    '12  pwrite64(4</disk.qcow2>, ""..., 65536, 131072) = 65536',
    '12  preadv(4</disk.qcow2>, [{iov_base="iov_len=7"..., iov_len=512}, {iov_base="", iov_len=1024}], 2, 4096) = 1536',
    '12  fallocate(4</disk.qcow2>, FALLOC_FL_KEEP_SIZE|FALLOC_FL_PUNCH_HOLE, 327680, 65536) = 0',
    '12  fallocate(4</disk.qcow2>, 0, 0, 4096) = -1 EOPNOTSUPP (Operation not supported)',
    '12  fdatasync(4</disk.qcow2>)               = 0',
    '12  +++ exited with 0 +++',
  );
  expect(shown(calls)).toEqual([
    ['pread64', { offset: 196_608, length: 512 }],
    ['pwrite64', { offset: 131_072, length: 65_536 }],
    ['preadv', { offset: 4096, length: 1536 }],
    ['fallocate', { offset: 327_680, length: 65_536 }],
    ['fallocate', { offset: 0, length: 4096 }],
    ['fdatasync', undefined],
  ]);
  expect(calls.map(({ result }) => result)).toEqual([16, 65_536, 1536, 0, -1, 0]);
  expect(calls[0]).toMatchObject({ thread: '12', fd: 4, path: '/a b/disk.qcow2' });
});

test('calls of several threads come in the order in which they began', () => {
  const calls = read(
    '1 pread64(4</d>,  <unfinished ...>',
    '2 pwrite64(4</d>, "x"..., 10, 20 <unfinished ...>',
    '3 fdatasync(4</d>) = 0',
    '2 <... pwrite64 resumed>) = 10',
    '1 <... pread64 resumed>"y"..., 30, 40) = 30',
    '4 pwrite64(4</d>, "z", 50, 60) = 50',
  );
  expect(shown(calls)).toEqual([
    ['pread64', { offset: 40, length: 30 }],
    ['pwrite64', { offset: 20, length: 10 }],
    ['fdatasync', undefined],
    ['pwrite64', { offset: 60, length: 50 }],
  ]);
});

test('quoted bytes as strace escapes them', () => {
  expect(quotedBytes(', "QFI\\373\\0\\1a\\n\\\\\\"7\\0017"..., 9')).toEqual(
    Buffer.from([0x51, 0x46, 0x49, 0xfb, 0, 1, 0x61, 10, 0x5c, 0x22, 0x37, 1, 0x37]),
  );
});
