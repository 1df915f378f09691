import { popCount } from '../units/pop-count.ts';
import { BLOCK_HOLE, BLOCK_UNWRITTEN, BLOCK_WRITTEN } from './host-io.ts';

/** Bytes of a file-system block: ext4's and xfs's default, and the unit in which `st_blocks` grows. */
export const hostBlockBytes = 4096;
/** Blocks of one chunk: 128 MiB of file, 4 KiB of memory for each of the two bit maps. */
const chunkBlockBits = 15;
const chunkBlocks = 1 << chunkBlockBits;
const chunkWords = chunkBlocks / 32;

/** Chunks that are all of one state need no bit map. */
const MIXED = 3;

/**
 * What a file system knows of a file: its length and, block by block, whether it is a hole, allocated but unwritten (as
 * after `fallocate`), or written. Memory is in proportion to the parts of the file that are mixed.
 */
export class HostFileState {
  /** File length in bytes. */
  lengthBytes = 0;
  #allocatedBlocks = 0;
  /** What a real file takes on disk beyond the blocks marked here; negative where it takes less. */
  #furtherBytes = 0;
  #state: number[] = [];
  #allocated: (Uint32Array | undefined)[] = [];
  #written: (Uint32Array | undefined)[] = [];
  /** Whether a chunk's bit maps are a clone's too. */
  #shared: boolean[] = [];

  /** Bytes that the file takes on disk, as `st_blocks` would say without the file system's own blocks. */
  get allocatedBytes(): number {
    return this.#allocatedBlocks * hostBlockBytes + this.#furtherBytes;
  }

  /** Takes over what a real file takes on disk; later changes count from there. */
  setAllocatedBytes(bytes: number): void {
    this.#furtherBytes = bytes - this.#allocatedBlocks * hostBlockBytes;
  }

  /** The state of the block that holds this offset. */
  stateAt(offset: number): number {
    const block = Math.floor(offset / hostBlockBytes);
    const chunk = Math.floor(block / chunkBlocks);
    if (chunk >= this.#state.length) return BLOCK_HOLE;
    const state = this.#state[chunk] as number;
    if (state !== MIXED) return state;
    const word = (block >>> 5) & (chunkWords - 1);
    const bit = 1 << (block & 31);
    if (((this.#written[chunk] as Uint32Array)[word] as number) & bit) return BLOCK_WRITTEN;
    return ((this.#allocated[chunk] as Uint32Array)[word] as number) & bit ? BLOCK_UNWRITTEN : BLOCK_HOLE;
  }

  /** A write: its blocks are allocated and written, and the file is at least that long. */
  write(offset: number, length: number): void {
    if (offset + length > this.lengthBytes) this.lengthBytes = offset + length;
    this.#mark(offset, length, BLOCK_WRITTEN);
  }

  /** A range zeroed in place: allocated and unwritten, except partial blocks at the ends, which are written. */
  zero(offset: number, length: number): void {
    if (offset + length > this.lengthBytes) this.lengthBytes = offset + length;
    const first = Math.ceil(offset / hostBlockBytes) * hostBlockBytes;
    const last = Math.floor((offset + length) / hostBlockBytes) * hostBlockBytes;
    if (last < first) {
      this.#mark(offset, length, BLOCK_WRITTEN);
      return;
    }
    if (first > offset && this.stateAt(offset) !== BLOCK_WRITTEN) this.#mark(offset, 1, BLOCK_UNWRITTEN);
    if (last > first) this.#mark(first, last - first, BLOCK_UNWRITTEN);
    if (offset + length > last && this.stateAt(last) !== BLOCK_WRITTEN) this.#mark(last, 1, BLOCK_UNWRITTEN);
  }

  /** A punched hole: whole blocks inside the range are given back; the length stays. */
  punch(offset: number, length: number): void {
    const first = Math.ceil(offset / hostBlockBytes) * hostBlockBytes;
    const last = Math.floor((offset + length) / hostBlockBytes) * hostBlockBytes;
    if (last > first) this.#mark(first, last - first, BLOCK_HOLE);
  }

  /** A copy; bit maps are copied when either of the two first changes them. */
  clone(): HostFileState {
    const copy = new HostFileState();
    copy.lengthBytes = this.lengthBytes;
    copy.#allocatedBlocks = this.#allocatedBlocks;
    copy.#furtherBytes = this.#furtherBytes;
    copy.#state = [...this.#state];
    copy.#allocated = [...this.#allocated];
    copy.#written = [...this.#written];
    this.#shared = this.#state.map(() => true);
    copy.#shared = [...this.#shared];
    return copy;
  }

  #mark(offset: number, length: number, state: number): void {
    if (length <= 0) return;
    let block = Math.floor(offset / hostBlockBytes);
    const end = Math.floor((offset + length - 1) / hostBlockBytes) + 1;
    while (block < end) {
      const chunk = Math.floor(block / chunkBlocks);
      const stop = Math.min(end, (chunk + 1) * chunkBlocks);
      while (this.#state.length <= chunk) {
        this.#state.push(BLOCK_HOLE);
        this.#allocated.push(undefined);
        this.#written.push(undefined);
      }
      const now = this.#state[chunk] as number;
      if (now === state) {
        block = stop;
        continue;
      }
      if (stop - block === chunkBlocks) {
        this.#allocatedBlocks += (state === BLOCK_HOLE ? 0 : chunkBlocks) - this.#chunkAllocated(chunk);
        this.#state[chunk] = state;
        this.#allocated[chunk] = undefined;
        this.#written[chunk] = undefined;
      } else {
        if (now !== MIXED) this.#mix(chunk, now);
        else if (this.#shared[chunk]) this.#unshare(chunk);
        this.#markWords(chunk, block, stop, state);
      }
      block = stop;
    }
  }

  #unshare(chunk: number): void {
    this.#shared[chunk] = false;
    this.#allocated[chunk] = this.#allocated[chunk]?.slice();
    this.#written[chunk] = this.#written[chunk]?.slice();
  }

  #markWords(chunk: number, start: number, end: number, state: number): void {
    const allocated = this.#allocated[chunk] as Uint32Array;
    const written = this.#written[chunk] as Uint32Array;
    let block = start & (chunkBlocks - 1);
    const last = block + (end - start);
    while (block < last) {
      const word = block >>> 5;
      const bit = block & 31;
      const count = Math.min(32 - bit, last - block);
      const mask = count === 32 ? 0xffff_ffff : (((1 << count) - 1) << bit) >>> 0;
      const before = allocated[word] as number;
      const after = state === BLOCK_HOLE ? before & ~mask : before | mask;
      this.#allocatedBlocks += popCount(after) - popCount(before);
      allocated[word] = after;
      written[word] = state === BLOCK_WRITTEN ? (written[word] as number) | mask : (written[word] as number) & ~mask;
      block += count;
    }
  }

  #mix(chunk: number, now: number): void {
    const allocated = new Uint32Array(chunkWords);
    const written = new Uint32Array(chunkWords);
    if (now !== BLOCK_HOLE) allocated.fill(0xffff_ffff);
    if (now === BLOCK_WRITTEN) written.fill(0xffff_ffff);
    this.#allocated[chunk] = allocated;
    this.#written[chunk] = written;
    this.#shared[chunk] = false;
    this.#state[chunk] = MIXED;
  }

  #chunkAllocated(chunk: number): number {
    const state = this.#state[chunk] as number;
    if (state === BLOCK_HOLE) return 0;
    if (state !== MIXED) return chunkBlocks;
    let sum = 0;
    for (const word of this.#allocated[chunk] as Uint32Array) sum += popCount(word);
    return sum;
  }
}
