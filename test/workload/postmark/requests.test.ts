import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type BlockRun, BlockSpace } from '../../../src/workload/postmark/block-space.ts';
import { largestBlockCount, postmarkAreas } from '../../../src/workload/postmark/disk.ts';
import { postmarkOperations } from '../../../src/workload/postmark/operations.ts';
import { type PostmarkSpec, postmarkDefaults } from '../../../src/workload/postmark/parameters.ts';
import { postmarkRequests } from '../../../src/workload/postmark/request-stream.ts';
import { type PlainRequest, readAll } from '../read-all.ts';

const base: PostmarkSpec = {
  ...postmarkDefaults,
  startBytes: 0,
  spanBytes: 2 ** 30,
  buffering: true,
  readBlock: 512,
  writeBlock: 512,
  trim: false,
  commitEvery: 0,
};

function requests(changes: Partial<PostmarkSpec>): PlainRequest[] {
  return readAll(postmarkRequests({ ...base, ...changes }));
}

describe('block space', () => {
  test('hands out each block to one file at a time, neighbours where there are any', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(15), fc.integer({ min: -1, max: 9 })), { maxLength: 200 }), (steps) => {
        const space = new BlockSpace(64);
        const files = new Map<number, BlockRun[]>();
        for (const [name, blockCount] of steps) {
          const runs = files.get(name) ?? [];
          if (blockCount < 0) {
            space.free(runs);
            files.delete(name);
          } else {
            const before = space.freeCount;
            expect(space.extend(runs, blockCount)).toBe(blockCount <= before);
            files.set(name, runs);
          }
          const owned = [...files.values()]
            .flat()
            .flatMap((run) => Array.from({ length: run.blockCount }, (_, i) => run.firstBlock + i));
          expect(new Set(owned).size).toBe(owned.length);
          expect(owned.every((block) => block < 64 && space.isUsed(block))).toBe(true);
          expect(space.freeCount).toBe(64 - owned.length);
        }
      }),
      { seed: 7, numRuns: 100 },
    );
  });

  test('goes round before it uses a freed block again', () => {
    const space = new BlockSpace(8);
    const first: BlockRun[] = [];
    const second: BlockRun[] = [];
    space.extend(first, 3);
    space.free(first);
    space.extend(second, 4);
    expect(second).toEqual([{ firstBlock: 3, blockCount: 4 }]);
    const third: BlockRun[] = [];
    space.extend(third, 2);
    expect(third).toEqual([
      { firstBlock: 7, blockCount: 1 },
      { firstBlock: 0, blockCount: 1 },
    ]);
  });
});

test('the first requests of the defaults, worked out by hand', () => {
  // Creates of 1390, 4732 and 3583 bytes take 1, 2 and 1 blocks.
  expect(requests({ number: 200 }).slice(0, 3)).toEqual([
    { operation: 'write', offset: 0, length: 4096 },
    { operation: 'write', offset: 4096, length: 8192 },
    { operation: 'write', offset: 12_288, length: 4096 },
  ]);
});

test('requests are whole blocks of the area, and only what was written is read', () => {
  fc.assert(
    fc.property(
      fc.record({
        number: fc.integer({ min: 1, max: 60 }),
        transactions: fc.nat(200),
        sizeLow: fc.integer({ min: 1, max: 5000 }),
        biasRead: fc.integer({ min: -1, max: 10 }),
        biasCreate: fc.integer({ min: -1, max: 10 }),
        subdirectories: fc.nat(5),
        seed: fc.nat(),
        buffering: fc.boolean(),
        trim: fc.boolean(),
        commitEvery: fc.nat(50),
      }),
      (changes) => {
        const spec = { ...base, ...changes, sizeHigh: changes.sizeLow + 9000, startBytes: 2 ** 20 };
        const blockCount = largestBlockCount(spec) + 100;
        const fitting = { ...spec, spanBytes: blockCount * 4096 };
        fc.pre(postmarkAreas(fitting).dataBlockCount >= largestBlockCount(spec));
        const written = new Set<number>();
        for (const { operation, offset, length } of requests(fitting)) {
          expect(offset % 4096).toBe(0);
          expect(length % 4096).toBe(0);
          if (operation === 'sync') continue;
          expect(length).toBeGreaterThan(0);
          expect(offset).toBeGreaterThanOrEqual(2 ** 20);
          expect(offset + length).toBeLessThanOrEqual(2 ** 20 + fitting.spanBytes);
          for (let at = offset; at < offset + length; at += 4096) {
            if (operation === 'write') written.add(at);
            else expect(written.has(at)).toBe(true);
          }
        }
      },
    ),
    { seed: 8, numRuns: 60 },
  );
});

