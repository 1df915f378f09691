import { shareFiles, shareWith } from './clone-image.ts';
import { lookUp } from './cluster-map.ts';
import type { DriverCounters } from './counters.ts';
import { discardGuest, writeZeroesGuest } from './guest-discard.ts';
import { readGuest } from './guest-read.ts';
import { writeCompressedCluster, writeGuest } from './guest-write.ts';
import { FOR_DATA, FOR_HEADER, type HostIoSink } from './host-io.ts';
import type { ImageState } from './image-state.ts';
import type { L2Table } from './l2-table.ts';
import { type Former, Qcow2Node } from './node.ts';
import type { DriverOptions } from './options.ts';
import { storeInPlace } from './store-in-place.ts';

/**
 * A model of QEMU's qcow2 driver: for each guest request, the host I/O that the driver makes, in its order, offset for
 * offset. It starts where the open of an image ends, with empty caches, and reads and writes nothing itself.
 *
 * It is exact at queue depth 1 for requests that the driver serves in one part. Where a request splits, the driver serves
 * parts at the same time: their I/O is then the same, its order need not be.
 *
 * Offsets and lengths are bytes, whole and within the disk; callers check that.
 * @source QEMU block/qcow2.c, qcow2-cluster.c, qcow2-refcount.c, qcow2-cache.c (7.2 to 11.1)
 */
export class Qcow2Driver {
  readonly image: ImageState;
  readonly #node: Qcow2Node;

  /** @param image is changed in place */
  constructor(image: ImageState, options: DriverOptions, sink: HostIoSink, former?: Former) {
    this.image = image;
    this.#node = new Qcow2Node(image, options, sink, false, former);
  }

  /**
   * A driver of this one's image as it is now, which does not see what the other does from then on.
   * @param changes what it is going to do to the image besides its files: to the mapping in tables by L1 index, or nothing
   * @param former whose caches it goes on with; not to be used any more
   */
  fork(options: DriverOptions, sink: HostIoSink, changes: ReadonlySet<number>, former?: Qcow2Driver): Qcow2Driver {
    const node = this.#node;
    const { tables, lastRefcountBlock, freeIndex, freeByteOffset, preallocationChecked, preallocated } = node;
    const own = changes.size > 0 ? tables.slice() : tables;
    const changed = new Map<number, L2Table>();
    for (const index of changes) {
      const table = own[index]?.share();
      if (table === undefined) continue;
      own[index] = table;
      changed.set(table.offsetBytes, table);
    }
    const image = changes.size > 0 ? shareWith(this.image, changed) : shareFiles(this.image);
    const caches = former === undefined ? {} : former.#caches;
    const fork = new Qcow2Driver(image, options, sink, { ...caches, tables: own, lastRefcountBlock });
    Object.assign(fork.#node, { freeIndex, freeByteOffset, preallocationChecked, preallocated });
    return fork;
  }

  get #caches(): Former {
    const { l2Cache, refcountCache } = this.#node;
    return { l2Cache, refcountCache };
  }

  get l2EntryCount(): number {
    return this.#node.l2Cache.entryCount;
  }

  /** How often the L2 cache was looked through for dirty entries. */
  get l2Walks(): number {
    const { l2Cache } = this.#node;
    return l2Cache.flushSteps / l2Cache.entryCount;
  }

