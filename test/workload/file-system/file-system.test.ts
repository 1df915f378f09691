import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { GuestFileSystem } from '../../../src/workload/file-system/file-system.ts';
import type { GuestFile } from '../../../src/workload/file-system/guest-file.ts';
import type { FileSystemSpec } from '../../../src/workload/file-system/parameters.ts';
import { ReadAhead } from '../../../src/workload/file-system/read-ahead.ts';
import { operationNames } from '../../../src/workload/request.ts';

const mebibyte = 2 ** 20;
const spec: FileSystemSpec = {
  startBytes: 0,
  spanBytes: 8 * 2 ** 30,
  memoryBytes: 16 * mebibyte,
  dirtyRatio: 1,
  callUs: 1,
  waitUs: 1,
  isNew: false,
  seed: 1,
};

function taken(files: GuestFileSystem) {
  return files.pending.take().map(({ operation, offsetBytes, lengthBytes }) => ({
    operation: operationNames[operation],
    offset: offsetBytes,
    length: lengthBytes,
  }));
}

/** A file of the given size that is on the disk and not in memory. */
function standingFile(files: GuestFileSystem, bytes: number): GuestFile {
  const file = files.create(files.makeDirectory());
  for (let at = 0; at < bytes; at += 65_536) files.write(file, at, Math.min(65_536, bytes - at));
  files.dropCaches();
  files.pending.take();
  return file;
}

describe('what reaches the disk', () => {
  test('nothing, of a file that is written, read and deleted in memory', () => {
    const files = new GuestFileSystem(spec);
    const file = files.create(files.makeDirectory());
    files.write(file, 0, 100_000);
    files.read(file, new ReadAhead(), 0, 100_000);
    files.remove(file);
    expect(taken(files)).toEqual([]);
  });

  test('a sequential read in windows of 128 KiB, whatever the calls', () => {
    const files = new GuestFileSystem(spec);
    const file = standingFile(files, 4 * mebibyte);
    const open = new ReadAhead();
    for (let at = 0; at < 4 * mebibyte; at += 4096) files.read(file, open, at, 4096);
    const reads = taken(files).filter(({ operation }) => operation === 'read');
    expect(reads.slice(0, 4).map(({ length }) => length / 4096)).toEqual([4, 8, 16, 32]);
    expect(reads.slice(3, -1).every(({ length }) => length === 131_072)).toBe(true);
    expect(reads.reduce((sum, { length }) => sum + length, 0)).toBe(4 * mebibyte);
  });

  test('a new file synced: its data, then the journal with a flush before and behind the commit', () => {
    const files = new GuestFileSystem(spec);
    const file = files.create(files.makeDirectory());
    files.write(file, 0, 8192);
    files.sync(file);
    const requests = taken(files);
    expect(requests[0]).toMatchObject({ operation: 'write', length: 8192 });
    expect(requests.slice(-3).map(({ operation }) => operation)).toEqual(['sync', 'write', 'sync']);
    expect(requests.at(-2)?.length).toBe(4096);
    // Nothing changed since, so there is nothing to commit.
    files.sync(file);
    expect(taken(files)).toEqual([{ operation: 'sync', offset: 0, length: 0 }]);
  });

  test('times alone are committed by fsync and not by fdatasync', () => {
    const files = new GuestFileSystem(spec);
    const file = standingFile(files, 65_536);
    files.write(file, 0, 8192);
    files.sync(file, 'data');
    expect(taken(files).map(({ operation }) => operation)).toEqual(['write', 'sync']);
    files.write(file, 0, 8192);
    files.sync(file);
    expect(taken(files).filter(({ operation }) => operation === 'sync')).toHaveLength(2);
  });

  test('a write into the middle of a page that is not in memory reads it, a whole page does not', () => {
    const files = new GuestFileSystem(spec);
    const file = standingFile(files, 65_536);
    files.write(file, 4096, 4096);
    expect(taken(files)).toEqual([]);
    files.write(file, 10_000, 10);
    expect(taken(files)).toMatchObject([{ operation: 'read', length: 4096 }]);
  });

  test('small files of different directories lie side by side and go out in one request', () => {
    const files = new GuestFileSystem(spec);
    const homes = [files.makeDirectory(), files.makeDirectory(), files.makeDirectory()];
    for (const home of homes) files.write(files.create(home), 0, 8192);
    files.unmount();
    expect(taken(files)[0]).toMatchObject({ operation: 'write', length: 3 * 8192 });
  });

  test('blocks of a deleted file are used again only after a commit', () => {
    const files = new GuestFileSystem(spec);
    const home = files.makeDirectory();
    const written = (): number | undefined => {
      const file = files.create(home);
      files.write(file, 0, 2 * mebibyte);
      files.sync(file, 'data');
      const [first] = taken(files);
      files.remove(file);
      return first?.offset;
    };
    const first = written();
    const second = written();
    expect(second).not.toBe(first);
    expect([first, second]).toContain(written());
  });

  test('dirty pages above their share are written back', () => {
    const files = new GuestFileSystem({ ...spec, dirtyRatio: 0.1 });
    const file = files.create(files.makeDirectory());
    for (let at = 0; at < 4 * mebibyte; at += 4096) files.write(file, at, 4096);
    const written = taken(files).reduce((sum, { length }) => sum + length, 0);
    expect(written).toBeGreaterThan(3 * mebibyte);
    expect(written).toBeLessThanOrEqual(4 * mebibyte);
  });

  test('inode tables of a new file system are zeroed one after the other', () => {
    const files = new GuestFileSystem({ ...spec, isNew: true, callUs: 1000 });
    const file = files.create(files.makeDirectory());
    for (let count = 0; count < 30_000; count++) files.write(file, 0, 1);
    const trims = taken(files).filter(({ operation }) => operation === 'trim');
    expect(trims).toHaveLength(63);
    expect(new Set(trims.map(({ length }) => length))).toEqual(new Set([2 * mebibyte]));
  });
});

