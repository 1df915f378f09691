import type { DriverCounters } from './counters.ts';
import { discardGuest, writeZeroesGuest } from './guest-discard.ts';
import { readGuest } from './guest-read.ts';
import { writeCompressedCluster, writeGuest } from './guest-write.ts';
import { FOR_DATA, FOR_HEADER, type HostIoSink } from './host-io.ts';
import type { ImageState } from './image-state.ts';
import { Qcow2Node } from './node.ts';
import type { DriverOptions } from './options.ts';

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
  constructor(image: ImageState, options: DriverOptions, sink: HostIoSink) {
    this.image = image;
    this.#node = new Qcow2Node(image, options, sink);
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
