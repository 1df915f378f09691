import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { jobFile, jobs, requestLines } from './jobs.ts';

/** How many requests fio 3.33 logged of each job, and the SHA-256 of them, one a line. */
const logged: Readonly<Record<string, { readonly count: number; readonly sha256: string }>> = JSON.parse(
  readFileSync(join(import.meta.dirname, 'fio-3.33.json'), 'utf8'),
);

it.each(Object.entries(jobs))('as fio 3.33 logged it: %s', (name, options) => {
  const [lines = []] = requestLines(jobFile(options));
  const sha256 = createHash('sha256').update(lines.join('\n')).digest('hex');
  expect({ count: lines.length, sha256 }).toEqual(logged[name]);
});
