/** 2^64 divided by the golden ratio, as fio has it. */
const goldenHigh = 0x61c88646;
const goldenLow = 0x80b583eb;
const twoTo32 = 2 ** 32;

/**
 * Where fio puts a rank of its hot spots: the rank times 2^64 / φ, plus an offset, modulo 2^64 and then modulo the number of
 * places. Multiplicative hashing throws neighbouring ranks far apart, so that every hot block is alone in its cluster.
 *
 * @source Knuth, "The Art of Computer Programming" 3, 6.4 (multiplicative hashing); fio 3.33, hash.h
 */
export class Scatter {
  readonly #count: number;
  readonly #offsetHigh: number;
  readonly #offsetLow: number;
  /** Bits that can be shifted in before a remainder must be taken. */
  readonly #step: number;

  /** @param offset modulo 2^64, negative too */
  constructor(count: number, offset: bigint) {
    this.#count = count;
    const wrapped = BigInt.asUintN(64, offset);
    this.#offsetHigh = Number(wrapped >> 32n);
    this.#offsetLow = Number(wrapped & 0xffffffffn);
    this.#step = count <= 2 ** 21 ? 32 : count <= 2 ** 37 ? 16 : 8;
  }

  /** @param rank below 2^53 */
  at(rank: number): number {
    const low = rank >>> 0;
    const high = Math.floor(rank / twoTo32) >>> 0;
    const sumLow = (Math.imul(low, goldenLow) >>> 0) + this.#offsetLow;
    const carry = sumLow >= twoTo32 ? 1 : 0;
    const productHigh = (upperProduct(low, goldenLow) + Math.imul(low, goldenHigh) + Math.imul(high, goldenLow)) >>> 0;
    return this.#remainder((productHigh + this.#offsetHigh + carry) >>> 0, sumLow >>> 0);
  }

  #remainder(high: number, low: number): number {
    const count = this.#count;
    let rest = high % count;
    if (this.#step === 32) return (rest * twoTo32 + low) % count;
    if (this.#step === 16) {
      rest = (rest * 65536 + (low >>> 16)) % count;
      return (rest * 65536 + (low & 0xffff)) % count;
    }
    for (let shift = 24; shift >= 0; shift -= 8) rest = (rest * 256 + ((low >>> shift) & 0xff)) % count;
    return rest;
  }
}

/** The upper 32 bits of the product of two numbers of 32 bits. */
function upperProduct(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const other = aLow * bHigh + (middle & 0xffff);
  return (aHigh * bHigh + Math.floor(middle / 65536) + Math.floor(other / 65536)) >>> 0;
}

/**
 * Bob Jenkins' hash of a text, 32 bits, from which fio seeds the hot spots of a file.
 * @source Jenkins, lookup3.c, 2006; the start value and the reading of bytes as in fio 3.33, hash.h
 */
export function nameHash(name: string): number {
  const bytes = Buffer.from(name, 'utf8');
  let a = (0x61c88647 + bytes.length) | 0;
  let b = a;
  let c = a;
  const turn = (word: number, bits: number): number => (word << bits) | (word >>> (32 - bits));
  let at = 0;
  let left = bytes.length;
  const byte = (index: number): number => bytes[at + index] ?? 0;
  // Of a whole block fio takes three bytes only.
  for (; left > 12; left -= 12, at += 12) {
    a = (a + byte(0)) | 0;
    b = (b + byte(4)) | 0;
    c = (c + byte(8)) | 0;
    a = ((a - c) ^ turn(c, 4)) | 0;
    c = (c + b) | 0;
    b = ((b - a) ^ turn(a, 6)) | 0;
    a = (a + c) | 0;
    c = ((c - b) ^ turn(b, 8)) | 0;
    b = (b + a) | 0;
    a = ((a - c) ^ turn(c, 16)) | 0;
    c = (c + b) | 0;
    b = ((b - a) ^ turn(a, 19)) | 0;
    a = (a + c) | 0;
    c = ((c - b) ^ turn(b, 4)) | 0;
    b = (b + a) | 0;
  }
  if (left === 0) return c >>> 0;
  const word = (from: number): number => {
    let value = 0;
    for (let index = 3; index >= 0; index--) value = (value << 8) | (from + index < left ? byte(from + index) : 0);
    return value;
  };
  a = (a + word(0)) | 0;
  b = (b + word(4)) | 0;
  c = (c + word(8)) | 0;
  c = ((c ^ b) - turn(b, 14)) | 0;
  a = ((a ^ c) - turn(c, 11)) | 0;
  b = ((b ^ a) - turn(a, 25)) | 0;
  c = ((c ^ b) - turn(b, 16)) | 0;
  a = ((a ^ c) - turn(c, 4)) | 0;
  b = ((b ^ a) - turn(a, 14)) | 0;
  c = ((c ^ b) - turn(b, 24)) | 0;
  return c >>> 0;
}
