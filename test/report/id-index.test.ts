import fc from 'fast-check';
import { expect, test } from 'vitest';
import { IdIndex } from '../../src/report/id-index.ts';

test('ids get the numbers that a map would give them', () => {
  const digits = fc.string({ unit: fc.constantFrom(...'0a9fAF'), minLength: 15, maxLength: 17 });
  const id = fc.oneof(
    digits,
    fc.bigInt(0n, 0xffffffffffffffffn).map((value) => value.toString(16).padStart(16, '0')),
    fc.string(),
  );
  fc.assert(
    fc.property(fc.array(id, { maxLength: 60 }), (ids) => {
      const index = new IdIndex();
      const known = new Map<string, number>();
      for (const one of [...ids, ...ids]) {
        if (!known.has(one)) known.set(one, known.size);
        expect(index.numberOf(one)).toBe(known.get(one));
      }
      expect(index.size).toBe(known.size);
    }),
  );
});

test('many ids that are near each other stay apart', () => {
  const index = new IdIndex();
  const id = (number: number): string => (number * 4096).toString(16).padStart(16, '0');
  for (let round = 0; round < 2; round++) {
    for (let number = 0; number < 20_000; number++) expect(index.numberOf(id(number))).toBe(number);
  }
});
