import type { HostIoCounts } from '../engine.ts';
import type { TraceEvent } from './trace-event.ts';

type Kind = keyof HostIoCounts;

/** Length of the header that the driver reads first when it opens an image. @source QEMU block/qcow2.h, QCowHeader */
const headerBytes = 112;
/** @source QEMU include/block/block-common.h, BDRV_REQ_ZERO_WRITE */
const zeroWriteFlag = 0x2;
/** io_uring request types. @source QEMU include/block/raw-aio.h */
const flushType = 8;

/** What the trace says of one node that is neither the guest's disk nor the image file. */
interface NodeTally {
  reads: number;
  writes: number;
  zeros: number;
  /** A read of it was followed at once by a read of another such node: it is a format, not a file. */
  passesOn: boolean;
  readonly seek: SeekTally;
}

class SeekTally {
  #end = -1;
  #sumBytes = 0;
  #count = 0;

  add(event: TraceEvent): void {
    if (this.#end >= 0) {
      this.#sumBytes += Math.abs(event.offsetBytes - this.#end);
      this.#count++;
    }
    this.#end = event.offsetBytes + event.lengthBytes;
  }

  get meanBytes(): number | undefined {
    return this.#count === 0 ? undefined : this.#sumBytes / this.#count;
  }
}

/**
 * Tells from QEMU's trace events what each host I/O at the image's file node was for. Counting starts at the first zero-length
 * read, which the script begins with, so that opening is left out, and ends with the trace, after the close.
 *
 * Metadata is told by what precedes it: `qcow2_cache_get_read` stands directly before the read of a table, and each
 * `qcow2_cache_entry_flush` before the write of a dirty one, with the flush of the cache it depends on in between. The
 * table of each cache entry is remembered, so that a guest's write that comes in between is not taken for it. The L1 and
 * refcount tables are known from the opening. Memory depends on the size of QEMU's caches, not on the number of requests.
 *
 * Limits: discards have no trace event and are not counted; a refcount table that moved during the run counts as data.
 */
export class HostIoClassifier {
  readonly #clusterBytes: number;
  readonly #hasDataFile: boolean;
  readonly #counts = new Map<Kind, number>();
  readonly #others = new Map<string, NodeTally>();
  /** Nodes of files, as opposed to formats: their headers were read on opening, or io_uring serves them. */
  readonly #fileNodes = new Set<string>();
  readonly #seek = new SeekTally();
  /** Host offsets of cached tables by cache and entry. */
  readonly #tables = new Map<number, number>();
  #started = false;
  #guestNode = '';
  #imageNode = '';
  #openReads: TraceEvent[] = [];
  #pendingRead: TraceEvent | undefined;
  #pendingWrites: TraceEvent[] = [];
  #lastOther = '';

  constructor(options: { readonly clusterBytes: number; readonly hasDataFile: boolean }) {
    this.#clusterBytes = options.clusterBytes;
    this.#hasDataFile = options.hasDataFile;
  }

  /**
   * What follows is no more part of the opening, though no read of no length has said so. The guest's disk is then the first
   * node that something is asked of and that is no file.
   */
  openingEnded(): void {
    this.#started = true;
  }

  /** True once the first guest request was seen: the trace works. */
  get started(): boolean {
    return this.#started;
  }

  add(event: TraceEvent): void {
    if (!this.#started) {
      this.#opening(event);
      return;
    }
    switch (event.name) {
      case 'bdrv_co_preadv_part':
        this.#read(event);
        return;
      case 'bdrv_co_pwritev_part':
        if ((event.flags & zeroWriteFlag) === 0) this.#write(event);
        return;
      case 'bdrv_co_pwrite_zeroes':
        this.#zero(event);
        return;
      case 'qcow2_cache_get_read':
        this.#tables.delete(tableKey(event));
        this.#pendingRead = event;
        return;
      case 'qcow2_cache_entry_flush':
        this.#pendingWrites.push(event);
        return;
      case 'luring_co_submit':
        this.#fileNodes.add(event.node);
        if (event.type === flushType) this.#count('sync');
        return;
    }
  }

