import type { DriverCounters } from '../counters.ts';
import {
  BLOCK_HOLE,
  BLOCK_WRITTEN,
  FILE_BACKING,
  FILE_DATA,
  FILE_IMAGE,
  FOR_DATA,
  HOST_DISCARD,
  HOST_READ,
  HOST_SYNC,
  HOST_WRITE,
  HOST_ZERO,
  type HostIoSink,
  hostFiles,
} from '../host-io.ts';
import type { ImageState } from '../image-state.ts';
import { costComponents, FIRST_CPU_COMPONENT, SYNC_COMPONENT } from './components.ts';
import { type CostProfile, type HostIoKind, hostIoKinds } from './cost-profile.ts';
import { CostTable } from './cost-table.ts';
import { CpuCosts } from './cpu-costs.ts';
import { FileCostState, type Unsynced } from './file-costs.ts';
import { RecentRegions } from './recent-regions.ts';

/** What the meter is told beside the profile. */
export interface CostMeterOptions {
  /** The image before the first I/O, for the lengths of its files; empty files where absent. */
  readonly image?: ImageState;
  /**
   * Buffered modes: the part of what the files held before the first I/O that is in the page cache, 0…1. Images that were
   * made just before are all there, which is the default.
   */
  readonly cachedShare?: number;
}

const kind = Object.fromEntries(hostIoKinds.map((name, index) => [name, index])) as Record<HostIoKind, number>;
/** Parts of one request that the driver runs at once. @source QEMU block/qcow2.h, QCOW2_MAX_WORKERS */
const maximumParts = 8;
/** Files stand apart on the device: each gets its own stretch of it, by index. */
const fileStrideBytes = 2 ** 50;

/**
 * Turns the driver's host I/O and counters into nanoseconds: give it to the driver as its sink, call {@link finish} after each
 * request. One meter sees one run from its start; what an I/O costs depends on what was done before it. No call allocates,
 * except for pages that are touched for the first time in buffered modes.
 */
export class CostMeter implements HostIoSink {
  readonly profile: CostProfile;
  /** Nanoseconds since the start or the last {@link reset}, by {@link costComponents}. */
  readonly totals = new Float64Array(costComponents.length);
  /** Nanoseconds that were saved since then because parts of a request ran at once. */
  overlapNs = 0;
  readonly #io: readonly CostTable[];
  readonly #syncWrites: CostTable;
  readonly #syncChanges: CostTable;
  readonly #cpu: CpuCosts;
  readonly #direct: boolean;
  readonly #cachedShare: number;
  readonly #readRegions: RecentRegions;
  readonly #writeRegions: RecentRegions;
  readonly #files: readonly FileCostState[];
  #requestNs = 0;
  /** Of this, the guest's data: one I/O for each part of the request, their time, and the longest of them. */
  #dataCount = 0;
  #dataNs = 0;
  #longestNs = 0;

  constructor(profile: CostProfile, options: CostMeterOptions = {}) {
    this.profile = profile;
    this.#io = hostIoKinds.map((name) => new CostTable(profile.io[name]));
    this.#syncWrites = new CostTable(profile.sync.writes);
    this.#syncChanges = new CostTable(profile.sync.changes);
    this.#cpu = new CpuCosts(profile.cpu);
    this.#direct = profile.cache === 'direct';
    this.#cachedShare = options.cachedShare ?? 1;
    this.#readRegions = new RecentRegions(profile.locality);
    this.#writeRegions = new RecentRegions(profile.locality);
    const lengths = [0, 0, 0];
    lengths[FILE_IMAGE] = options.image?.file.lengthBytes ?? 0;
    lengths[FILE_DATA] = options.image?.dataFile?.lengthBytes ?? 0;
    lengths[FILE_BACKING] = Number.POSITIVE_INFINITY;
    this.#files = hostFiles.map((_, index) => new FileCostState(lengths[index] ?? 0));
  }

  /** Begins a request: host I/O since the last {@link finish}, as of opening, is dropped from it and from the totals. */
  start(counters: DriverCounters): void {
    this.#cpu.begin(counters);
    this.#clear();
  }

  /** Ends a request. @returns its nanoseconds: host I/O, less what ran at once, and the processor's work since the last call */
  finish(counters: DriverCounters): number {
    const ns = this.#requestNs + this.#cpu.take(counters, this.totals, FIRST_CPU_COMPONENT) - this.#overlap();
    this.#clear();
    return ns;
  }

  /** Sets the totals to zero, as after the warm-up, and keeps what is known of the files. */
  reset(): void {
    this.totals.fill(0);
    this.overlapNs = 0;
  }

  /** What a sync of the image file would have to bring out now. */
  get unsynced(): Unsynced {
    const { writes, extraBytes, changes, discards } = this.#files[FILE_IMAGE] as FileCostState;
    return { writes, extraBytes, changes, discards };
  }

