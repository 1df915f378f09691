import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseDecimal, parseFixed, parseHexadecimal } from '../../../src/workload/trace/byte-numbers.ts';

const of = (parse: (bytes: Uint8Array, start: number, end: number) => number, text: string): number =>
  parse(Buffer.from(`<${text}>`), 1, 1 + text.length);

test('whole numbers below 2^53 are read, and nothing else', () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), (value) => {
      expect(of(parseDecimal, String(value))).toBe(value);
    }),
  );
  expect(of(parseDecimal, '00012')).toBe(12);
  const none = ['', '-1', '+1', '1.0', '1e3', '0x10', ' 1', '9007199254740992', '9007199254740993', '9'.repeat(400)];
  for (const text of none) expect(of(parseDecimal, text), text).toBeNaN();
});

test('hexadecimal numbers are read with and without 0x', () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), fc.boolean(), fc.boolean(), (value, prefixed, capital) => {
      const digits = capital ? value.toString(16).toUpperCase() : value.toString(16);
      expect(of(parseHexadecimal, `${prefixed ? '0x' : ''}${digits}`)).toBe(value);
    }),
  );
  for (const text of ['', '0x', 'g', '-1', '20000000000000']) expect(of(parseHexadecimal, text), text).toBeNaN();
});

test('fractions keep their digits beside large whole parts', () => {
  const seconds = (text: string) => of((bytes, start, end) => parseFixed(bytes, start, end, 1e6), text);
  expect(seconds('1455592551.002381000')).toBe(1455592551002381);
  expect(seconds('0.000001')).toBe(1);
  expect(seconds('3')).toBe(3e6);
  expect(seconds('0.5000000000000000000001')).toBe(500_000);
  for (const text of ['', '.', '1.', '.5', '1.2.3', '-1.5', '1.5e3', '1.x', `1.${'0'.repeat(20)}x`]) {
    expect(seconds(text), text).toBeNaN();
  }
});
