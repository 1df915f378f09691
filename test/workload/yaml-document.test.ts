import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InputError } from '../../src/errors.ts';
import { parseYaml } from '../../src/workload/yaml-document.ts';

function messageOf(text: string): string {
  try {
    parseYaml('p.yaml', text);
  } catch (error) {
    if (error instanceof InputError) return error.message;
    throw error;
  }
  return 'accepted';
}

test('values come with the line they stand on, and lines of missing keys are those of their mapping', () => {
  const document = parseYaml('p.yaml', '# a comment\na: 1\nlist:\n  - x\n  - {b: 2}\n');
  expect(document.value).toEqual({ a: 1, list: ['x', { b: 2 }] });
  expect(
    [['a'], ['list'], ['list', 1, 'b'], ['list', 1, 'missing'], ['no']].map((path) => document.lineOf(path)),
  ).toEqual([2, 3, 5, 5, 2]);
});

test('mappings have no prototype, so that a key cannot reach one', () => {
  const { value } = parseYaml('p.yaml', '__proto__: {polluted: yes}\nconstructor: 1\n');
  expect(Object.getPrototypeOf(value)).toBeNull();
  expect(Object.keys(value as object)).toEqual(['__proto__', 'constructor']);
  expect(({} as Record<string, unknown>).polluted).toBeUndefined();
});

describe('refused with the line', () => {
  test.each([
    ['a: 1\nb: 2\na: 3\n', 'p.yaml:3: the key "a" is there twice'],
    ['a: &x 1\nb: *x\n', 'p.yaml:2: aliases are not read; write the value again'],
    ['a: 1\nb: !secret x\n', 'p.yaml:2: this is not YAML: Unresolved tag: !secret'],
    ['a: 1\nb: !!binary aGk=\n', 'p.yaml:2: the tag tag:yaml.org,2002:binary is not read'],
    ['a: [1, 2\n', /^p.yaml:\d: this is not YAML: /],
    ['a: 1\n b: 2\n', /^p.yaml:1: this is not YAML: /],
    ['a: 1\n---\nb: 2\n', /^p.yaml:2: this is not YAML: Source contains multiple documents/],
    ['a: 1\nb: 12345678901234567890\n', 'p.yaml:2: the number 12345678901234567890 is too large to be exact'],
    ['? [a, b]\n: 1\n', 'p.yaml:1: a key must be plain text'],
    ['a: "\\q"\n', /^p.yaml:1: this is not YAML: /],
  ])('%j', (text, message) => {
    expect(messageOf(text)).toMatch(message);
  });

  test('more than 256 KiB', () => {
    expect(messageOf(`a: ${'x'.repeat(262_144)}`)).toBe(
      'p.yaml: the file is larger than 256 KiB; a profile is a page of text',
    );
  });
});

describe('nesting', () => {
  const shapes: Record<string, (depth: number) => string> = {
    'flow sequences': (depth) => '['.repeat(depth) + ']'.repeat(depth),
    'flow mappings': (depth) => '{a: '.repeat(depth) + '}'.repeat(depth),
    'open brackets': (depth) => '['.repeat(depth),
    'block mappings': (depth) => Array.from({ length: depth }, (_, level) => `${' '.repeat(level)}a:\n`).join(''),
    'block sequences': (depth) => Array.from({ length: depth }, (_, level) => `${' '.repeat(level)}-\n`).join(''),
    'compact sequences': (depth) => `${'- '.repeat(depth)}x\n`,
    'explicit keys': (depth) => `${'? '.repeat(depth)}x\n`,
    'explicit values': (depth) =>
      `${Array.from({ length: depth }, (_, level) => `${' '.repeat(2 * level)}? a\n${' '.repeat(2 * level)}: `).join('\n')}x\n`,
  };

  test.each(Object.entries(shapes))(
    'of %s is refused above 32 levels, quickly at any depth, twice in a process',
    (_name, shape) => {
      for (const depth of [40, 2000, 2000]) {
        const started = performance.now();
        expect(messageOf(shape(depth))).toMatch(/nested deeper than 32 levels|larger than 256 KiB|not YAML|plain text/);
        expect(performance.now() - started).toBeLessThan(2000);
      }
      expect(messageOf(shape(40))).not.toBe('accepted');
    },
  );

  test('of 20 levels is read', () => {
    expect(messageOf(shapes['flow sequences']?.(20) ?? '')).toBe('accepted');
    expect(messageOf(shapes['block mappings']?.(20) ?? '')).toBe('accepted');
    expect(
      messageOf(
        `${Array.from({ length: 500 }, (_, index) => `k${index}:\n  - {a: [1, 2]}\n  - b:\n      c: 1\n`).join('')}`,
      ),
    ).toBe('accepted');
  });
});

test('40,000 keys in the largest file are read in good time', () => {
  const started = performance.now();
  expect(messageOf(Array.from({ length: 26_000 }, (_, index) => `k${index}: 1`).join('\n'))).toBe('accepted');
  expect(performance.now() - started).toBeLessThan(5000);
});

test('whatever the text, there is a document or an InputError', () => {
  const piece = fc.constantFrom(
    'a',
    ':',
    ' ',
    '\n',
    '- ',
    '[',
    ']',
    '{',
    '}',
    '"',
    "'",
    '|',
    '>',
    '&x ',
    '*x',
    '!t ',
    '#',
    '? ',
    '%',
    ',',
    '\t',
    '---',
    '\u0000',
    '\ufeff',
    '1e999',
    '~',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
      messageOf(pieces.join(''));
    }),
    { seed: 11, numRuns: 2000 },
  );
});
