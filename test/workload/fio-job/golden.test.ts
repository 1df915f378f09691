import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { planJob } from '../../../src/workload/fio-job/job-plan.ts';
import { parseFioJob } from '../../../src/workload/fio-job/load-fio-job.ts';
import { plainRequestCount } from '../../../src/workload/fio-job/plain-request-count.ts';
import { diskBytes, jobFile, jobs, requestLines } from './jobs.ts';

/** How many requests fio 3.33 logged of each job, and the SHA-256 of them, one a line. */
const logged: Readonly<Record<string, { readonly count: number; readonly sha256: string }>> = JSON.parse(
  readFileSync(join(import.meta.dirname, 'fio-3.33.json'), 'utf8'),
);

it.each(Object.entries(jobs))('as fio 3.33 logged it: %s', (name, options) => {
  const [lines = []] = requestLines(jobFile(options));
  const sha256 = createHash('sha256').update(lines.join('\n')).digest('hex');
  expect({ count: lines.length, sha256 }).toEqual(logged[name]);
});

it('the number of requests is known without counting them only where it is right', () => {
  const known = Object.entries(jobs).flatMap(([name, options]) => {
    const [job] = parseFioJob(jobFile(options), 'job.fio', 'job.fio').jobs;
    if (job === undefined) throw new Error('there is a job');
    const plan = planJob(job, { diskBytes, thread: 1, copy: 0, seed: undefined, where: name, zetas: new Map() });
    const count = plainRequestCount(plan);
    if (count !== undefined) expect({ name, count }).toEqual({ name, count: logged[name]?.count });
    return count === undefined ? [] : [name];
  });
  expect(known.length).toBeGreaterThan(10);
  expect(known.length).toBeLessThan(Object.keys(jobs).length);
});
