import { levelCount, regionBits, UnitMap } from './unit-map.ts';

/** The smallest unit: what a guest's disk speaks. A request that is not of whole sectors touches those that it is in. */
export const sectorBytes = 512;

/** log2 of the largest unit that is counted, in sectors: 32 TiB. */
const largestLevel = 3 * regionBits;

/** Regions of the two coarser maps: 8 GiB (all of a disk of 64 TiB in 4 MiB of memory), and 32 TiB. */
const coarseMaximumBytes = 4 * 2 ** 20;

/**
 * How many units of a disk were touched, for every power of two from a sector to 32 TiB at the same time: clusters, what an
 * L2 slice maps, what an L2 table maps. Exact up to a bound of memory, beyond it an estimate for units up to 2 MiB, and for
 * greater ones from 64 TiB that are touched all over.
 */
export class DiskUnits {
  /** Of sectors, of 2 MiB and of 8 GiB. */
  readonly #maps: readonly [UnitMap, UnitMap, UnitMap];

  /** @param maximumBytes memory of the finest map; 512 bytes for each 2 MiB of the disk that are touched */
  constructor(maximumBytes: number) {
    this.#maps = [new UnitMap(maximumBytes), new UnitMap(coarseMaximumBytes), new UnitMap(coarseMaximumBytes)];
  }

  /** One over the share of the regions of 2 MiB that is followed; 1 where counts are exact. */
  get weight(): number {
    return this.#maps[0].weight;
  }

  /**
   * @param lengthBytes above 0
   * @returns log2, in sectors, of the greatest unit up to 2 MiB that was touched for the first time; -1 for none
   */
  add(offsetBytes: number, lengthBytes: number): number {
    const [fine, middle, coarse] = this.#maps;
    let first = Math.floor(offsetBytes / sectorBytes);
    let last = Math.floor((offsetBytes + lengthBytes - 1) / sectorBytes);
    const level = fine.add(first, last);
    // Where every region is followed and none was new, the coarser maps have all of this already.
    if (level < regionBits && fine.weight === 1) return level;
    const unit = 2 ** regionBits;
    first = Math.floor(first / unit);
    last = Math.floor(last / unit);
    middle.add(first, last);
    coarse.add(Math.floor(first / unit), Math.floor(last / unit));
    return level;
  }

  /** As {@link UnitMap.emptyLevel}, for the sector that holds a byte. */
  emptyLevel(offsetBytes: number): number {
    return this.#maps[0].emptyLevel(Math.floor(offsetBytes / sectorBytes));
  }

  /** @param unitBytes a power of two from 512 to 2^45 */
  count(unitBytes: number): number {
    const level = Math.log2(unitBytes / sectorBytes);
    if (!Number.isInteger(level) || level < 0 || level > largestLevel)
      throw new RangeError(`units of ${unitBytes} bytes are not counted`);
    const map = Math.min(this.#maps.length - 1, Math.floor(level / regionBits));
    return Math.round(this.#maps[map]?.touched[level - map * regionBits] ?? 0);
  }

  /** Standard error of the distinct bytes as a share of them; 0 where they are exact. */
  relativeError(): number {
    return this.#maps[0].relativeError();
  }
}

/** Unit sizes up to 2 MiB, ascending: 512 × 2^level. */
export const clusterSizes: readonly number[] = Array.from(
  { length: levelCount },
  (_, level) => sectorBytes * 2 ** level,
);
