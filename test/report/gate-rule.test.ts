import fc from 'fast-check';
import { expect, test } from 'vitest';
import { matchesGlob } from '../../src/report/gate-rule.ts';

test('a glob matches what the regular expression of it does', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?', '.'), maxLength: 12 });
  fc.assert(
    fc.property(text, text, (glob, candidate) => {
      const pattern = glob.replace(/[.]/g, '\\.').replaceAll('*', '.*').replaceAll('?', '.');
      expect(matchesGlob(glob, candidate)).toBe(new RegExp(`^${pattern}$`, 's').test(candidate));
    }),
    { numRuns: 3000 },
  );
});

test('many stars take no longer than they must', () => {
  expect(matchesGlob(`${'*a'.repeat(200)}b`, 'a'.repeat(5000))).toBe(false);
});
