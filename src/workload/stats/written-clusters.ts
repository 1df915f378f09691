import { Operation, type RequestBlock } from '../request.ts';
import { clusterSizes, DiskUnits } from './disk-units.ts';
import { levelCount } from './unit-map.ts';

const regionBytes = clusterSizes.at(-1) ?? 0;

/**
 * What writes into an image without any cluster of its own have to allocate, and to copy from a backing file that covers
 * the disk, for every cluster size at once. Trims give nothing back: that is `discard=ignore`, QEMU's default.
 */
export class WrittenClusters {
  readonly units: DiskUnits;
  readonly #diskBytes: number;
  /** Writes by the greatest level of which they touch a group first; the last entry is those that touch none first. */
  readonly #firstTouches = new Float64Array(levelCount + 1);
  readonly #copiedBytes = new Float64Array(levelCount);

  /** @param maximumBytes as of {@link DiskUnits} */
  constructor(diskBytes: number, maximumBytes: number) {
    this.#diskBytes = diskBytes;
    this.units = new DiskUnits(maximumBytes);
  }

  add({ count, operation, offsetBytes, lengthBytes }: RequestBlock): void {
    for (let index = 0; index < count; index++) {
      if (operation[index] !== Operation.write) continue;
      this.#write(offsetBytes[index] as number, lengthBytes[index] as number);
    }
  }

  /** Writes that touch a cluster of 512 × 2^level bytes that none before them touched. */
  allocatingWriteCount(level: number): number {
    let sum = 0;
    for (let at = level; at < levelCount; at++) sum += this.#firstTouches[at] as number;
    return Math.round(sum);
  }

  /** Bytes that are copied because a write covers only part of a cluster of 512 × 2^level bytes that it touches first. */
  copiedBytes(level: number): number {
    return Math.round(this.#copiedBytes[level] ?? 0);
  }

  #write(offset: number, length: number): void {
    const { units } = this;
    const end = offset + length;
    const copied = this.#copiedBytes;
    const head = units.emptyLevel(offset);
    const headWeight = units.weight;
    const tail = units.emptyLevel(end - 1);
    const tailWeight = units.weight;
    // 2^32 is a multiple of every cluster size, so the low bits are enough.
    const [offsetBits, endBits] = [offset | 0, end | 0];
    for (let level = 0; level <= head; level++) {
      const before = offsetBits & ((clusterSizes[level] as number) - 1);
      copied[level] = (copied[level] as number) + headWeight * before;
    }
    const left = this.#diskBytes - end;
    for (let level = 0; level <= tail; level++) {
      const clusterBytes = clusterSizes[level] as number;
      const behind = -endBits & (clusterBytes - 1);
      copied[level] = (copied[level] as number) + tailWeight * (left < regionBytes ? Math.min(behind, left) : behind);
    }
    const level = units.add(offset, length);
    const at = level < 0 ? levelCount : level;
    this.#firstTouches[at] = (this.#firstTouches[at] as number) + (level < 0 ? 1 : units.weight);
  }
}
