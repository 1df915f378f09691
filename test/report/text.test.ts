import { describe, expect, test } from 'vitest';
import { formatChange, formatChangeInterval, formatMultiple, formatSpread } from '../../src/report/figures.ts';
import { brokenAt, Footnotes, renderNamedTable } from '../../src/report/fit-columns.ts';
import { printable } from '../../src/report/printable.ts';

describe('a name from outside', () => {
  test.each([
    ['plain text stays', 'cluster_size=64K → ü', 'cluster_size=64K → ü'],
    ['an escape sequence', '\u001b[31m', '\\x1b[31m'],
    ['lines and tabs', 'a\nb\tc\r', 'a\\x0ab\\x09c\\x0d'],
    ['direction marks', '\u202e\u061c\u2066', '\\u{202e}\\u{61c}\\u{2066}'],
    ['invisible letters', '\u200b\u00ad\u{e0041}', '\\u{200b}\\xad\\u{e0041}'],
  ])('is made visible: %s', (_, given, shown) => {
    expect(printable(given)).toBe(shown);
  });

  test('is cut in the middle where it is very long', () => {
    const shown = printable(`start${'x'.repeat(1e6)}end`);
    expect(shown.length).toBe(160);
    expect(shown).toMatch(/^startx+…x+end$/);
  });
});

describe('a line too long', () => {
  test('is broken at spaces and indented', () => {
    expect(brokenAt('  one two three', 9)).toBe('  one two\n    three');
  });

  test('is broken anywhere where it has no space', () => {
    expect(brokenAt('abcdefghij', 4)).toBe('abcd\n  ef\n  gh\n  ij');
  });

  test('keeps double spaces', () => {
    expect(brokenAt('run  started', 20)).toBe('run  started');
  });
});

test('a table breaks long names and never its figures', () => {
  const text = renderNamedTable([{ title: 'name' }, { title: 'value' }], [['word '.repeat(40), '123']]);
  for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
  expect(text).toContain('123');
});

test('the same footnote is given one number', () => {
  const notes = new Footnotes();
  expect([notes.mark('a'), notes.mark('b'), notes.mark('a')]).toEqual(['¹', '²', '¹']);
  expect(notes.render()).toBe('¹ a\n² b\n');
});

test.each([
  [1, '0.00 %'],
  [0.999999, '0.00 %'],
  [1.0421, '+4.21 %'],
  [0.751, '-24.9 %'],
  [12.47, '×12.5'],
  [0, '-100.0 %'],
])('the ratio %f is told as %s', (ratio, text) => {
  expect(formatChange(ratio)).toBe(text);
});

test('intervals and spreads are short', () => {
  expect(formatChangeInterval(0.9, 0.95)).toBe('[-10.0, -5.00]');
  expect(formatChangeInterval(1.9, 2.1)).toBe('[×1.90, ×2.10]');
  expect(formatMultiple(0.0004)).toBe('×0.0004');
  expect(formatSpread({ median: 100, low: 98, high: 101 })).toBe('±2 %');
  expect(formatSpread({ median: 0, low: 0, high: 1 })).toBe('');
});
