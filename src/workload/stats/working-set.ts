import { Operation, type RequestBlock } from '../request.ts';
import { RegionTable } from './region-table.ts';

/** Grain of the working set: a page. */
export const pageBytes = 4096;
const regionPages = 512;
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
  readonly #pages: RegionTable;
  readonly #timed: boolean;
  #width: number;
  #columns = new Float64Array(maximumWindowCount * columnCount);
  /** By level, pages that were used in both halves of a window that is 2^level times as wide as now. */
  #repeated = Array.from({ length: Math.log2(maximumWindowCount) + 1 }, () => new Float64Array(maximumWindowCount));
  #window = 0;
  #last = 0;
  #requestNumber = 0;

  /** @param maximumBytes memory of the pages' windows: 512 bytes for each 2 MiB of the disk that are touched */
  constructor(timed: boolean, maximumBytes: number) {
    this.#timed = timed;
    this.#width = timed ? narrowest.us : narrowest.requests;
    this.#pages = new RegionTable(regionPages / 4, maximumBytes);
  }

  /** One over the share of the disk that is followed. */
  get weight(): number {
    return this.#pages.weight;
  }

  add({ count, operation, offsetBytes, lengthBytes, timeUs }: RequestBlock): void {
    for (let index = 0; index < count; index++) {
      const now = this.#timed ? ((timeUs as Float64Array)[index] as number) : this.#requestNumber;
      this.#requestNumber += 1;
      this.#enter(now);
      const kind = operation[index] as number;
      this.#count(columns.requests, 1);
      if (kind === Operation.sync) this.#count(columns.syncs, 1);
      if (kind > Operation.write) continue;
      const length = lengthBytes[index] as number;
      this.#count(kind === Operation.read ? columns.readBytes : columns.writeBytes, length);
      const offset = offsetBytes[index] as number;
      this.#use(Math.floor(offset / pageBytes), Math.floor((offset + length - 1) / pageBytes));
    }
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

  #enter(now: number): void {
    let window = Math.floor(now / this.#width);
    for (; window >= maximumWindowCount; window = Math.floor(now / this.#width)) this.#widen();
    this.#window = window;
    if (window > this.#last) this.#last = window;
  }

  #count(column: number, by: number): void {
    const at = this.#window * columnCount + column;
    this.#columns[at] = (this.#columns[at] as number) + by;
  }

  #use(first: number, last: number): void {
    const stamp = this.#window + 1;
    for (let page = first; page <= last; ) {
      const region = Math.floor(page / regionPages);
      const end = Math.min(last, region * regionPages + regionPages - 1);
      if (this.#pages.find(region)) this.#stamp(page - region * regionPages, end - region * regionPages, stamp);
      page = end + 1;
    }
  }

  /** Four pages to a word, a byte each: 0 for a page that was never used, else its window plus one. */
  #stamp(from: number, to: number, stamp: number): void {
    const { words, base, weight } = this.#pages;
    let fresh = 0;
    for (let page = from; page <= to; page++) {
      const at = base + (page >> 2);
      const shift = (page & 3) << 3;
      const word = words[at] as number;
      const before = (word >>> shift) & 0xff;
      if (before === stamp) continue;
      words[at] = word ^ ((before ^ stamp) << shift);
      fresh += 1;
      if (before === 0) continue;
      const level = 32 - Math.clz32((before - 1) ^ (stamp - 1));
      const repeated = this.#repeated[level] as Float64Array;
      const wide = (stamp - 1) >> level;
      repeated[wide] = (repeated[wide] as number) + weight;
    }
    if (fresh > 0) this.#count(columns.pages, fresh * weight);
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
    this.#pages.forEach((words, base) => {
      const stamps = new Uint8Array(words.buffer, 4 * base, regionPages);
      for (let page = 0; page < regionPages; page++) stamps[page] = ((stamps[page] as number) + 1) >> 1;
    });
  }
}
