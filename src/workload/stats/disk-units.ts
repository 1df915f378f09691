import type { RegionTable } from './region-table.ts';
import { levelCount, regionBits, UnitBits, UnitMap } from './unit-map.ts';

/** The smallest unit: what a guest's disk speaks. A request that is not of whole sectors touches those that it is in. */
export const sectorBytes = 512;
const sectorShift = 9;

/** The regions of a disk: 2 MiB, the largest cluster. */
export const diskRegionBytes = sectorBytes * 2 ** regionBits;

/** log2 of the largest unit that is counted, in sectors: 32 TiB. */
const largestLevel = 3 * regionBits;

/** Regions of the two coarser maps: 8 GiB (all of a disk of 64 TiB in 4 MiB of memory), and 32 TiB. */
const coarseMaximumBytes = 4 * 2 ** 20;

/**
 * How many units of a disk were touched, for every power of two from a sector to 32 TiB at the same time: clusters, what an
 * L2 slice maps, what an L2 table maps. Units up to 2 MiB are estimates where the table follows a sample of the regions; greater ones
 * are exact on the first 64 TiB that are touched.
 */
export class DiskUnits {
  readonly #table: RegionTable;
  readonly #fine: UnitBits;
  /** Of units of 2 MiB and of 8 GiB. */
  readonly #middle = new UnitMap(coarseMaximumBytes);
  readonly #coarse = new UnitMap(coarseMaximumBytes);

  /** @param table of regions of {@link diskRegionBytes} @param firstWord where the bits lie in its records */
  constructor(table: RegionTable, firstWord: number) {
    this.#table = table;
    this.#fine = new UnitBits(table, firstWord);
  }

  /**
   * Touches bytes of one region.
   * @param followed whether the table has just found the region
   * @param from offset in the region @param to behind the last byte, at most 2 MiB
   * @returns log2, in sectors, of the greatest unit up to 2 MiB that was touched for the first time; -1 for none
   */
  mark(region: number, followed: boolean, from: number, to: number): number {
    const level = followed ? this.#fine.mark(from >>> sectorShift, (to - 1) >>> sectorShift) : -1;
    // Where every region is followed and this is not new, the coarser maps have it already.
    if (level === regionBits || this.#table.weight > 1) {
      this.#middle.add(region);
      this.#coarse.add(Math.floor(region / 2 ** regionBits));
    }
    return level;
  }

  /** As {@link UnitBits.emptyLevel}, for the sector of a byte of the region that was found last. */
  emptyLevel(at: number): number {
    return this.#fine.emptyLevel(at >>> sectorShift);
  }

  /** @param unitBytes a power of two from 512 to 2^45 */
  count(unitBytes: number): number {
    const level = Math.log2(unitBytes / sectorBytes);
    if (!Number.isInteger(level) || level < 0 || level > largestLevel)
      throw new RangeError(`units of ${unitBytes} bytes are not counted`);
    const maps = [this.#fine, this.#middle, this.#coarse];
    const map = Math.min(maps.length - 1, Math.floor(level / regionBits));
    return Math.round(maps[map]?.touched[level - map * regionBits] ?? 0);
  }

  /** Standard error of the distinct bytes as a share of them; 0 where they are exact. */
  relativeError(): number {
    return this.#fine.relativeError();
  }
}

/** Unit sizes up to 2 MiB, ascending: 512 × 2^level. */
export const clusterSizes: readonly number[] = Array.from(
  { length: levelCount },
  (_, level) => sectorBytes * 2 ** level,
);