  /** Goes on at a later time of a run: with the image as it is then, and so much done to its file since the last sync. */
  resume(image: ImageState, unsynced: Unsynced): void {
    const files = this.#files[FILE_IMAGE] as FileCostState;
    Object.assign(files, unsynced);
    files.endBytes = image.file.lengthBytes;
    (this.#files[FILE_DATA] as FileCostState).endBytes = image.dataFile?.lengthBytes ?? 0;
  }

  io(op: number, file: number, offset: number, length: number, purpose: number, state: number): void {
    if (op === HOST_SYNC) {
      this.#sync(file);
      return;
    }
    const index = this.#kindOf(op, file, offset, length, state);
    const table = this.#io[index] as CostTable;
    let ns = table.ns(length);
    if (index === kind.readCached && state === BLOCK_WRITTEN && this.#cachedShare < 1) {
      ns = this.#partlyCached(ns, file, offset, length);
    }
    this.totals[index] = (this.totals[index] as number) + ns;
    this.#requestNs += ns;
    if (purpose === FOR_DATA && (op === HOST_READ || op === HOST_WRITE)) {
      this.#dataCount++;
      this.#dataNs += ns;
      if (ns > this.#longestNs) this.#longestNs = ns;
    }
  }

  #kindOf(op: number, file: number, offset: number, length: number, state: number): number {
    switch (op) {
      case HOST_READ:
        return this.#readKind(file, offset, length, state);
      case HOST_WRITE:
        return this.#writeKind(file, offset, length, state);
      case HOST_ZERO:
        return this.#zeroKind(file, offset, length, state);
      case HOST_DISCARD: {
        const files = this.#files[file] as FileCostState;
        files.changes++;
        files.discards++;
        return kind.discard;
      }
      default:
        throw new RangeError(`unknown host operation ${op}`);
    }
  }

  #readKind(file: number, offset: number, length: number, state: number): number {
    if (!this.#direct) {
      const isNew = (this.#files[file] as FileCostState).cached.add(offset, length) > 0;
      return isNew && state !== BLOCK_WRITTEN ? kind.readHole : kind.readCached;
    }
    if (state !== BLOCK_WRITTEN) return kind.readHole;
    return this.#readRegions.use(file * fileStrideBytes + offset) ? kind.readNear : kind.readFar;
  }

  #writeKind(file: number, offset: number, length: number, state: number): number {
    const files = this.#files[file] as FileCostState;
    const extends_ = offset + length > files.endBytes;
    let bytes = length;
    if (!this.#direct) {
      files.cached.add(offset, length);
      bytes = Math.min(length, files.dirty.add(offset, length) * 4096);
    }
    const follows = files.follows(offset);
    files.wrote(offset, length, bytes);
    const near = this.#writeRegions.use(file * fileStrideBytes + offset);
    if (state === BLOCK_WRITTEN) return near ? kind.writeNear : kind.writeFar;
    files.changes++;
    if (state !== BLOCK_HOLE) return kind.writeUnwritten;
    if (extends_) return kind.writeExtend;
    return follows ? kind.writeHoleNext : kind.writeHole;
  }

  #zeroKind(file: number, offset: number, length: number, state: number): number {
    const files = this.#files[file] as FileCostState;
    files.changes++;
    if (state !== BLOCK_HOLE) return kind.zeroAllocated;
    if (offset + length <= files.endBytes) return kind.zeroHole;
    files.endBytes = offset + length;
    return kind.zeroExtend;
  }

  /** Written before this run and read now: the device is asked for the part that is not in memory. */
  #partlyCached(cachedNs: number, file: number, offset: number, length: number): number {
    const near = this.#readRegions.use(file * fileStrideBytes + offset);
    const device = this.#io[near ? kind.readNear : kind.readFar] as CostTable;
    return cachedNs * this.#cachedShare + device.ns(length) * (1 - this.#cachedShare);
  }

  #sync(file: number): void {
    const files = this.#files[file] as FileCostState;
    const { dirtyByte, discard } = this.profile.sync;
    let ns = this.#syncWrites.ns(files.writes) + files.extraBytes * dirtyByte.ns + files.discards * discard.ns;
    if (files.changes > 0) ns += this.#syncChanges.ns(files.changes);
    files.synced();
    this.totals[SYNC_COMPONENT] = (this.totals[SYNC_COMPONENT] as number) + ns;
    this.#requestNs += ns;
  }

  /** Parts of one request run at once as far as the device and the driver let them. @returns the time that this saves */
  #overlap(): number {
    if (this.#dataCount < 2) return 0;
    const width = Math.max(1, Math.min(this.#dataCount, maximumParts, this.profile.parallelism));
    const saved = this.#dataNs - Math.max(this.#longestNs, this.#dataNs / width);
    this.overlapNs += saved;
    return saved;
  }

  #clear(): void {
    this.#requestNs = 0;
    this.#dataCount = 0;
    this.#dataNs = 0;
    this.#longestNs = 0;
  }
}
