/** A whole number of 64 bits without a BigInt for each; above 2^53 the nearest double, which is refused as an offset. */
export function uint64(view: DataView, at: number, littleEndian: boolean): number {
  const low = view.getUint32(littleEndian ? at : at + 4, littleEndian);
  const high = view.getUint32(littleEndian ? at + 4 : at, littleEndian);
  return high * 2 ** 32 + low;
}
