import { expect, test } from 'vitest';
import { formatDuration, parseDuration } from '../../src/units/duration.ts';

test.each([
  ['60s', 60_000],
  ['500ms', 500],
  ['5m', 300_000],
  ['5min', 300_000],
  ['1.5h', 5_400_000],
  ['10', 10_000],
])('%s is %d ms', (text, ms) => {
  expect(parseDuration(text, '--measure')).toBe(ms);
});

test.each(['', '0', '-1s', '1d', 's', '1s2'])('%j is refused, naming the flag', (text) => {
  expect(() => parseDuration(text, '--measure')).toThrow(`--measure: "${text}" is not a duration`);
});

test.each([
  [0.042, '0.042 ms'],
  [9.5, '9.50 ms'],
  [850, '850 ms'],
  [12_340, '12.3 s'],
  [245_000, '4 min 05 s'],
  [7_800_000, '2 h 10 min'],
])('%d ms are printed as %s', (ms, text) => {
  expect(formatDuration(ms)).toBe(text);
});