  /** The counts, and the mean distance between data I/Os in the file that holds the data. */
  result(): { readonly counts: HostIoCounts; readonly seekBytes: number | undefined } {
    let seek = this.#seek;
    for (const [node, tally] of this.#others) {
      if (this.#hasDataFile && tally.writes + tally.zeros > 0) {
        this.#count('dataRead', tally.reads);
        this.#count('dataWrite', tally.writes);
        this.#count('zero', tally.zeros);
        seek = tally.seek;
      } else if (this.#isFile(node, tally)) {
        this.#count('backingRead', tally.reads);
      }
    }
    return { counts: Object.fromEntries(this.#counts), seekBytes: seek.meanBytes };
  }

  /** Where io_uring tells the files, a node that it never served is a format; elsewhere one that passes its reads on. */
  #isFile(node: string, tally: NodeTally): boolean {
    return this.#fileNodes.has(node) || (!this.#fileNodes.has(this.#imageNode) && !tally.passesOn);
  }

  #isGuest({ node }: TraceEvent): boolean {
    if (this.#guestNode === '' && node !== this.#imageNode && !this.#fileNodes.has(node)) this.#guestNode = node;
    return node === this.#guestNode;
  }

  #opening(event: TraceEvent): void {
    if (event.name !== 'bdrv_co_preadv_part') return;
    if (event.lengthBytes === 0) {
      this.#started = true;
      this.#guestNode = event.node;
      return;
    }
    if (this.#imageNode === '') this.#imageNode = event.node;
    if (event.node === this.#imageNode) {
      if (this.#openReads.length < 3) this.#openReads.push(event);
    } else if (event.offsetBytes === 0 && event.lengthBytes === headerBytes) {
      this.#fileNodes.add(event.node);
    }
  }

  #read(event: TraceEvent): void {
    if (this.#isGuest(event)) return;
    const cached = this.#pendingRead;
    this.#pendingRead = undefined;
    if (event.node !== this.#imageNode) {
      const tally = this.#other(event.node);
      tally.reads++;
      tally.seek.add(event);
      if (this.#lastOther !== '' && this.#lastOther !== event.node) this.#other(this.#lastOther).passesOn = true;
      this.#lastOther = event.node;
      return;
    }
    this.#lastOther = '';
    if (cached) {
      this.#tables.set(tableKey(cached), event.offsetBytes);
      this.#count(cached.isL2 ? 'l2Read' : 'refcountRead');
    } else if (this.#hasDataFile || event.offsetBytes < this.#clusterBytes || this.#openedTable(event) !== undefined) {
      this.#count('otherRead');
    } else {
      this.#count('dataRead');
      this.#seek.add(event);
    }
  }

  #write(event: TraceEvent): void {
    if (this.#isGuest(event)) return;
    this.#pendingRead = undefined;
    this.#lastOther = '';
    if (event.node !== this.#imageNode) {
      const tally = this.#other(event.node);
      tally.writes++;
      tally.seek.add(event);
      return;
    }
    const table = this.#openedTable(event);
    if (table !== undefined) {
      this.#count(table === 'l1' ? 'l1Write' : 'otherWrite');
      return;
    }
    const flushed = this.#takePendingWrite(event);
    if (flushed) {
      this.#count(flushed.isL2 ? 'l2Write' : 'refcountWrite');
    } else if (this.#hasDataFile || event.offsetBytes < this.#clusterBytes) {
      this.#count('otherWrite');
    } else {
      this.#count('dataWrite');
      this.#seek.add(event);
    }
  }

  #zero(event: TraceEvent): void {
    if (this.#isGuest(event)) return;
    if (event.node === this.#imageNode) this.#count('zero');
    else this.#other(event.node).zeros++;
  }

  /** The dirty table that a write carries: the one known to lie there, else the latest whose place is not known. */
  #takePendingWrite(event: TraceEvent): TraceEvent | undefined {
    const known = this.#pendingWrites.findLastIndex((table) => this.#tables.get(tableKey(table)) === event.offsetBytes);
    const at =
      known >= 0
        ? known
        : this.#pendingWrites.findLastIndex((table) => {
            const fits = table.isL2
              ? event.lengthBytes <= this.#clusterBytes
              : event.lengthBytes === this.#clusterBytes;
            return fits && !this.#tables.has(tableKey(table));
          });
    const [table] = at < 0 ? [] : this.#pendingWrites.splice(at, 1);
    if (table) this.#tables.set(tableKey(table), event.offsetBytes);
    return table;
  }

  /** After the header the driver reads the L1 table, then the refcount table. */
  #openedTable(event: TraceEvent): 'l1' | 'refcount-table' | undefined {
    const within = (read: TraceEvent | undefined): boolean =>
      read !== undefined &&
      event.offsetBytes >= read.offsetBytes &&
      event.offsetBytes < read.offsetBytes + read.lengthBytes;
    if (within(this.#openReads[1])) return 'l1';
    return within(this.#openReads[2]) ? 'refcount-table' : undefined;
  }

  #other(node: string): NodeTally {
    const known = this.#others.get(node);
    if (known) return known;
    const tally: NodeTally = { reads: 0, writes: 0, zeros: 0, passesOn: false, seek: new SeekTally() };
    this.#others.set(node, tally);
    return tally;
  }

  #count(kind: Kind, by = 1): void {
    if (by > 0) this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + by);
  }
}

/** One number for an entry of one of the two caches. */
function tableKey(event: TraceEvent): number {
  return event.index * 2 + (event.isL2 ? 1 : 0);
}
