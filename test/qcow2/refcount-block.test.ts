import { expect, test } from 'vitest';
import { decodeRefcountBlock } from '../../src/qcow2/refcount-block.ts';
import { Random } from '../../src/workload/random.ts';

/** Writes refcounts one by one, by the format's text: below 8 bits from the least significant bit, above big-endian. */
function encode(refcounts: readonly number[], bits: number): Buffer {
  const block = Buffer.alloc((refcounts.length * bits) / 8);
  for (const [index, value] of refcounts.entries()) {
    if (bits < 8) {
      const at = Math.floor((index * bits) / 8);
      block.writeUInt8(block.readUInt8(at) | (value << ((index * bits) % 8)), at);
    } else if (bits === 64) block.writeBigUInt64BE(BigInt(value), index * 8);
    else block.writeUIntBE(value, (index * bits) / 8, bits / 8);
  }
  return block;
}

function decode(block: Buffer, bits: number): number[] {
  const refcounts: number[] = new Array((block.length * 8) / bits).fill(0);
  let last = -1;
  decodeRefcountBlock(block, bits, (first, count, refcount) => {
    expect(first).toBeGreaterThan(last);
    expect(refcount).toBeGreaterThan(0);
    refcounts.fill(refcount, first, first + count);
    last = first + count - 1;
  });
  return refcounts;
}

test.each([1, 2, 4, 8, 16, 32, 64])('refcounts of %d bits come back as they were written', (bits) => {
  const random = new Random(bits);
  const largest = Math.min(2 ** bits, 2 ** 32);
  const refcounts: number[] = [];
  while (refcounts.length < 512) {
    const value = random.below(3) === 0 ? 0 : random.below(largest);
    for (let times = random.below(9); times >= 0 && refcounts.length < 512; times--) refcounts.push(value);
  }
  expect(decode(encode(refcounts, bits), bits)).toEqual(refcounts);
  const full = new Array(64).fill(largest - 1);
  expect(decode(encode(full, bits), bits)).toEqual(full);
});

test('a block of one value is one run, an empty one none', () => {
  const runs: number[][] = [];
  decodeRefcountBlock(encode(new Array(4096).fill(1), 16), 16, (...run) => runs.push(run));
  decodeRefcountBlock(Buffer.alloc(4096), 16, (...run) => runs.push(run));
  expect(runs).toEqual([[0, 4096, 1]]);
});
