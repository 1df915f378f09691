/** What is known of a disk; the same for every disk of a group. */
export interface DiskFacts {
  /** Number of the host's name. */
  host: number;
  diskBytes: number;
  /** Bytes with data, at most the disk. */
  allocatedBytes: number;
  clusterBytes: number;
  extendedL2: boolean;
  /** Images in the backing chain, the active one included. */
  imageCount: number;
  snapshotCount: number;
  /** Number of the miss-ratio curve. */
  curve: number;
  /** Requests a second, times the disk's weight. */
  requestsPerSecond: number;
  /** l2-cache-size as it is set now; −1 is QEMU's default. */
  l2CacheBytes: number;
  /** How many such disks. */
  count: number;
  /** What the allocated bytes grow by in a month: a number of bytes, and a share of themselves. */
  growthBytes: number;
  growthRatio: number;
}

/** The numbers with fractions, or beyond 32 bits, lie side by side. */
const floatCount = 6;
const allocatedAt = 1;

/**
 * Disks in which nothing differs but the name are one group; a million groups take about 80 MB. Groups are in the order of their
 * first disk.
 */
export class DiskGroups {
  #count = 0;
  #floats = new Float64Array(1024 * floatCount);
  #hosts = new Uint32Array(1024);
  #counts = new Float64Array(1024);
  #firstRows = new Uint32Array(1024);
  #imageCounts = new Uint16Array(1024);
  #snapshotCounts = new Uint32Array(1024);
  #curves = new Uint16Array(1024);
  /** Bits of the cluster size, doubled, and one for extended L2 entries. */
  #shapes = new Uint8Array(1024);
  /** Pairs of a group's number + 1, 0 where the slot is free, and its hash: side by side, as a look takes both. */
  #slots = new Uint32Array(2 * 4096);
  /** The numbers of the disk that is being added, and the same as bits. */
  readonly #own = new Float64Array(floatCount);
  readonly #bits = new Int32Array(this.#own.buffer);

  get count(): number {
    return this.#count;
  }

