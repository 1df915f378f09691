const length = 312;
const middle = 156;

/**
 * MT19937-64 as iozone carries it, with its fixed key: the order of the random tests is the same in every run of iozone.
 * Words are kept as two halves of 32 bits, since BigInt is ten times slower; only the seeding multiplies.
 *
 * @source Nishimura and Matsumoto, mt19937-64.c, 2004; iozone 3.471, iozone.c, random_perf_test (init_by_array64)
 */
export class MersenneTwister64 {
  readonly #high = new Uint32Array(length);
  readonly #low = new Uint32Array(length);
  #index = length;

  constructor(key: readonly bigint[]) {
    for (const [index, word] of seeded(key).entries()) {
      this.#high[index] = Number(word >> 32n);
      this.#low[index] = Number(word & 0xffffffffn);
    }
  }

  /** The next 64-bit number modulo `count`, which is at most 2^37. */
  below(count: number): number {
    if (this.#index === length) this.#renew();
    let high = this.#high[this.#index] ?? 0;
    let low = this.#low[this.#index++] ?? 0;
    // x ^= (x >> 29) & 0x5555555555555555
    [high, low] = [high ^ ((high >>> 29) & 0x55555555), low ^ (((high << 3) | (low >>> 29)) & 0x55555555)];
    // x ^= (x << 17) & 0x71d67fffeda60000
    [high, low] = [high ^ (((high << 17) | (low >>> 15)) & 0x71d67fff), low ^ ((low << 17) & 0xeda60000)];
    // x ^= (x << 37) & 0xfff7eee000000000
    high ^= (low << 5) & 0xfff7eee0;
    // x ^= x >> 43
    low ^= high >>> 11;
    const upper = ((high >>> 0) % count) * 65_536 + ((low >>> 16) & 0xffff);
    return ((upper % count) * 65_536 + (low & 0xffff)) % count;
  }

  #renew(): void {
    for (let index = 0; index < length; index++) {
      const next = (index + 1) % length;
      const other = (index + middle) % length;
      const high = ((this.#high[index] ?? 0) & 0xffffffff) >>> 0;
      const low = ((this.#low[index] ?? 0) & 0x80000000) | ((this.#low[next] ?? 0) & 0x7fffffff);
      const isOdd = (low & 1) !== 0;
      this.#low[index] = (this.#low[other] ?? 0) ^ ((high << 31) | (low >>> 1)) ^ (isOdd ? 0xa96619e9 : 0);
      this.#high[index] = (this.#high[other] ?? 0) ^ (high >>> 1) ^ (isOdd ? 0xb5026f5a : 0);
    }
    this.#index = 0;
  }
}

const mask = (1n << 64n) - 1n;

function seeded(key: readonly bigint[]): bigint[] {
  const words = [19_650_218n];
  const at = (index: number): bigint => words[index] ?? 0n;
  const folded = (index: number): bigint => at(index - 1) ^ (at(index - 1) >> 62n);
  for (let index = 1; index < length; index++) {
    words[index] = (6_364_136_223_846_793_005n * folded(index) + BigInt(index)) & mask;
  }
  let index = 1;
  const step = (): void => {
    index += 1;
    if (index < length) return;
    words[0] = at(length - 1);
    index = 1;
  };
  for (let count = 0; count < Math.max(length, key.length); count++) {
    const place = count % key.length;
    const word = (key[place] ?? 0n) + BigInt(place);
    words[index] = ((at(index) ^ (folded(index) * 3_935_559_000_370_003_845n)) + word) & mask;
    step();
  }
  for (let count = 0; count < length - 1; count++) {
    words[index] = ((at(index) ^ (folded(index) * 2_862_933_555_777_941_757n)) - BigInt(index)) & mask;
    step();
  }
  words[0] = 1n << 63n;
  return words;
}
