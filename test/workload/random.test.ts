import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Random } from '../../src/workload/random.ts';

test('the first numbers of a seed are the same on every machine', () => {
  const random = new Random(42, 1, 2);
  const drawn = Array.from({ length: 4 }, () => random.uint32());
  expect(drawn).toMatchInlineSnapshot(`
    [
      885369272,
      3353684947,
      3605953868,
      3515760258,
    ]
  `);
  expect(random.fraction()).toMatchInlineSnapshot(`0.614360088464937`);
});

test('the recurrence is that of xoshiro128**', () => {
  // An independent statement in big integers, run from the same state.
  const mask = 0xffffffffn;
  const rotl = (x: bigint, k: bigint): bigint => ((x << k) | (x >> (32n - k))) & mask;
  const next = (s: bigint[]): bigint => {
    const [a = 0n, b = 0n, c = 0n, d = 0n] = s;
    const result = (rotl((b * 5n) & mask, 7n) * 9n) & mask;
    const c1 = c ^ a;
    const d1 = d ^ b;
    s.splice(0, 4, a ^ d1, b ^ c1, c1 ^ ((b << 9n) & mask), rotl(d1, 11n));
    return result;
  };
  // The state is not visible. But the scrambler can be undone, which gives the second word at every step, and four of
  // them determine the other three words by the linear recurrence.
  const random = new Random(7);
  const outputs = Array.from({ length: 64 }, () => random.uint32());
  const inverse9 = 954437177n; // 9 · 954437177 ≡ 1 (mod 2^32)
  const inverse5 = 3435973837n; // 5 · 3435973837 ≡ 1 (mod 2^32)
  const second = outputs.map((output) => (rotl((BigInt(output) * inverse9) & mask, 25n) * inverse5) & mask);
  const [b0 = 0n, b1 = 0n, b2 = 0n, b3 = 0n] = second;
  // b1 = b0 ^ (c0 ^ a0), b2 = b1 ^ c1 ^ a1 = …; with x = a0, y = c0, z = d0:
  // c1 = y ^ x ^ (b0 << 9), a1 = x ^ z ^ b0, so b2 = b1 ^ y ^ (b0 << 9) ^ z ^ b0.
  const xy = b1 ^ b0;
  const yz = b2 ^ b1 ^ ((b0 << 9n) & mask) ^ b0;
  // d1 = rotl(z ^ b0, 11), c2 = c1 ^ a1 ^ (b1 << 9), a2 = a1 ^ d1 ^ b1, b3 = b2 ^ c2 ^ a2 leaves d1 alone:
  // b3 = b2 ^ c1 ^ a1 ^ (b1 << 9) ^ a1 ^ d1 ^ b1 = b2 ^ b1 ^ (b1 << 9) ^ c1 ^ d1, c1 = xy ^ (b0 << 9).
  const d1 = b3 ^ b2 ^ b1 ^ ((b1 << 9n) & mask) ^ xy ^ ((b0 << 9n) & mask);
  const z = rotl(d1, 21n) ^ b0;
  const y = yz ^ z;
  const x = xy ^ y;
  const state = [x, b0, y, z];
  expect(Array.from({ length: 64 }, () => Number(next(state)))).toEqual(outputs);
});

test('streams of one seed differ, and equal streams are equal', () => {
  const first = (seed: number, ...stream: number[]): string => {
    const random = new Random(seed, ...stream);
    return Array.from({ length: 4 }, () => random.uint32()).join();
  };
  const streams = [first(1), first(1, 0), first(1, 1), first(1, 0, 0), first(1, 0, 1), first(2), first(2 ** 32 + 1)];
  expect(new Set(streams).size).toBe(streams.length);
  expect(first(1, 0, 1)).toBe(first(1, 0, 1));
});

test('draws below a bound stay below it and reach both ends', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), fc.nat(), (count, seed) => {
      const random = new Random(seed);
      for (let draw = 0; draw < 50; draw++) {
        const value = random.below(count);
        if (!(Number.isSafeInteger(value) && value >= 0 && value < count)) return false;
      }
      return true;
    }),
    { seed: 1 },
  );
  const random = new Random(5);
  const seen = new Set(Array.from({ length: 1000 }, () => random.below(10)));
  expect([...seen].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test('sixteen bins of a million draws pass a chi-square test at one in ten thousand', () => {
  const random = new Random(11);
  const bins = new Array<number>(16).fill(0);
  for (let draw = 0; draw < 1_000_000; draw++) {
    const bin = random.below(16);
    bins[bin] = (bins[bin] ?? 0) + 1;
  }
  const chiSquare = bins.reduce((sum, count) => sum + (count - 62_500) ** 2 / 62_500, 0);
  expect(chiSquare).toBeLessThan(44.3); // 15 degrees of freedom, 0.9999 quantile
});
