import { blockBytes } from './parameters.ts';

/** A page has a buffer head, and every 64 pages of a file a node of its tree once there is more than one page. */
const pageCostBytes = blockBytes + 104;
const nodeBytes = 584;
const pagesPerNode = 64;

/** What a cache needs to know of a file: which of its pages are where. */
export interface CachedFile {
  /** Page of the file to slot of the cache. */
  readonly pages: Map<number, number>;
  /** Pages that were driven out, and the age of the cache when they were. */
  readonly evicted: Map<number, number>;
}

const readAheadFlag = 1;
const referencedFlag = 2;
const activeFlag = 4;

/** Slots that hold no page but begin and end a list. */
const inactiveList = 0;
const activeList = 1;

/**
 * The guest's page cache and what it costs in memory. As in Linux there are two lists: a new page is inactive, its second
 * use makes it active, and the active list may take no more than half of the pages, so pages used once do not drive out
 * those used often, and a page that is written once reaches the end of the inactive list early.
 *
 * Above 1 GiB of pages the kernel lets the active list take more; the model does not.
 *
 * @source Linux, mm/vmscan.c as of 6.x: inactive_is_low; the second use and the return soon after are as
 *   folio_mark_accessed and workingset_refault are documented, not read in 6.18; sizes from
 *   /proc/slabinfo: buffer_head 104 bytes, radix_tree_node 584
 */
export class PageCache<File extends CachedFile> {
  #next: Int32Array;
  #previous: Int32Array;
  #page: Float64Array;
  #flags: Uint8Array;
  #files: (File | undefined)[] = [];
  readonly #unused: number[] = [];
  #slotCount = 2;
  #nodeCount = 0;
  #pageCount = 0;
  #activeCount = 0;
  /** Pages driven out or made active so far: the clock that tells how long a page was away. */
  #age = 0;

  constructor() {
    const initial = 1024;
    this.#next = new Int32Array(initial);
    this.#previous = new Int32Array(initial);
    this.#page = new Float64Array(initial);
    this.#flags = new Uint8Array(initial);
    for (const list of [inactiveList, activeList]) this.#next[list] = this.#previous[list] = list;
  }

  /** Memory that the pages take. */
  get usedBytes(): number {
    return this.#pageCount * pageCostBytes + this.#nodeCount * nodeBytes;
  }

  /** Whether the page is cached; this counts as a use of it. */
  use(file: File, page: number): boolean {
    const slot = file.pages.get(page);
    if (slot === undefined) return false;
    const flags = this.#flags[slot] ?? 0;
    if ((flags & activeFlag) !== 0) return true;
    if ((flags & referencedFlag) === 0) this.#flags[slot] = flags | referencedFlag;
    else this.activate(file, page);
    return true;
  }

  /** Moves an inactive page to the active list. */
  activate(file: File, page: number): void {
    const slot = file.pages.get(page);
    if (slot === undefined || ((this.#flags[slot] ?? 0) & activeFlag) !== 0) return;
    this.#flags[slot] = ((this.#flags[slot] ?? 0) & ~referencedFlag) | activeFlag;
    this.#activeCount += 1;
    this.#age += 1;
    this.#unlink(slot);
    this.#linkFirst(slot, activeList);
  }

  /** Drives a page out. One that is wanted again soon after is active at once. */
  evict(file: File, page: number): void {
    this.remove(file, page);
    this.#age += 1;
    file.evicted.set(page, this.#age);
  }

  /** Puts in a page that is not cached, which is no use of it yet. @param isMarked whether its use starts the next read-ahead */
  insert(file: File, page: number, isMarked: boolean): void {
    const slot = this.#unused.pop() ?? this.#grow();
    this.#files[slot] = file;
    this.#page[slot] = page;
    this.#flags[slot] = isMarked ? readAheadFlag : 0;
    const before = nodesOf(file.pages.size);
    file.pages.set(page, slot);
    this.#nodeCount += nodesOf(file.pages.size) - before;
    this.#pageCount += 1;
    this.#linkFirst(slot, inactiveList);
    const evictedAt = file.evicted.get(page);
    if (evictedAt === undefined) return;
    file.evicted.delete(page);
    if (this.#age - evictedAt <= this.#activeCount) this.activate(file, page);
  }

  /** Whether the page was marked; it is no longer. */
  takeMark(file: File, page: number): boolean {
    const slot = file.pages.get(page);
    if (slot === undefined) return false;
    const flags = this.#flags[slot] ?? 0;
    this.#flags[slot] = flags & ~readAheadFlag;
    return (flags & readAheadFlag) !== 0;
  }

  /** The page that goes next: the oldest inactive one, after the lists are balanced. */
  oldest(): { readonly file: File; readonly page: number } | undefined {
    while (2 * this.#activeCount > this.#pageCount) this.#deactivate();
    const slot = this.#previous[inactiveList] ?? inactiveList;
    const file = this.#files[slot];
    return file === undefined ? undefined : { file, page: this.#page[slot] ?? 0 };
  }

  remove(file: File, page: number): void {
    const slot = file.pages.get(page);
    if (slot === undefined) return;
    if (((this.#flags[slot] ?? 0) & activeFlag) !== 0) this.#activeCount -= 1;
    this.#unlink(slot);
    this.#files[slot] = undefined;
    this.#unused.push(slot);
    const before = nodesOf(file.pages.size);
    file.pages.delete(page);
    this.#nodeCount += nodesOf(file.pages.size) - before;
    this.#pageCount -= 1;
  }

  #deactivate(): void {
    const slot = this.#previous[activeList] ?? activeList;
    this.#flags[slot] = (this.#flags[slot] ?? 0) & ~activeFlag;
    this.#activeCount -= 1;
    this.#unlink(slot);
    this.#linkFirst(slot, inactiveList);
  }

  #linkFirst(slot: number, list: number): void {
    const first = this.#next[list] ?? list;
    this.#next[slot] = first;
    this.#previous[slot] = list;
    this.#previous[first] = slot;
    this.#next[list] = slot;
  }

  #unlink(slot: number): void {
    const before = this.#previous[slot] ?? 0;
    const after = this.#next[slot] ?? 0;
    this.#next[before] = after;
    this.#previous[after] = before;
  }

  #grow(): number {
    if (this.#slotCount === this.#next.length) {
      const length = 2 * this.#slotCount;
      this.#next = enlarged(this.#next, new Int32Array(length));
      this.#previous = enlarged(this.#previous, new Int32Array(length));
      this.#page = enlarged(this.#page, new Float64Array(length));
      this.#flags = enlarged(this.#flags, new Uint8Array(length));
    }
    return this.#slotCount++;
  }
}

function nodesOf(pageCount: number): number {
  return pageCount < 2 ? 0 : Math.ceil(pageCount / pagesPerNode);
}

function enlarged<Column extends Int32Array | Float64Array | Uint8Array>(old: Column, column: Column): Column {
  column.set(old);
  return column;
}
