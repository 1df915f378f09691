import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { RecordedRequests } from '../../src/workload/recorded-requests.ts';
import type { Operation } from '../../src/workload/request.ts';
import { RequestStore } from '../../src/workload/request-store.ts';

const whole = Number.POSITIVE_INFINITY;

/** Pushes requests that are told apart by their number. */
function filled(count: number, inMemoryCount: number): RequestStore {
  const store = new RequestStore(inMemoryCount);
  for (let index = 0; index < count; index++) {
    store.push((index % 4) as Operation, index * 7, 1 + (index % 97), index * 1.5);
  }
  return store;
}

function rows(requests: RecordedRequests): number[][] {
  const list: number[][] = [];
  for (const { count, operation, offsetBytes, lengthBytes, timeUs } of requests.blocks()) {
    for (let index = 0; index < count; index++) {
      list.push([operation[index], offsetBytes[index], lengthBytes[index], timeUs?.[index]].map(Number));
    }
  }
  return list;
}

test('requests come back in order, from memory or from a file', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 30_000 }), fc.constantFrom(0, 4096, 8192, whole), (count, inMemoryCount) => {
      const requests = filled(count, inMemoryCount).finish(true);
      expect(requests.count).toBe(count);
      const list = rows(requests);
      expect(list).toHaveLength(count);
      expect(
        list.every(([operation, offset, length, time], index) => {
          return operation === index % 4 && offset === index * 7 && length === 1 + (index % 97) && time === index * 1.5;
        }),
      ).toBe(true);
      expect(requests.endBytes).toBe(Math.max(...list.map(([, offset = 0, length = 0]) => offset + length)));
    }),
    { numRuns: 25 },
  );
});

test('two passes at once do not disturb each other', () => {
  for (const inMemoryCount of [0, whole]) {
    const requests = filled(20_000, inMemoryCount).finish(true);
    const [first, second] = [requests.blocks()[Symbol.iterator](), requests.blocks()[Symbol.iterator]()];
    for (let block = 0; block < 3; block++) {
      const left = first.next().value?.offsetBytes[0];
      const right = second.next().value?.offsetBytes[0];
      expect([left, right]).toEqual([block * 4096 * 7, block * 4096 * 7]);
    }
  }
});

test('moved requests have the hash of what they became, and stay where they are in the store', () => {
  for (const inMemoryCount of [0, 8192, whole]) {
    const moved = filled(20_000, inMemoryCount).finish(true, (block) => {
      for (let index = 0; index < block.count; index++) block.offsetBytes[index] = 2 * Number(block.offsetBytes[index]);
    });
    const store = new RequestStore();
    for (let index = 0; index < 20_000; index++) store.push((index % 4) as Operation, index * 14, 1 + (index % 97), 0);
    const expected = store.finish(false);
    expect([moved.hash, moved.endBytes]).toEqual([expected.hash, expected.endBytes]);
    // Twice: a pass must not move what the next one finds.
    for (const pass of [1, 2]) expect(rows(moved)[19_999]?.[1], `pass ${pass}`).toBe(19_999 * 14);
  }
});

test('what a recording is', () => {
  const reads = new RequestStore();
  reads.push(0, 4096, 512, 0);
  reads.push(3, 0, 0, 2500);
  expect(reads.finish(true)).toMatchObject({
    count: 2,
    endBytes: 4608,
    isTimed: true,
    durationMs: 2.5,
    readsOnly: true,
  });
  const trims = new RequestStore();
  trims.push(2, 0, 512, 2600);
  expect(trims.finish(false)).toMatchObject({ isTimed: false, durationMs: 0, readsOnly: false });
});
