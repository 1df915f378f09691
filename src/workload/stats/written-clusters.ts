import { clusterSizes, type DiskUnits, diskRegionBytes } from './disk-units.ts';
import type { RegionTable } from './region-table.ts';
import { levelCount } from './unit-map.ts';

/**
 * What writes into an image without any cluster of its own have to allocate, and to copy from a backing file that covers
 * the disk, for every cluster size at once. Trims give nothing back: that is `discard=ignore`, QEMU's default.
 */
export class WrittenClusters {
  readonly units: DiskUnits;
  readonly #table: RegionTable;
  readonly #diskBytes: number;
  /** Writes by the greatest level of which they touch a group first. */
  readonly #firstTouches = new Float64Array(levelCount);
  readonly #copiedBytes = new Float64Array(levelCount);

  constructor(diskBytes: number, table: RegionTable, units: DiskUnits) {
    this.#diskBytes = diskBytes;
    this.#table = table;
    this.units = units;
  }

  /** Writes to a part of one region; see {@link DiskUnits.mark}. */
  mark(region: number, followed: boolean, from: number, to: number): number {
    if (followed) this.#copy(from, to, this.#diskBytes - region * diskRegionBytes);
    return this.units.mark(region, followed, from, to);
  }

  /**
   * A write has touched all of its regions.
   * @param level the greatest that {@link mark} gave for one of them @param regionCount how many they are
   */
  end(level: number, regionCount: number): void {
    if (level < 0) return;
    // It was seen because at least one of its regions is followed.
    const chance = 1 - (1 - 1 / this.#table.weight) ** regionCount;
    this.#firstTouches[level] = (this.#firstTouches[level] as number) + 1 / chance;
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

  /** Clusters in front of and behind the part are whole where it begins or ends with the region. */
  #copy(from: number, to: number, diskEnd: number): void {
    const copied = this.#copiedBytes;
    const { weight } = this.#table;
    const head = from === 0 ? -1 : this.units.emptyLevel(from);
    for (let level = 0; level <= head; level++) {
      const before = from & ((clusterSizes[level] as number) - 1);
      copied[level] = (copied[level] as number) + weight * before;
    }
    const tail = to === diskRegionBytes ? -1 : this.units.emptyLevel(to - 1);
    for (let level = 0; level <= tail; level++) {
      const behind = -to & ((clusterSizes[level] as number) - 1);
      copied[level] = (copied[level] as number) + weight * Math.min(behind, diskEnd - to);
    }
  }
}