test('without buffering a file goes out in requests of the tool’s blocks, rounded up to the file system’s', () => {
  const large = { number: 20, transactions: 100, sizeLow: 100_000, sizeHigh: 300_000 };
  expect(Math.max(...requests({ ...large, buffering: false }).map((request) => request.length))).toBe(4096);
  expect(Math.max(...requests({ ...large, buffering: false, writeBlock: 9000 }).map((r) => r.length))).toBe(12_288);
  const buffered = requests(large);
  expect(Math.max(...buffered.filter((r) => r.operation === 'read').map((r) => r.length))).toBe(131_072);
  expect(Math.max(...buffered.filter((r) => r.operation === 'write').map((r) => r.length))).toBeGreaterThan(200_000);
  const sum = (list: PlainRequest[]): number => list.reduce((total, request) => total + request.length, 0);
  expect(sum(requests({ ...large, buffering: false }))).toBe(sum(buffered));
});

test('an append reads the partial last block before it writes from it', () => {
  const operations = Array.from(postmarkOperations({ ...base, number: 200 }), (operation) => ({ ...operation }));
  const at = operations.findIndex((operation) => operation.kind === 'append');
  const append = operations[at];
  // File 98 is created as the 98th write; it appears in the stream after the read and the delete of the first transaction.
  const stream = requests({ number: 200 });
  const reads = stream.findIndex(
    (request, index) => index > 200 && request.operation === 'read' && stream[index + 1]?.operation === 'write',
  );
  expect(append?.fileNumber).toBe(98);
  expect((append?.sizeBytes ?? 0) % 4096).not.toBe(0);
  expect(stream[reads]?.length).toBe(4096);
  expect(stream[reads + 1]?.offset).toBe(stream[reads]?.offset);
});

test('a commit writes metadata in ascending order ahead of the data, and syncs', () => {
  const spec = { number: 100, transactions: 100, commitEvery: 30, subdirectories: 4 };
  const stream = requests(spec);
  const { metadata } = postmarkAreas({ ...base, ...spec });
  const metadataEnd = (metadata?.blockCount ?? 0) * 4096;
  expect(stream.filter((request) => request.operation === 'sync')).toHaveLength(3);
  const sync = stream.findIndex((request) => request.operation === 'sync');
  const commit: PlainRequest[] = [];
  for (let at = sync - 1; (stream[at]?.offset ?? metadataEnd) < metadataEnd; at--) {
    const request = stream[at];
    if (request) commit.unshift(request);
  }
  expect(commit.length).toBeGreaterThan(0);
  expect(commit.every((request) => request.operation === 'write')).toBe(true);
  expect(commit.map((request) => request.offset)).toEqual(
    commit.map((request) => request.offset).sort((a, b) => a - b),
  );
  expect(
    stream
      .filter((r) => r.operation !== 'sync' && !commit.includes(r))
      .slice(0, 50)
      .every((r) => r.offset >= metadataEnd),
  ).toBe(true);
});

test('deletes trim exactly the blocks of the file where they are asked to', () => {
  const stream = requests({ number: 50, transactions: 0, trim: true });
  const sum = (operation: string): number =>
    stream.filter((r) => r.operation === operation).reduce((total, r) => total + r.length, 0);
  expect(sum('trim')).toBe(sum('write'));
  expect(requests({ number: 50, transactions: 0 }).some((request) => request.operation === 'trim')).toBe(false);
});
