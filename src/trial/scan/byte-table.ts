/** Byte runs and a value for each; finding one allocates nothing, where decoding it to look it up would. */
export class ByteTable<Value> {
  /** Open addressing: at most half of the places are taken, so a search ends at an empty one. */
  private places: ({ readonly hash: number; readonly bytes: Buffer; readonly value: Value } | undefined)[] = [];
  private entryCount = 0;

  constructor(entries: Iterable<readonly [text: string, value: Value]> = []) {
    for (const [text, value] of entries) {
      const bytes = Buffer.from(text, 'utf8');
      this.add(bytes, 0, bytes.length, value);
    }
  }

  get size(): number {
    return this.entryCount;
  }

  /** Keeps a copy of the run [start, end), which must not be there yet. */
  add(bytes: Buffer, start: number, end: number, value: Value): void {
    this.entryCount += 1;
    if (2 * this.entryCount > this.places.length) this.grow();
    this.place({ hash: hashOf(bytes, start, end), bytes: Buffer.from(bytes.subarray(start, end)), value });
  }

  /** @param hash of the run, by {@link hashOf} */
  find(bytes: Buffer, start: number, end: number, hash = hashOf(bytes, start, end)): Value | undefined {
    const { places } = this;
    const mask = places.length - 1;
    for (let place = hash & mask; ; place = (place + 1) & mask) {
      const entry = places[place];
      if (entry === undefined) return undefined;
      if (entry.hash === hash && equals(entry.bytes, bytes, start, end)) return entry.value;
    }
  }

  private place(entry: { readonly hash: number; readonly bytes: Buffer; readonly value: Value }): void {
    const mask = this.places.length - 1;
    let place = entry.hash & mask;
    while (this.places[place] !== undefined) place = (place + 1) & mask;
    this.places[place] = entry;
  }

  private grow(): void {
    const entries = this.places;
    this.places = new Array(Math.max(32, 2 * entries.length)).fill(undefined);
    for (const entry of entries) if (entry !== undefined) this.place(entry);
  }
}

export function hashOf(bytes: Buffer, start: number, end: number): number {
  let hash = 0;
  for (let at = start; at < end; at++) hash = nextHash(hash, bytes[at] ?? 0);
  return hash;
}

/** The hash with one byte more; 0 is that of nothing. */
export function nextHash(hash: number, byte: number): number {
  return (Math.imul(hash, 31) + byte) & 0x3fffffff;
}

function equals(entry: Buffer, bytes: Buffer, start: number, end: number): boolean {
  if (entry.length !== end - start) return false;
  for (let at = start; at < end; at++) {
    if (entry[at - start] !== bytes[at]) return false;
  }
  return true;
}
