import { DriverCounters } from './counters.ts';
import { HostFile } from './host-file.ts';
import { FILE_BACKING, FILE_DATA, FILE_IMAGE, FOR_L2, FOR_REFCOUNT, type HostIoSink } from './host-io.ts';
import type { ImageState } from './image-state.ts';
import type { L2Table } from './l2-table.ts';
import { MetadataCache } from './metadata-cache.ts';
import type { DriverOptions } from './options.ts';
import { CHECK_ACTIVE_L2, CHECK_REFCOUNT_BLOCK, checkOverlap } from './overlap-check.ts';

/** A range of the image file that was freed and is still to be discarded there. */
export interface PendingDiscard {
  offset: number;
  length: number;
}

/** What lies beneath a node. */
export type BackingNode =
  | { readonly format: 'raw'; readonly virtualBytes: number; readonly file: HostFile }
  | { readonly format: 'qcow2'; readonly virtualBytes: number; readonly node: Qcow2Node };

/** What a node takes over from others of the same image. */
export type Former = Partial<Pick<Qcow2Node, 'l2Cache' | 'refcountCache' | 'tables' | 'lastRefcountBlock'>>;

/**
 * One open qcow2 image: its metadata, its two caches, its files and what the driver remembers between requests. The
 * functions beside this file are the driver's; they share this state as QEMU's do `BDRVQcow2State`.
 */
export class Qcow2Node {
  readonly image: ImageState;
  readonly options: DriverOptions;
  readonly counters = new DriverCounters();
  readonly file: HostFile;
  /** Where guest data lies: the image file, or the external data file. */
  readonly dataFile: HostFile;
  readonly l2Cache: MetadataCache;
  readonly refcountCache: MetadataCache;
  readonly backing: BackingNode | undefined;
  readonly readOnly: boolean;

  readonly clusterBytes: number;
  /** Reciprocals of powers of two, so exact: a product costs a fraction of a remainder of doubles. */
  readonly clustersPerByte: number;
  readonly tablesPerCluster: number;
  readonly subclusterBytes: number;
  readonly subclustersPerCluster: number;
  readonly l2BytesPerEntry: number;
  readonly l2EntriesPerTable: number;
  readonly slicesPerTable: number;
  readonly entriesPerSlice: number;
  readonly refcountBlockEntries: number;
  readonly maximumRefcount: number;
  /** Active L2 tables by L1 index. */
  readonly tables: (L2Table | undefined)[];

  /** Where the search for free clusters goes on. */
  freeIndex = 0;
  /** Where the next compressed cluster is packed, 0 for nowhere. */
  freeByteOffset = 0;
  /** Whether frees are collected to be discarded at the end of the request. */
  collectDiscards = false;
  readonly discards: PendingDiscard[] = [];
  /** Whether the first question for block status has looked for a preallocated file, and what it found. */
  preallocationChecked = false;
  preallocated = false;
  /** Index of the last refcount block in the table. */
  lastRefcountBlock = 0;

  constructor(image: ImageState, options: DriverOptions, sink: HostIoSink, isBacking = false, former: Former = {}) {
    this.image = image;
    this.options = options;
    this.readOnly = isBacking;
    const role = isBacking ? FILE_BACKING : FILE_IMAGE;
    const fileOptions = {
      role,
      requestAlignment: options.requestAlignment,
      qemuVersion: options.qemuVersion,
      noFlush: options.noFlush,
      zeroRange: options.zeroRange,
    };
    this.file = new HostFile(image.file, fileOptions, sink);
    this.dataFile =
      image.dataFile === undefined
        ? this.file
        : new HostFile(image.dataFile, { ...fileOptions, role: isBacking ? FILE_BACKING : FILE_DATA }, sink);
    this.clusterBytes = 2 ** image.clusterBits;
    this.clustersPerByte = 1 / this.clusterBytes;
    this.subclustersPerCluster = image.extendedL2 ? 32 : 1;
    this.subclusterBytes = this.clusterBytes / this.subclustersPerCluster;
    const entryBytes = image.extendedL2 ? 16 : 8;
    this.l2BytesPerEntry = entryBytes;
    this.l2EntriesPerTable = this.clusterBytes / entryBytes;
    this.tablesPerCluster = 1 / this.l2EntriesPerTable;
    this.entriesPerSlice = options.l2EntryBytes / entryBytes;
    this.slicesPerTable = this.clusterBytes / options.l2EntryBytes;
    this.refcountBlockEntries = (this.clusterBytes * 8) / image.refcountBits;
    this.maximumRefcount = Math.min(2 ** image.refcountBits - 1, Number.MAX_SAFE_INTEGER);
    const beforeL2Write = (length: number) => checkOverlap(this, CHECK_ACTIVE_L2, length);
    const beforeRefcountWrite = (length: number) => checkOverlap(this, CHECK_REFCOUNT_BLOCK, length);
    this.l2Cache =
      former.l2Cache?.moveTo(this.file, beforeL2Write) ??
      new MetadataCache(options.l2EntryCount, options.l2EntryBytes, this.file, FOR_L2, beforeL2Write);
    this.refcountCache =
      former.refcountCache?.moveTo(this.file, beforeRefcountWrite) ??
      new MetadataCache(options.refcountTableCount, this.clusterBytes, this.file, FOR_REFCOUNT, beforeRefcountWrite);
    this.tables =
      former.tables ?? Array.from(image.l1, (offset) => (offset === 0 ? undefined : image.l2Tables.get(offset)));
    if (former.lastRefcountBlock === undefined) updateLastRefcountBlock(this);
    else this.lastRefcountBlock = former.lastRefcountBlock;
    this.backing = openBacking(image, options, sink);
  }
}

function openBacking(image: ImageState, options: DriverOptions, sink: HostIoSink): BackingNode | undefined {
  const { backing } = image;
  if (backing === undefined) return undefined;
  if (backing.format === 'raw') {
    const file = new HostFile(
      backing.file,
      {
        role: FILE_BACKING,
        requestAlignment: options.requestAlignment,
        qemuVersion: options.qemuVersion,
        noFlush: true,
        zeroRange: true,
      },
      sink,
    );
    return { format: 'raw', virtualBytes: backing.virtualBytes, file };
  }
  const node = new Qcow2Node(backing.image, options.backing ?? options, sink, true);
  return { format: 'qcow2', virtualBytes: backing.image.virtualBytes, node };
}

/** To be called whenever the refcount table was replaced. */
export function updateLastRefcountBlock(node: Qcow2Node): void {
  const table = node.image.refcountTable;
  let last = table.length - 1;
  while (last > 0 && table[last] === 0) last--;
  node.lastRefcountBlock = Math.max(0, last);
}
