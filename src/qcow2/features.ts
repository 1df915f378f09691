/**
 * Feature bits of a version 3 header.
 * @source QEMU docs/interop/qcow2.txt, "Header": incompatible_features, compatible_features, autoclear_features
 */

/** Incompatible: a program that does not know one of these must not open the image. */
export const incompatible = { dirty: 1n, corrupt: 2n, dataFile: 4n, compressionType: 8n, extendedL2: 16n } as const;
/** Compatible: may be ignored. */
export const compatible = { lazyRefcounts: 1n } as const;
/** Autoclear: a program that does not know one clears it before it writes. */
export const autoclear = { bitmaps: 1n, rawDataFile: 2n } as const;

const knownIncompatible = 31n;

/** Numbers of the incompatible bits that nobody knows, in order. */
export function unknownIncompatibleBits(features: bigint): readonly number[] {
  const bits: number[] = [];
  for (let bit = 0; bit < 64; bit++) {
    if (((features & ~knownIncompatible) >> BigInt(bit)) & 1n) bits.push(bit);
  }
  return bits;
}
