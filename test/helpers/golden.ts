import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';

const directory = join(import.meta.dirname, '..', 'golden');

/**
 * Compares text with the file `test/golden/NAME`. On a mismatch what came is written beside it as `NAME.got`: look at it,
 * and if it is right, move it over the golden file in a commit that says why.
 */
export function expectGolden(name: string, text: string): void {
  const path = join(directory, name);
  const got = `${path}.got`;
  const wanted = existsSync(path) ? readFileSync(path, 'utf8') : undefined;
  if (wanted === text) {
    rmSync(got, { force: true });
    return;
  }
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(got, text);
  expect(text, `see ${name}.got`).toBe(wanted);
}
