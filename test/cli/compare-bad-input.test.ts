import { afterAll, beforeAll, expect, test } from 'vitest';
import { ExitCode, runCli } from '../helpers/host.ts';
import { around, type JournalDirectory, type JournalPlan, journalDirectory, journalText } from '../helpers/journal.ts';
import { sampleEnvironment } from '../helpers/trials.ts';

let journals: JournalDirectory;

/** Each file, the exit code of a gate on it, and what is said. */
const cases: readonly (readonly [name: string, text: () => string | JournalPlan, exitCode: number, message: string])[] =
  [
    ['empty', () => '', ExitCode.usage, 'the journal has no header'],
    ['cut in its only line', () => good().slice(0, 50), ExitCode.usage, 'its only line is not whole'],
    ['header alone', () => `${good().split('\n')[0]}\n`, ExitCode.usage, 'no cell of the baseline'],
    ['cut in a trial', () => good().slice(0, -40), ExitCode.ok, 'the last line is not whole'],
    ['of a later version', () => good().replace('journal/1', 'journal/2'), ExitCode.usage, 'written by a newer qtune'],
    ['of another program', () => good().replace('qtune.journal/1', 'x'), ExitCode.usage, 'its schema is "x"'],
    ['with NaN', () => good().replace(/"iops":[\d.]+/, '"iops":NaN'), ExitCode.usage, ':2: not a journal record'],
    [
      'with null',
      () => good().replace(/"iops":[\d.]+/, '"iops":null'),
      ExitCode.usage,
      ':2: metrics.iops is not a finite',
    ],
    ['with infinity', () => good().replace(/"p99":[\d.]+/, '"p99":1e999'), ExitCode.usage, ':2: metrics.latencyMs.p99'],
    ['with zero', () => good().replaceAll(/"iops":[\d.]+/g, '"iops":0'), ExitCode.usage, '12 pairs left out'],
    ['of one sample', () => ({ cells: [{ iops: [500] }], startMs: later }), ExitCode.usage, '1 pair'],
    [
      'of another plan',
      () => ({ ...plan(500), workload: { hash: 'other' } }),
      ExitCode.usage,
      'the workload is not the same',
    ],
    [
      'of another host',
      () => ({ ...plan(500), header: { environment: elsewhere } }),
      ExitCode.usage,
      'the hosts differ',
    ],
    [
      'of other cells',
      () => ({ cells: [{ workload: 'boot', iops: around(500, 12) }] }),
      ExitCode.usage,
      'no cell of the baseline',
    ],
    [
      'with a cell more',
      () => ({ ...plan(1000), cells: [...plan(1000).cells, { workload: 'boot', iops: [1] }] }),
      ExitCode.usage,
      'not in base',
    ],
    [
      'from the future',
      () => ({ ...plan(1000), header: { startedAt: '2999-01-01T00:00:00.000Z' } }),
      ExitCode.ok,
      'still to come',
    ],
  ];
const later = Date.UTC(2026, 0, 3);
const elsewhere = { ...sampleEnvironment, cpuModel: 'Another', fingerprint: 'another' };
const plan = (iops: number): JournalPlan => ({
  cells: [{ iops: around(iops, 12, 0.01, 3) }],
  startMs: later,
  workload: { hash: 'one' },
});
const good = (): string => journalText(plan(1000));

beforeAll(() => {
  journals = journalDirectory();
  journals.write('base.ndjson', { ...plan(1000), startMs: 0 });
});
afterAll(() => journals.remove());

test.each(cases)('a journal %s is never a wrong green and has no NaN', async (name, text, exitCode, message) => {
  journals.write('head.ndjson', text());
  for (const format of ['table', 'json', 'markdown', 'csv']) {
    const argv = ['compare', 'base.ndjson', 'head.ndjson', '--fail-on', '5%', '--format', format];
    const { exitCode: code, stdout, stderr } = await runCli(argv, { cwd: journals.path });
    expect([name, code]).toEqual([name, exitCode]);
    expect(stdout).not.toMatch(/\b(?:NaN|Infinity|undefined)\b/);
    if (format === 'table') expect(`${stdout}${stderr}`.replace(/\s+/g, ' ')).toContain(message);
  }
});

test('sides without any variance are inconclusive, not the same', async () => {
  journals.write('constant.ndjson', { cells: [{ iops: new Array<number>(12).fill(1000) }] });
  const argv = ['compare', 'constant.ndjson', 'constant.ndjson', '--json', '--metric', 'iops'];
  const { stdout } = await runCli(argv, { cwd: journals.path });
  expect(JSON.parse(stdout)).toMatchObject({ verdict: 'inconclusive', cells: [{ verdict: 'inconclusive' }] });
});
