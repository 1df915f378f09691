import { blockBytes, largestRequestBytes, readAheadPageCount } from './parameters.ts';

/** Pages to bring in, and the one among them whose use starts the next read-ahead; −1 for none. */
export interface ReadWindow {
  readonly first: number;
  readonly count: number;
  readonly marked: number;
}

/**
 * Linux's on-demand read-ahead of one open file. Reading on from the last byte opens a window that grows to 128 KiB; a
 * page that begins nothing is read alone; pages that are cached in front of the wanted one are taken for an older stream.
 *
 * @source Linux, mm/readahead.c: page_cache_sync_ra as of 6.18, page_cache_async_ra by ondemand_readahead as of 5.18,
 *   get_init_ra_size and get_next_ra_size
 */
export class ReadAhead {
  #start = 0;
  #size = 0;
  #asyncSize = 0;
  /** Where the last read ended, bytes; −1 after open. */
  #previousEnd = -1;

  /** The end of a read call. */
  ended(atBytes: number): void {
    this.#previousEnd = atBytes;
  }

  /** The wanted page is not cached. @param wanted pages from it to the end of the call */
  missed(page: number, wanted: number, isCached: (page: number) => boolean): ReadWindow {
    const limit = windowLimit(wanted);
    const previous = this.#previousEnd === -1 ? Number.NEGATIVE_INFINITY : Math.floor(this.#previousEnd / blockBytes);
    const step = page - previous;
    if (page === 0 || wanted > limit || step === 0 || step === 1) {
      this.#start = page;
      this.#size = initialSize(wanted, limit);
      this.#asyncSize = this.#size > wanted ? this.#size - wanted : this.#size >> 1;
      return this.#window();
    }
    let history = 0;
    while (history < limit && page - 1 - history >= 0 && isCached(page - 1 - history)) history += 1;
    if (history <= wanted) return { first: page, count: wanted, marked: -1 };
    const isFromStart = history === page;
    this.#start = page;
    this.#size = Math.min((isFromStart ? 2 * history : history) + wanted, limit);
    this.#asyncSize = 1;
    return this.#window();
  }

  /** A marked page is used. */
  reached(page: number, wanted: number, isCached: (page: number) => boolean): ReadWindow | undefined {
    const limit = windowLimit(wanted);
    if (page === this.#start + this.#size - this.#asyncSize) {
      this.#start += this.#size;
      this.#size = nextSize(this.#size, limit);
    } else {
      let start = page + 1;
      while (start - page <= limit && isCached(start)) start += 1;
      if (start - page > limit) return undefined;
      this.#start = start;
      this.#size = nextSize(start - page + wanted, limit);
    }
    this.#asyncSize = this.#size;
    return this.#window();
  }

  #window(): ReadWindow {
    return { first: this.#start, count: this.#size, marked: this.#start + this.#size - this.#asyncSize };
  }
}

function windowLimit(wanted: number): number {
  return wanted > readAheadPageCount ? Math.min(wanted, largestRequestBytes / blockBytes) : readAheadPageCount;
}

function initialSize(wanted: number, limit: number): number {
  let size = 1;
  while (size < wanted) size *= 2;
  if (size <= limit / 32) return size * 4;
  return size <= limit / 4 ? size * 2 : limit;
}

function nextSize(size: number, limit: number): number {
  if (size < limit / 16) return 4 * size;
  return size <= limit / 2 ? 2 * size : limit;
}
