import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { diskBytes, jobFile, jobs, requestLines } from './jobs.ts';

/** Absent where there is no fio. */
const fioVersion = ((): string | undefined => {
  try {
    return execFileSync('fio', ['--version'], { encoding: 'utf8' }).trim();
  } catch {
    return undefined;
  }
})();

let directory = '';
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'qtune-fio-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** What fio logs of the jobs of a file, in the order of the sections. */
function runFio(text: string): string[][] {
  let section = 0;
  const logged = text.replaceAll(/^\[(?!global)[^\]]*\]$/gm, (head) => `${head}\nwrite_iolog=${section++}.log`);
  const logs = Array.from({ length: section }, (_, index) => join(directory, `${index}.log`));
  // fio appends to a log that is there.
  for (const log of logs) rmSync(log, { force: true });
  writeFileSync(join(directory, 'disk.img'), '');
  truncateSync(join(directory, 'disk.img'), diskBytes);
  writeFileSync(join(directory, 'job.fio'), logged);
  const stdio: ['ignore', 'ignore', 'pipe'] = ['ignore', 'ignore', 'pipe'];
  execFileSync('fio', ['job.fio', '--output=/dev/null'], { cwd: directory, stdio });
  return logs.map(readLog);
}

function readLog(path: string): string[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .flatMap((line) => {
      const [, , action = '', offset = '', length = ''] = line.split(' ');
      if (action === 'sync' || action === 'datasync') return ['sync 0 0'];
      return ['read', 'write', 'trim'].includes(action) ? [`${action} ${offset} ${length}`] : [];
    });
}

function expectSame(actual: readonly string[], expected: readonly string[]): void {
  expect(actual.slice(0, 20)).toEqual(expected.slice(0, 20));
  expect(actual.findIndex((request, index) => request !== expected[index])).toBe(-1);
  expect(actual.length).toBe(expected.length);
}

describe.skipIf(fioVersion !== 'fio-3.33')('the very requests of fio 3.33', () => {
  describe('one behind the other in a file', () => {
    const sections = Object.entries(jobs).map(([name, options]) => `[${name}]\nstonewall\n${options}\n`);
    const text = `[global]\nfilename=disk.img\n${sections.join('')}`;
    let expected: string[][] = [];
    let actual: string[][] = [];
    beforeAll(() => {
      expected = runFio(text);
      actual = requestLines(text);
    }, 120_000);

    it.each(Object.keys(jobs).map((name, index) => ({ name, index })))('$name', ({ index }) => {
      const [ofFio = [], ofQtune = []] = [expected[index], actual[index]];
      expect(ofFio.length).toBeGreaterThan(5);
      expectSame(ofQtune, ofFio);
    });
  });

  it('each of several jobs, some behind others', () => {
    const text = `${jobFile('rw=randrw\nbsrange=4k-16k\nsize=4m')}
[zipf]
rw=randread
random_distribution=zipf:0.9
size=4m
[global]
bs=16k
[last]
stonewall
rw=randwrite
bssplit=4k/50:8k/50
size=2m
offset=1m
percentage_random=70
`;
    const expected = runFio(text);
    const actual = requestLines(text);
    expect(actual).toHaveLength(3);
    for (const [index, requests] of expected.entries()) expectSame(actual[index] ?? [], requests);
  });

  it('each copy of a job', () => {
    const text = jobFile('numjobs=3\nrw=randrw\nbs=4k\nsize=128k\noffset_increment=1m');
    const [log = []] = runFio(text);
    const actual = requestLines(text);
    expect(actual).toHaveLength(3);
    // The copies append to one log, each when it ends.
    expect([...log].sort()).toEqual(actual.flat().sort());
    for (const requests of actual) expect(log.join('\n')).toContain(requests.join('\n'));
  });
});
