import { expect, test } from 'vitest';
import { compressedPlace } from '../../src/qcow2/compressed-entry.ts';

/** The same by QEMU's formula: csize_shift = 62 − (cluster_bits − 8). */
function expected(entry: bigint, clusterBits: number) {
  const shift = BigInt(62 - (clusterBits - 8));
  const offset = entry & ((1n << shift) - 1n);
  const sectors = ((entry >> shift) & ((1n << BigInt(clusterBits - 8)) - 1n)) + 1n;
  return { offsetBytes: Number(offset), lengthBytes: Number(sectors * 512n - (offset & 511n)) };
}

test.each([9, 12, 14, 16, 20, 21])('fields of a compressed entry meet where they do in QEMU: 2^%d', (bits) => {
  const shift = BigInt(70 - bits);
  for (const low of [0n, 1n, 511n, 512n, 0x1234n, 0xffff_ffffn, 0x1_0000_0000n, (1n << shift) - 1n]) {
    for (const high of [0n, 1n, (1n << (62n - shift)) - 1n]) {
      const entry = (1n << 62n) | (high << shift) | low;
      const place = compressedPlace(Number(entry >> 32n), Number(entry & 0xffff_ffffn), bits);
      if (low < 2n ** 53n) expect(place).toEqual(expected(entry, bits));
      else expect(place.offsetBytes).toBeGreaterThanOrEqual(2 ** 53);
    }
  }
});

test('64 KiB clusters: an entry names 256 sectors at most', () => {
  expect(compressedPlace(0x7fc0_0000, 0x200, 16)).toEqual({ offsetBytes: 512, lengthBytes: 256 * 512 });
});
