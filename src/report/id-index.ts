/** Ids as qtune makes them: 16 hexadecimal digits. */
const idLength = 16;

/**
 * Numbers ids in the order in which they come. A million ids of qtune's own take 24 to 48 MB and are found without the
 * strings being kept; others go into a map.
 */
export class IdIndex {
  private readonly others = new Map<string, number>();
  private high = new Uint32Array(2048);
  private low = new Uint32Array(2048);
  /** Number plus one; 0 where the place is free. Open addressing, at most half full. */
  private numbers = new Uint32Array(2048);
  private ownCount = 0;
  private count = 0;

  get size(): number {
    return this.count;
  }

  /** The id's number; that of a new one is the size before. */
  numberOf(id: string): number {
    const high = id.length === idLength ? hexadecimal(id, 0) : -1;
    const low = high === -1 ? -1 : hexadecimal(id, idLength / 2);
    if (low === -1) {
      const known = this.others.get(id);
      if (known !== undefined) return known;
      this.others.set(id, this.count);
      return this.count++;
    }
    const place = this.placeOf(high, low);
    const known = this.numbers[place] ?? 0;
    if (known > 0) return known - 1;
    this.take(place, high, low, ++this.count);
    this.ownCount += 1;
    if (2 * this.ownCount > this.numbers.length) this.grow();
    return this.count - 1;
  }

  private placeOf(high: number, low: number): number {
    const mask = this.numbers.length - 1;
    const mixed = Math.imul(high, 0x9e3779b1) ^ Math.imul(low, 0x85ebca6b);
    let place = (mixed ^ (mixed >>> 15)) & mask;
    while (this.numbers[place] !== 0 && (this.high[place] !== high || this.low[place] !== low))
      place = (place + 1) & mask;
    return place;
  }

  private take(place: number, high: number, low: number, number: number): void {
    this.high[place] = high;
    this.low[place] = low;
    this.numbers[place] = number;
  }

  private grow(): void {
    const { high, low, numbers } = this;
    this.high = new Uint32Array(2 * numbers.length);
    this.low = new Uint32Array(2 * numbers.length);
    this.numbers = new Uint32Array(2 * numbers.length);
    for (let place = 0; place < numbers.length; place++) {
      const number = numbers[place] ?? 0;
      if (number === 0) continue;
      const [left, right] = [high[place] ?? 0, low[place] ?? 0];
      this.take(this.placeOf(left, right), left, right, number);
    }
  }
}

/** Eight lower-case digits as a number; -1 where one of them is none, as capitals would be another id. */
function hexadecimal(id: string, start: number): number {
  let value = 0;
  for (let at = start; at < start + 8; at++) {
    const code = id.charCodeAt(at);
    if (code >= 0x30 && code <= 0x39) value = value * 16 + (code - 0x30);
    else if (code >= 0x61 && code <= 0x66) value = value * 16 + (code - 0x57);
    else return -1;
  }
  return value;
}
