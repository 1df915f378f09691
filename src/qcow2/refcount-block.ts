/**
 * Decodes one refcount block and hands over runs of equal refcounts other than 0.
 * @param bits width of an entry: 1, 2, 4, 8, 16, 32 or 64
 * @param run called with the first entry's index, how many entries, and their refcount; from 2^53 on that is rounded
 * @source QEMU docs/interop/qcow2.txt, "Refcount block entry": bits of one byte count from the least significant, wider
 * entries are big-endian
 */
export function decodeRefcountBlock(
  block: Uint8Array,
  bits: number,
  run: (first: number, count: number, refcount: number) => void,
): void {
  const read = entryReader(block, bits);
  const entryCount = (block.length * 8) / bits;
  let first = 0;
  let refcount = 0;
  for (let index = 0; index < entryCount; index++) {
    const value = read(index);
    if (value === refcount) continue;
    if (refcount !== 0) run(first, index - first, refcount);
    first = index;
    refcount = value;
  }
  if (refcount !== 0) run(first, entryCount - first, refcount);
}

function entryReader(block: Uint8Array, bits: number): (index: number) => number {
  const view = new DataView(block.buffer, block.byteOffset, block.length);
  if (bits === 64) return (index) => view.getUint32(index * 8) * 2 ** 32 + view.getUint32(index * 8 + 4);
  if (bits === 32) return (index) => view.getUint32(index * 4);
  if (bits === 16) return (index) => view.getUint16(index * 2);
  const mask = 2 ** bits - 1;
  const perByte = 8 / bits;
  return (index) => ((block[Math.floor(index / perByte)] as number) >> ((index % perByte) * bits)) & mask;
}