  /**
   * Writes data for which there is a place, so that nothing happens but that blocks of the file and subclusters are no longer empty.
   * @returns false, with nothing done, where there is no place for all of it
   */
  store(offset: number, length: number): boolean {
    return storeInPlace(this.#node, offset, length);
  }

  /** As if the caches had been written and the files synced. */
  settle(): void {
    this.#node.l2Cache.settle();
    this.#node.refcountCache.settle();
  }

  /** As if data had been written since the last sync. */
  markUnsynced(): void {
    this.#node.dataFile.markUnsynced();
  }

  /**
   * What a request leaves of itself in the L2 cache: the slice that maps the offset is the one used last.
   * @param changes whether the request changed the slice
   */
  use(offset: number, changes: boolean): void {
    const { l2Cache } = this.#node;
    const slot = lookUp(this.#node, offset);
    if (changes && slot >= 0) l2Cache.markDirty(slot);
  }

  /** What was done so far. Always the same object, brought up to date when it is asked for. */
  get counters(): DriverCounters {
    const { l2Cache, refcountCache, counters } = this.#node;
    counters.l2Lookups = l2Cache.lookups;
    counters.l2Misses = l2Cache.misses;
    counters.l2Evictions = l2Cache.evictions;
    counters.l2EntriesUsed = l2Cache.used;
    counters.refcountLookups = refcountCache.lookups;
    counters.refcountMisses = refcountCache.misses;
    counters.refcountEvictions = refcountCache.evictions;
    counters.flushSteps = l2Cache.flushSteps + refcountCache.flushSteps;
    counters.cacheSteps = l2Cache.steps + refcountCache.steps;
    return counters;
  }

  read(offset: number, length: number): void {
    this.#check(offset, length);
    const node = this.#node;
    node.counters.reads++;
    node.counters.readBytes += length;
    readGuest(node, offset, length, FOR_DATA);
  }

  write(offset: number, length: number): void {
    this.#check(offset, length);
    const node = this.#node;
    node.counters.writes++;
    node.counters.writtenBytes += length;
    writeGuest(node, offset, length);
    if (node.options.writethrough) this.#flush();
  }

  /** @param unmap whether the clusters may be given back (`write -z -u`); their space in the file only goes with `discard=unmap` */
  writeZeroes(offset: number, length: number, unmap: boolean): void {
    this.#check(offset, length);
    const node = this.#node;
    node.counters.writeZeroes++;
    writeZeroesGuest(node, offset, length, unmap);
    if (node.options.writethrough) this.#flush();
  }

  /**
   * Writes one cluster (the last one of the disk may be partial) as compressed data.
   * @param compressedBytes bytes after compression, below the cluster size
   * @throws RangeError where the cluster has a place already, as QEMU refuses
   */
  writeCompressed(offset: number, length: number, compressedBytes: number): void {
    this.#check(offset, length);
    this.#node.counters.writes++;
    this.#node.counters.writtenBytes += length;
    if (!writeCompressedCluster(this.#node, offset, compressedBytes)) {
      throw new RangeError(
        `the cluster at ${offset} has a place already: it cannot be overwritten with compressed data`,
      );
    }
  }

  discard(offset: number, length: number): void {
    this.#check(offset, length);
    this.#node.counters.discards++;
    discardGuest(this.#node, offset, length);
  }

  /** The guest's flush: both caches are written in the order that they depend on each other, then the files are synced. */
  flush(): void {
    this.#node.counters.syncs++;
    this.#flush();
  }

  /** What the close of the image writes. @source QEMU block.c, bdrv_close; block/qcow2.c, qcow2_inactivate */
  close(): void {
    const node = this.#node;
    // Nobody writes to the node any more, so its last flush leaves the data file to that file's own close.
    this.#writeCaches();
    node.file.flush();
    node.l2Cache.flush();
    node.refcountCache.flush();
    if (this.image.dirty) {
      this.image.dirty = false;
      this.#writeCaches();
      node.file.flush();
      node.file.write(0, node.clusterBytes, FOR_HEADER);
    }
    if (node.dataFile !== node.file) node.dataFile.flush();
    node.file.flush();
  }

  #flush(): void {
    this.#writeCaches();
    const { file, dataFile } = this.#node;
    if (dataFile !== file) dataFile.flush();
    file.flush();
  }

  #writeCaches(): void {
    const { l2Cache, refcountCache } = this.#node;
    l2Cache.write();
    if (!this.image.dirty) refcountCache.write();
  }

  #check(offset: number, length: number): void {
    if (length > 0 && offset >= 0 && offset + length <= this.image.virtualBytes) return;
    throw new RangeError(`${length} bytes at ${offset} are not within the disk of ${this.image.virtualBytes} bytes`);
  }
}
