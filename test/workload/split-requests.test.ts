import { expect, test } from 'vitest';
import { longestRequestBytes, Operation } from '../../src/workload/request.ts';
import { RequestStore } from '../../src/workload/request-store.ts';
import { pieceCount, splitLongRequests } from '../../src/workload/split-requests.ts';

type Row = readonly [operation: Operation, offsetBytes: number, lengthBytes: number, timeUs: number];

function rowsOf(store: RequestStore): { readonly rows: readonly Row[]; readonly additionalPieceCount: number } {
  const requests = store.finish(true);
  const rows: Row[] = [];
  for (const block of splitLongRequests(requests.blocks())) {
    for (let index = 0; index < block.count; index++) {
      const at = (column: ArrayLike<number> | undefined): number => column?.[index] as number;
      rows.push([at(block.operation) as Operation, at(block.offsetBytes), at(block.lengthBytes), at(block.timeUs)]);
    }
  }
  return { rows, additionalPieceCount: requests.additionalPieceCount };
}

test('a request is cut where a disk of QEMU takes no more', () => {
  expect([0, 1, longestRequestBytes, longestRequestBytes + 1, 2 ** 32].map(pieceCount)).toEqual([1, 1, 1, 2, 3]);
});

test('pieces lie behind each other and have the time of the whole; what is short stays', () => {
  const store = new RequestStore();
  store.push(Operation.sync, 0, 0, 5);
  store.push(Operation.trim, 512, 2 ** 31, 7);
  store.push(Operation.write, 4096, 4096, 9);
  expect(rowsOf(store)).toEqual({
    rows: [
      [Operation.sync, 0, 0, 5],
      [Operation.trim, 512, longestRequestBytes, 7],
      [Operation.trim, 512 + longestRequestBytes, 512, 7],
      [Operation.write, 4096, 4096, 9],
    ],
    additionalPieceCount: 1,
  });
});

test('blocks that pieces make overflow lose nothing', () => {
  const store = new RequestStore();
  for (let index = 0; index < 5000; index++) store.push(Operation.trim, index * 2 ** 33, 2 ** 32, index);
  const { rows, additionalPieceCount } = rowsOf(store);
  expect(rows).toHaveLength(15_000);
  expect(additionalPieceCount).toBe(10_000);
  expect(rows.reduce((sum, [, , length]) => sum + length, 0)).toBe(5000 * 2 ** 32);
  expect(rows.at(-1)).toEqual([Operation.trim, 4999 * 2 ** 33 + 2 * longestRequestBytes, 1024, 4999]);
});
