import { Operation } from '../request.ts';
import { diskRegionBytes } from './disk-units.ts';
import type { RegionTable } from './region-table.ts';

/** Grain of the working set: a page. */
export const pageBytes = 4096;
const pageShift = 12;
const regionPages = diskRegionBytes / pageBytes;
/** Words that the pages of a region take: a byte each. */
export const pageWords = regionPages / 4;
/** Windows at most; when there are more, each two become one. */
const maximumWindowCount = 64;
/** The narrowest windows: of a trace, microseconds; of a workload without times, requests. */
const narrowest = { us: 1000, requests: 64 };

/** What was going on in one stretch of a workload. */
export interface WorkloadWindow {
  /** Its start: milliseconds since the first request, or null where requests have no times. */
  readonly startMs: number | null;
  /** The number of its first request, from 0; of the next that comes where it has none. */
  readonly firstRequest: number;
  readonly requestCount: number;
  readonly readBytes: number;
  readonly writeBytes: number;
  readonly syncCount: number;
  /** Distinct bytes read or written in it, in pages of 4 KiB. */
  readonly workingSetBytes: number;
}

/** All windows of a workload, of one width but for the end. */
export interface WorkloadWindows {
  /** Null where windows are of so many requests. */
  readonly widthMs: number | null;
  readonly widthRequestCount: number | null;
  readonly list: readonly WorkloadWindow[];
}

/** Columns of one window. */
const columns = { requests: 0, readBytes: 1, writeBytes: 2, syncs: 3, pages: 4 } as const;
const columnCount = 5;

/**
 * The working set over time, for a workload of any length in windows that widen as it goes on. Every page keeps the window of its
 * last use in a byte. A page that comes back in a later window would be counted twice when the two become one, so it is
 * noted at the width at which they do.
 */
export class WorkingSet {
  readonly #table: RegionTable;
  readonly #firstWord: number;
  readonly #timed: boolean;
  #width: number;
  #columns = new Float64Array(maximumWindowCount * columnCount);
  /** By level, pages that were used in both halves of a window that is 2^level times as wide as now. */
  #repeated = Array.from({ length: Math.log2(maximumWindowCount) + 1 }, () => new Float64Array(maximumWindowCount));
  #window = 0;
  #last = 0;
  #requestNumber = 0;

  /** @param table of regions of 2 MiB @param firstWord where in its records the pages lie, in {@link pageWords} words */
  constructor(timed: boolean, table: RegionTable, firstWord: number) {
    this.#timed = timed;
    this.#width = timed ? narrowest.us : narrowest.requests;
    this.#table = table;
    this.#firstWord = firstWord;
  }

  /** The next request begins. @param timeUs microseconds since the first; passed over where requests have no times */
  enter(operation: number, lengthBytes: number, timeUs: number): void {
    const now = this.#timed ? timeUs : this.#requestNumber;
    this.#requestNumber += 1;
    let window = Math.floor(now / this.#width);
    for (; window >= maximumWindowCount; window = Math.floor(now / this.#width)) this.#widen();
    this.#window = window;
    if (window > this.#last) this.#last = window;
    this.#count(columns.requests, 1);
    if (operation === Operation.read) this.#count(columns.readBytes, lengthBytes);
    else if (operation === Operation.write) this.#count(columns.writeBytes, lengthBytes);
    else if (operation === Operation.sync) this.#count(columns.syncs, 1);
  }

  /** The request uses bytes of the region that the table found last. @param to behind the last byte */
  use(from: number, to: number): void {
    const { words, weight } = this.#table;
    const base = this.#table.base + this.#firstWord;
    const stamp = this.#window + 1;
    const stamps = stamp * 0x0101_0101;
    const last = (to - 1) >>> pageShift;
    let fresh = 0;
    // Four pages to a word, a byte each: 0 for a page that was never used, else its window plus one.
    for (let page = from >>> pageShift; page <= last; ) {
      const at = base + (page >>> 2);
      const word = words[at] as number;
      const low = page & 3;
      const high = last >>> 2 === page >>> 2 ? last & 3 : 3;
      const mask = (-1 >>> (24 - 8 * high + 8 * low)) << (8 * low);
      page += high - low + 1;
      const before = word & mask;
      if (before === (stamps & mask)) continue;
      words[at] = (word & ~mask) | (stamps & mask);
      fresh += before === 0 ? high - low + 1 : this.#comeBack(before, low, high, stamp, weight);
    }
    if (fresh > 0) this.#count(columns.pages, fresh * weight);
  }

  windows(): WorkloadWindows {
    const list: WorkloadWindow[] = [];
    let firstRequest = 0;
    for (let window = 0; window <= this.#last; window++) {
      const at = (column: number): number => this.#columns[window * columnCount + column] as number;
      list.push({
        startMs: this.#timed ? (window * this.#width) / 1000 : null,
        firstRequest,
        requestCount: at(columns.requests),
        readBytes: at(columns.readBytes),
        writeBytes: at(columns.writeBytes),
        syncCount: at(columns.syncs),
        workingSetBytes: Math.round(at(columns.pages)) * pageBytes,
      });
      firstRequest += at(columns.requests);
    }
    return {
      widthMs: this.#timed ? this.#width / 1000 : null,
      widthRequestCount: this.#timed ? null : this.#width,
      list: this.#requestNumber === 0 ? [] : list,
    };
  }

  #count(column: number, by: number): void {
    const at = this.#window * columnCount + column;
    this.#columns[at] = (this.#columns[at] as number) + by;
  }

  /** @param before the pages' windows, in the bytes `low` to `high` @returns how many are new to this window */
  #comeBack(before: number, low: number, high: number, stamp: number, weight: number): number {
    let fresh = 0;
    for (let byte = low; byte <= high; byte++) {
      const earlier = (before >>> (8 * byte)) & 0xff;
      if (earlier === stamp) continue;
      fresh += 1;
      if (earlier === 0) continue;
      const level = 32 - Math.clz32((earlier - 1) ^ (stamp - 1));
      const repeated = this.#repeated[level] as Float64Array;
      const wide = (stamp - 1) >> level;
      repeated[wide] = (repeated[wide] as number) + weight;
    }
    return fresh;
  }

  /** Makes one of each two windows. */
  #widen(): void {
    const [sums, repeated] = [this.#columns, this.#repeated[1] as Float64Array];
    const wide = new Float64Array(sums.length);
    for (let window = 0; window < maximumWindowCount; window++) {
      for (let column = 0; column < columnCount; column++) {
        const at = (window >> 1) * columnCount + column;
        wide[at] = (wide[at] as number) + (sums[window * columnCount + column] as number);
      }
    }
    for (let window = 0; window < maximumWindowCount / 2; window++) {
      const at = window * columnCount + columns.pages;
      wide[at] = (wide[at] as number) - (repeated[window] as number);
    }
    this.#columns = wide;
    this.#repeated = [new Float64Array(0), ...this.#repeated.slice(2), new Float64Array(maximumWindowCount)];
    this.#width *= 2;
    this.#last >>= 1;
    this.#table.forEach((words, base) => {
      const stamps = new Uint8Array(words.buffer, 4 * (base + this.#firstWord), regionPages);
      for (let page = 0; page < regionPages; page++) stamps[page] = ((stamps[page] as number) + 1) >> 1;
    });
  }
}