test('whatever a program does, requests are whole blocks of the area and reads follow writes of the same place', () => {
  const call = fc.record({
    kind: fc.constantFrom('create', 'write', 'append', 'read', 'remove', 'sync'),
    file: fc.nat(20),
    place: fc.nat(200_000),
    length: fc.integer({ min: 1, max: 100_000 }),
  });
  fc.assert(
    fc.property(fc.array(call, { maxLength: 300 }), fc.integer({ min: 1, max: 4 }), (calls, memory) => {
      const startBytes = 2 ** 21;
      const files = new GuestFileSystem({ ...spec, startBytes, spanBytes: 2 ** 30, memoryBytes: memory * mebibyte });
      const homes = [files.makeDirectory(), files.makeDirectory()];
      const table: GuestFile[] = [];
      for (const { kind, file: index, place, length } of calls) {
        const file = table[index % Math.max(1, table.length)];
        const home = homes[index % 2];
        if (kind === 'create' && home) table.push(files.create(home));
        if (file === undefined) continue;
        if (kind === 'write') files.write(file, Math.min(place, file.sizeBytes), length);
        if (kind === 'append') files.write(file, file.sizeBytes, length);
        if (kind === 'read') files.read(file, new ReadAhead(), Math.min(place, file.sizeBytes), length);
        if (kind === 'sync') files.sync(file);
        if (kind === 'remove') {
          files.remove(file);
          table.splice(table.indexOf(file), 1);
        }
      }
      files.unmount();
      const blocks = new Set<number>();
      for (const { operation, offset, length } of taken(files)) {
        if (operation === 'sync') continue;
        expect([offset % 4096, length % 4096]).toEqual([0, 0]);
        expect(length).toBeGreaterThan(0);
        expect(offset).toBeGreaterThanOrEqual(startBytes);
        expect(offset + length).toBeLessThanOrEqual(startBytes + 2 ** 30);
        for (let at = offset; at < offset + length; at += 4096) {
          if (operation === 'write') blocks.add(at);
          else expect(blocks.has(at)).toBe(true);
        }
      }
    }),
    { numRuns: 60 },
  );
});
