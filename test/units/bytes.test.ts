import fc from 'fast-check';
import { expect, test } from 'vitest';
import { UsageError } from '../../src/errors.ts';
import { exactBytes, formatBytes, parseBytes } from '../../src/units/bytes.ts';

test.each([
  ['0', 0],
  ['1', 1],
  ['+1', 1],
  [' 1', 1],
  ['010', 10],
  ['1b', 1],
  ['1B', 1],
  ['1k', 1024],
  ['1K', 1024],
  ['1.5K', 1536],
  ['1.', 1],
  ['1.K', 1024],
  ['1.0', 1],
  ['0.0b', 0],
  ['.5K', 512],
  ['0x10', 16],
  ['0X1E', 30],
  ['1.0001K', 1024],
  ['0.1G', 107_374_182],
  ['0.9999999999999999999999K', 1024],
  ['2.3T', 2_528_876_743_885],
  ['64KiB', 65_536],
  ['2 TiB', 2_199_023_255_552],
  ['2T', 2_199_023_255_552],
  ['7.5P', 8_444_249_301_319_680],
  ['9007199254740991', Number.MAX_SAFE_INTEGER],
])('%j is %d bytes', (text, bytes) => {
  expect(parseBytes(text, '--disk')).toBe(bytes);
});

test.each([
  ['', '--disk: "" is not a size', 'Write it as QEMU does: 64K, 1.5G, 2T or plain bytes.'],
  ['.', '--disk: "." is not a size', 'Write it as QEMU does: 64K, 1.5G, 2T or plain bytes.'],
  ['K', '--disk: "K" is not a size', 'Write it as QEMU does: 64K, 1.5G, 2T or plain bytes.'],
  ['1.5.2K', '--disk: "1.5.2K" is not a size', 'Write it as QEMU does: 64K, 1.5G, 2T or plain bytes.'],
  ['1e3', '--disk: "1e3" is not a size', 'Write it as QEMU does: 64K, 1.5G, 2T or plain bytes.'],
  ['0x1.8', '--disk: "0x1.8" is not a size', 'Write it as QEMU does: 64K, 1.5G, 2T or plain bytes.'],
  ['1_000', '--disk: "1_000" is not a size', 'Write it as QEMU does: 64K, 1.5G, 2T or plain bytes.'],
  ['-1', '--disk: "-1" is negative; a size is not', undefined],
  ['2TB', '--disk: "2TB" is ambiguous', 'QEMU counts in powers of 1024: write 2T or 2TiB.'],
  ['1.5gb', '--disk: "1.5gb" is ambiguous', 'QEMU counts in powers of 1024: write 1.5G or 1.5GiB.'],
  ['0x10k', '--disk: "0x10k" is not a size', 'Write it as QEMU does: 64K, 1.5G, 2T or plain bytes.'],
  ['2X', '--disk: "2X" has the unknown unit "X"', 'Units are K, M, G, T, P and E, powers of 1024.'],
  ['inf', '--disk: "inf" is not a size', 'Write it as QEMU does: 64K, 1.5G, 2T or plain bytes.'],
  ['1.5', '--disk: "1.5" is not a whole number of bytes', undefined],
  ['0.5b', '--disk: "0.5b" is not a whole number of bytes', undefined],
  ['8P', '--disk: "8P" is larger than qtune can count (8 PiB less one byte)', undefined],
  ['16E', '--disk: "16E" is larger than qtune can count (8 PiB less one byte)', undefined],
  [
    '0xffffffffffffffff',
    '--disk: "0xffffffffffffffff" is larger than qtune can count (8 PiB less one byte)',
    undefined,
  ],
])('%j is refused: %s', (text, message, hint) => {
  let error: unknown;
  try {
    parseBytes(text, '--disk');
  } catch (caught) {
    error = caught;
  }
  expect(error).toBeInstanceOf(UsageError);
  expect(error).toMatchObject({ message, hint });
});

test('the exact spelling is read back as the same number', () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), (bytes) => parseBytes(exactBytes(bytes), 'x') === bytes),
    { seed: 1, numRuns: 500 },
  );
  expect([65_536, 1536, 1000, 2 ** 41, 0].map(exactBytes)).toEqual(['64K', '1536', '1000', '2T', '0']);
});

test.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1024, '1 KiB'],
  [1536, '1.5 KiB'],
  [1024 ** 2 - 1, '1 MiB'],
  [335_806_464, '320 MiB'],
  [2 ** 41, '2 TiB'],
  [-2048, '-2 KiB'],
])('%d bytes are printed as %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});
