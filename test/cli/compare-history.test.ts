import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { historySchema } from '../../src/report/schemas/history.ts';
import { ExitCode, runCli } from '../helpers/host.ts';
import { around, configuration, type JournalDirectory, journalDirectory } from '../helpers/journal.ts';
import { sampleEnvironment } from '../helpers/trials.ts';

let journals: JournalDirectory;
const day = (index: number): number => Date.UTC(2026, 0, 1 + index);

beforeAll(() => {
  journals = journalDirectory();
  for (const name of ['runs', 'few', 'empty']) mkdirSync(join(journals.path, name));
  const run = (index: number, environment = {}) => ({
    cells: [
      {
        configuration: configuration({ 'l2-cache-size': '1M' }),
        iops: around(index < 12 ? 1000 : 900, 3, 0.01, 3 * index),
        metrics: { hostIo: { dataRead: index < 5 ? 100 : 90 } },
      },
    ],
    startMs: day(index),
    header: {
      environment: { ...sampleEnvironment, qemu: `qemu-img version ${index < 12 ? '7.2' : '10.0'}`, ...environment },
    },
  });
  // Names in another order than times.
  for (let index = 0; index < 18; index++) journals.write(`runs/${String(99 - index)}.ndjson`, run(index));
  for (let index = 0; index < 2; index++) {
    journals.write(`runs/other-${index}.ndjson`, run(20 + index, { cpuModel: 'Another', fingerprint: 'x' }));
  }
  journals.write('runs/broken.ndjson', 'hello\n');
  journals.write('runs/notes.txt', 'hello\n');
  for (let index = 0; index < 3; index++) journals.write(`few/${index}.ndjson`, run(index));
});
afterAll(() => journals.remove());

const history = (...argv: string[]) => runCli(['compare', '--history', ...argv], { cwd: journals.path });

test('finds the run in which a metric shifted, noisy and exact, in the order of time', async () => {
  const { stdout, exitCode } = await history('runs', '--json', '--metric', 'iops,hostIoCount');
  expect(exitCode).toBe(ExitCode.ok);
  const document = historySchema.parse(JSON.parse(stdout));
  expect(document.runCount).toBe(20);
  const [iops, otherIops, counts] = document.series;
  expect(iops).toMatchObject({ metric: 'iops', hostNumber: 1, state: 'shifted' });
  expect(iops?.points).toHaveLength(18);
  expect(iops?.shifts).toMatchObject([
    {
      run: '87.ndjson',
      index: 12,
      verdict: 'worse',
      qemu: 'qemu-img version 10.0',
      runsAgo: 6,
      ratio: expect.closeTo(0.9, 2),
    },
  ]);
  expect(otherIops).toMatchObject({ metric: 'iops', hostNumber: 2, state: 'too-short', shifts: [] });
  // Counts do not depend on the host, and any change is a shift.
  expect(counts?.points).toHaveLength(20);
  expect(counts?.shifts).toMatchObject([
    { run: '94.ndjson', before: 100, after: 90, probability: 0, verdict: 'better' },
  ]);
  expect(document.warnings.map((warning) => [warning.code, warning.subject])).toEqual([
    ['not-read', 'broken.ndjson'],
    ['several-hosts', 'history'],
  ]);
});

test('shows a table and a chart with the shift marked', async () => {
  const { stdout } = await history('runs', '--metric', 'iops');
  expect(stdout).toContain('2026-01-12 87.ndjson QEMU 10.0');
  expect(stdout).toContain('worse');
  expect(stdout).toContain('^ 2026-01-12 87.ndjson');
  expect(stdout).toMatch(/^ +\^$/m);
  expect(stdout).toContain('broken.ndjson: left out:');
  expect(stdout).toContain('runs of other hosts');
  expect(stdout).not.toMatch(/NaN|Infinity|undefined/);
  for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
});

test.each([
  [['runs', '--metric', 'iops', '--fail-on', '5%'], ExitCode.no, '87.ndjson'],
  [['runs', '--metric', 'iops', '--fail-on', '20%'], ExitCode.ok, ''],
  [['few', '--fail-on', '5%'], ExitCode.usage, 'too few'],
  [['few'], ExitCode.ok, ''],
  [['empty'], ExitCode.usage, 'no journal in it'],
  [['nowhere'], ExitCode.usage, 'there is no such directory'],
  [['runs', '--format', 'junit'], ExitCode.usage, 'not as junit'],
  [['runs', '--fail-on', 'rules.yaml'], ExitCode.usage, 'no rules'],
])('%j ends with %i', async (argv, exitCode, message) => {
  const { exitCode: code, stderr } = await history(...argv);
  expect(code).toBe(exitCode);
  expect(stderr).toContain(message);
});
