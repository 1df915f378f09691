import {
  BLOCK_HOLE,
  FILE_IMAGE,
  FOR_COPY_ON_WRITE,
  FOR_DATA,
  FOR_HEADER,
  FOR_L1,
  FOR_L2,
  FOR_NONE,
  FOR_REFCOUNT,
  FOR_REFCOUNT_TABLE,
  HOST_READ,
  HOST_SYNC,
  HOST_WRITE,
  HOST_ZERO,
  type HostIoSink,
} from '../../driver/host-io.ts';

/**
 * The trace events that tell what a host I/O is for; the first one only shows that there are events at all.
 * @source QEMU block/trace-events and trace-events, the same in 7.2, 10.0 and 11.1
 */
export const labellingEvents = [
  'bdrv_open_common',
  'qcow2_cache_get_read',
  'qcow2_cache_entry_flush',
  'qcow2_writev_start_req',
  'qcow2_writev_data',
  'qcow2_writev_done_req',
] as const;

/** Where an image's fixed tables lie; bytes. */
export interface TablePlaces {
  readonly clusterBytes: number;
  readonly l1OffsetBytes: number;
  readonly l1Bytes: number;
  readonly refcountTableOffsetBytes: number;
  readonly refcountTableBytes: number;
}

interface Held {
  readonly op: number;
  readonly file: number;
  readonly offset: number;
  readonly length: number;
  purpose: number;
}

/** Fields of the header that name the refcount table, its offset and its clusters. @source QEMU docs/interop/qcow2.txt, "Header" */
const tableFields = { offset: 48, clusters: 56, end: 60 } as const;

/**
 * Says what each host I/O of a real run is for, from the trace events between which it stands. A table that is read
 * follows its event at once; the events of tables that are written nest, since writing one may first flush the other cache.
 * A data write has an event of its own, a write of copied data has none. Exact where requests are served in one part; parts
 * that run side by side may swap their labels.
 */
export class IoLogLabeller {
  readonly #places: TablePlaces;
  readonly #sink: HostIoSink;
  /** Without events nothing is labelled. */
  #labels = false;
  #tableOffset: number;
  #tableBytes: number;
  #pendingRead = FOR_NONE;
  readonly #pendingWrites: number[] = [];
  #pendingData = 0;
  #writesInFlight = 0;
  /** From the last write on that may turn out to be a refcount table in a new place. */
  #held: Held[] = [];

  constructor(places: TablePlaces, sink: HostIoSink) {
    this.#places = places;
    this.#sink = sink;
    this.#tableOffset = places.refcountTableOffsetBytes;
    this.#tableBytes = places.refcountTableBytes;
  }

  /** Whether there were events: without them no I/O is labelled. */
  get labels(): boolean {
    return this.#labels;
  }

  /** Takes one line of QEMU's log; other events than {@link labellingEvents} are passed over. */
  event(line: string): void {
    if (line.includes('bdrv_open_common')) this.#labels = true;
    const [, name, rest = ''] = /(?:^|:)(qcow2_\w+)(.*)$/.exec(line) ?? [];
    const cache = rest.includes('is_l2_cache 1') ? FOR_L2 : FOR_REFCOUNT;
    switch (name) {
      case 'qcow2_cache_get_read':
        this.#pendingRead = cache;
        break;
      case 'qcow2_cache_entry_flush':
        this.#pendingWrites.push(cache);
        break;
      case 'qcow2_writev_start_req':
        this.#writesInFlight++;
        break;
      case 'qcow2_writev_data':
        this.#pendingData++;
        break;
      case 'qcow2_writev_done_req':
        this.#writesInFlight = Math.max(0, this.#writesInFlight - 1);
        break;
    }
  }

  /** @param bytes the first bytes of a write, as far as they are known */
  io(op: number, file: number, offset: number, length: number, bytes?: Buffer): void {
    if (!this.#labels) this.#pass({ op, file, offset, length, purpose: FOR_NONE });
    else if (op === HOST_READ) this.#pass({ op, file, offset, length, purpose: this.#readPurpose(file, offset) });
    else if (op === HOST_WRITE) this.#write({ op, file, offset, length, purpose: FOR_NONE }, bytes);
    else this.#pass({ op, file, offset, length, purpose: this.#otherPurpose(op) });
  }

  /** Hands on what is held back. */
  end(): void {
    for (const { op, file, offset, length, purpose } of this.#held) {
      this.#sink.io(op, file, offset, length, purpose, BLOCK_HOLE);
    }
    this.#held = [];
  }

  /** Zeroes are written where a new cluster's surroundings would else have to be copied. */
  #otherPurpose(op: number): number {
    if (op === HOST_SYNC) return FOR_NONE;
    return op === HOST_ZERO && this.#writesInFlight > 0 ? FOR_COPY_ON_WRITE : FOR_DATA;
  }

  #readPurpose(file: number, offset: number): number {
    const fixed = file === FILE_IMAGE ? this.#fixedTable(offset) : FOR_NONE;
    if (fixed !== FOR_NONE) return fixed;
    const cache = this.#pendingRead;
    this.#pendingRead = FOR_NONE;
    if (cache !== FOR_NONE) return cache;
    return this.#writesInFlight > 0 ? FOR_COPY_ON_WRITE : FOR_DATA;
  }

  #write(io: Held, bytes: Buffer | undefined): void {
    this.#pendingRead = FOR_NONE;
    const fixed = io.file === FILE_IMAGE ? this.#fixedTable(io.offset) : FOR_NONE;
    if (fixed === FOR_HEADER) this.#noteTable(io.offset, bytes);
    this.end();
    const cache = fixed === FOR_NONE && io.file === FILE_IMAGE ? this.#pendingWrites.pop() : undefined;
    if (fixed !== FOR_NONE) io.purpose = fixed;
    else if (cache !== undefined) io.purpose = cache;
    else if (this.#pendingData > 0) {
      this.#pendingData--;
      io.purpose = FOR_DATA;
    } else {
      io.purpose = FOR_COPY_ON_WRITE;
      if (io.file === FILE_IMAGE) this.#held.push(io);
    }
    if (this.#held.length === 0) this.#pass(io);
  }

  #pass(io: Held): void {
    if (this.#held.length > 0) this.#held.push(io);
    else this.#sink.io(io.op, io.file, io.offset, io.length, io.purpose, BLOCK_HOLE);
  }

  #fixedTable(offset: number): number {
    const { clusterBytes, l1OffsetBytes, l1Bytes } = this.#places;
    if (offset < clusterBytes) return FOR_HEADER;
    if (offset >= l1OffsetBytes && offset < l1OffsetBytes + l1Bytes) return FOR_L1;
    return offset >= this.#tableOffset && offset < this.#tableOffset + this.#tableBytes ? FOR_REFCOUNT_TABLE : FOR_NONE;
  }

  /** A refcount table that grew was written just before the header that names its new place. */
  #noteTable(offset: number, bytes: Buffer | undefined): void {
    const at = tableFields.offset - offset;
    if (bytes === undefined || at < 0 || offset + bytes.length < tableFields.end) return;
    const tableOffset = Number(bytes.readBigUInt64BE(at));
    if (tableOffset === this.#tableOffset) return;
    this.#tableOffset = tableOffset;
    this.#tableBytes = bytes.readUInt32BE(at + tableFields.clusters - tableFields.offset) * this.#places.clusterBytes;
    const [first] = this.#held;
    if (first?.offset === tableOffset) first.purpose = FOR_REFCOUNT_TABLE;
  }
}
