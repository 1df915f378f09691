import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RecencyStack } from '../../../src/driver/curve/recency-stack.ts';

/** The same stack as a plain array. */
class PlainStack {
  #keys: number[] = [];

  use(key: number): number {
    const place = this.#keys.indexOf(key) + 1;
    this.#keys = [key, ...this.#keys.filter((other) => other !== key)];
    return place;
  }

  keepOnly(kept: (key: number) => boolean): void {
    this.#keys = this.#keys.filter(kept);
  }
}

test('a key comes back at the number of keys used since, itself included', () => {
  const stack = new RecencyStack(3);
  expect([0, 1, 0, 0, 2, 1, 0].map((key) => stack.use(key))).toEqual([0, 0, 2, 1, 0, 3, 3]);
  expect(stack.size).toBe(3);
});

describe('against an array that keys are moved to the front of', () => {
  test('every place is the same, however often the line fills', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 700 }), fc.integer(), (keyCount, seed) => {
        const [stack, plain] = [new RecencyStack(keyCount), new PlainStack()];
        let state = seed | 0;
        for (let step = 0; step < 3000; step++) {
          state = (Math.imul(state, 1_103_515_245) + 12_345) | 0;
          const key = Math.floor(((state >>> 8) / 2 ** 24) ** 2 * keyCount);
          expect(stack.use(key)).toBe(plain.use(key));
        }
      }),
      { numRuns: 10 },
    );
  });

  test('and after keys were taken off', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(40), { maxLength: 200 }), fc.integer({ min: 1, max: 5 }), (keys, divisor) => {
        const [stack, plain] = [new RecencyStack(41), new PlainStack()];
        for (const [index, key] of keys.entries()) {
          if (index % 50 === 49) {
            const kept = (one: number) => one % divisor !== 0;
            stack.keepOnly(kept);
            plain.keepOnly(kept);
          }
          expect(stack.use(key)).toBe(plain.use(key));
        }
      }),
    );
  });
});