  /** @returns the number of the disk's group */
  add(facts: DiskFacts, row: number): number {
    const hash = this.#hash(facts);
    const slots = this.#slots;
    const mask = slots.length / 2 - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const group = (slots[2 * slot] as number) - 1;
      if (group === -1) {
        slots[2 * slot] = this.#count + 1;
        slots[2 * slot + 1] = hash;
        return this.#append(facts, row);
      }
      if (slots[2 * slot + 1] === hash && this.#isSame(group, facts)) {
        this.#counts[group] = (this.#counts[group] as number) + facts.count;
        return group;
      }
    }
  }

  /** Gives back what only adding needs, 16 to 32 bytes a group. */
  seal(): void {
    this.#slots = new Uint32Array();
  }

  /** Reads a group into an object that is used again, so that a pass over all makes no garbage. */
  read(group: number, into: DiskFacts): DiskFacts {
    const floats = this.#floats;
    const at = group * floatCount;
    const shape = this.#shapes[group] as number;
    into.host = this.#hosts[group] as number;
    into.diskBytes = floats[at] as number;
    into.allocatedBytes = floats[at + allocatedAt] as number;
    into.requestsPerSecond = floats[at + 2] as number;
    into.l2CacheBytes = floats[at + 3] as number;
    into.growthBytes = floats[at + 4] as number;
    into.growthRatio = floats[at + 5] as number;
    into.clusterBytes = 1 << (shape >> 1);
    into.extendedL2 = (shape & 1) === 1;
    into.imageCount = this.#imageCounts[group] as number;
    into.snapshotCount = this.#snapshotCounts[group] as number;
    into.curve = this.#curves[group] as number;
    into.count = this.#counts[group] as number;
    return into;
  }

  hostOf(group: number): number {
    return this.#hosts[group] as number;
  }

  countOf(group: number): number {
    return this.#counts[group] as number;
  }

  allocatedOf(group: number): number {
    return this.#floats[group * floatCount + allocatedAt] as number;
  }

  /** The row of the group's first disk, counted from 0. */
  firstRowOf(group: number): number {
    return this.#firstRows[group] as number;
  }

  #hash(facts: DiskFacts): number {
    const own = this.#own;
    own[0] = facts.diskBytes;
    own[allocatedAt] = facts.allocatedBytes;
    own[2] = facts.requestsPerSecond;
    own[3] = facts.l2CacheBytes;
    own[4] = facts.growthBytes;
    own[5] = facts.growthRatio;
    let hash = Math.imul(facts.host + 1, 0x9e3779b1) ^ shapeOf(facts);
    hash = Math.imul(hash ^ facts.imageCount ^ (facts.snapshotCount << 10), 0x85ebca6b) ^ facts.curve;
    for (let at = 0; at < 2 * floatCount; at += 2) {
      hash = Math.imul(hash ^ (this.#bits[at] as number), 0xc2b2ae35);
      hash = Math.imul(hash ^ (hash >>> 15) ^ (this.#bits[at + 1] as number), 0x27d4eb2f);
    }
    return (hash ^ (hash >>> 16)) >>> 0;
  }

  /** Whether the disk whose hash was worked out last is one of the group. */
  #isSame(group: number, facts: DiskFacts): boolean {
    const base = group * floatCount;
    for (let at = 0; at < floatCount; at++) if (this.#floats[base + at] !== this.#own[at]) return false;
    return (
      this.#hosts[group] === facts.host &&
      this.#shapes[group] === shapeOf(facts) &&
      this.#imageCounts[group] === facts.imageCount &&
      this.#snapshotCounts[group] === facts.snapshotCount &&
      this.#curves[group] === facts.curve
    );
  }

  #append(facts: DiskFacts, row: number): number {
    const group = this.#count++;
    if (group === this.#hosts.length) this.#grow(group * 2);
    for (let at = 0; at < floatCount; at++) this.#floats[group * floatCount + at] = this.#own[at] as number;
    this.#hosts[group] = facts.host;
    this.#counts[group] = facts.count;
    this.#firstRows[group] = row;
    this.#imageCounts[group] = facts.imageCount;
    this.#snapshotCounts[group] = facts.snapshotCount;
    this.#curves[group] = facts.curve;
    this.#shapes[group] = shapeOf(facts);
    if (this.#count * 4 > this.#slots.length) this.#rehash();
    return group;
  }

  #grow(length: number): void {
    this.#floats = copied(this.#floats, new Float64Array(length * floatCount));
    this.#hosts = copied(this.#hosts, new Uint32Array(length));
    this.#counts = copied(this.#counts, new Float64Array(length));
    this.#firstRows = copied(this.#firstRows, new Uint32Array(length));
    this.#imageCounts = copied(this.#imageCounts, new Uint16Array(length));
    this.#snapshotCounts = copied(this.#snapshotCounts, new Uint32Array(length));
    this.#curves = copied(this.#curves, new Uint16Array(length));
    this.#shapes = copied(this.#shapes, new Uint8Array(length));
  }

  #rehash(): void {
    const from = this.#slots;
    const slots = new Uint32Array(from.length * 2);
    const mask = slots.length / 2 - 1;
    for (let at = 0; at < from.length; at += 2) {
      if (from[at] === 0) continue;
      const hash = from[at + 1] as number;
      let slot = hash & mask;
      while (slots[2 * slot] !== 0) slot = (slot + 1) & mask;
      slots[2 * slot] = from[at] as number;
      slots[2 * slot + 1] = hash;
    }
    this.#slots = slots;
  }
}

function shapeOf({ clusterBytes, extendedL2 }: DiskFacts): number {
  return ((31 - Math.clz32(clusterBytes)) << 1) | (extendedL2 ? 1 : 0);
}

function copied<Values extends { set(from: Values): void }>(from: Values, to: Values): Values {
  to.set(from);
  return to;
}

/** For {@link DiskGroups.read}. */
export function emptyFacts(): DiskFacts {
  return {
    host: 0,
    diskBytes: 0,
    allocatedBytes: 0,
    clusterBytes: 65_536,
    extendedL2: false,
    imageCount: 1,
    snapshotCount: 0,
    curve: 0,
    requestsPerSecond: 0,
    l2CacheBytes: -1,
    count: 1,
    growthBytes: 0,
    growthRatio: 0,
  };
}
