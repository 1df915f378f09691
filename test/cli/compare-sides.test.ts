import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compareSchema } from '../../src/report/schemas/compare.ts';
import { ExitCode, runCli } from '../helpers/host.ts';
import { around, configuration, type JournalDirectory, journalDirectory } from '../helpers/journal.ts';

let journals: JournalDirectory;
const labelled = (size: string) => configuration({ 'l2-cache-size': size });

beforeAll(() => {
  journals = journalDirectory();
  const cells = (factor: number) => ({
    cells: [
      { configuration: labelled('1M'), iops: around(1000 * factor, 12) },
      { configuration: labelled('4M'), iops: around(1500 * factor, 12, 0.01, 3) },
      { configuration: labelled('8M'), iops: around(1000 * factor, 12, 0.01, 3) },
      { workload: 'boot', configuration: labelled('4M'), iops: around(700 * factor, 12, 0.01, 3) },
    ],
  });
  journals.write('run.ndjson', cells(1));
  journals.write('later.ndjson', { ...cells(0.9), startMs: Date.UTC(2026, 0, 3) });
  journals.write('run.ndjson#l2-cache-size=8M', cells(2));
  journals.write('one.ndjson', { cells: [{ iops: around(1000, 12) }] });
});
afterAll(() => journals.remove());

const qtune = (...argv: string[]) => runCli(['compare', ...argv, '--metric', 'iops'], { cwd: journals.path });
const compared = async (...argv: string[]) => compareSchema.parse(JSON.parse((await qtune(...argv, '--json')).stdout));

describe('one journal', () => {
  test("is compared with its plan's first configuration", async () => {
    const document = await compared('run.ndjson');
    expect(document.cells.map(({ cell, verdict, baseConfiguration }) => [cell, verdict, baseConfiguration])).toEqual([
      ['l2-cache-20g/l2-cache-size=4M', 'better', 'l2-cache-size=1M'],
      ['l2-cache-20g/l2-cache-size=8M', 'same', 'l2-cache-size=1M'],
    ]);
    expect(document.base.path).toBe('run.ndjson#l2-cache-size=1M');
    expect(document.warnings).toEqual([]);
  });

  test('or with the one of --base; a workload without it is said to be left out', async () => {
    const document = await compared('run.ndjson', '--base', 'l2-cache-size=8M');
    expect(document.cells.map(({ cell, verdict }) => [cell, verdict])).toEqual([
      ['l2-cache-20g/l2-cache-size=1M', 'same'],
      ['l2-cache-20g/l2-cache-size=4M', 'better'],
    ]);
    expect(document.unmatched).toMatchObject([{ cell: 'boot/l2-cache-size=4M', side: 'head', state: 'missing' }]);
  });
});

describe('FILE#LABEL', () => {
  test('is one configuration of a journal', async () => {
    const document = await compared('run.ndjson#l2-cache-size=1M', 'run.ndjson#l2-cache-size=4M');
    expect(document.cells).toMatchObject([
      { cell: 'l2-cache-20g/l2-cache-size=1M → l2-cache-size=4M', verdict: 'better' },
    ]);
    expect([document.base.path, document.head.path]).toEqual([
      'run.ndjson#l2-cache-size=1M',
      'run.ndjson#l2-cache-size=4M',
    ]);
  });

  test('on one side alone means the same configuration on the other', async () => {
    const document = await compared('run.ndjson#l2-cache-size=4M', 'later.ndjson');
    expect(document.cells.map((cell) => cell.cell)).toEqual(['l2-cache-20g/l2-cache-size=4M', 'boot/l2-cache-size=4M']);
    expect(document.unmatched).toEqual([]);
    expect(document.head.path).toBe('later.ndjson#l2-cache-size=4M');
  });

  test('that is the name of a file is that file', async () => {
    const document = await compared('run.ndjson', 'run.ndjson#l2-cache-size=8M');
    expect(document.cells).toHaveLength(4);
    expect(new Set(document.cells.map((cell) => cell.verdict))).toEqual(new Set(['better']));
  });
});

test.each([
  [['run.ndjson#l2-cache-size=4', 'later.ndjson'], 'no trial has the configuration "l2-cache-size=4"', 'Did you mean'],
  [['run.ndjson', '--base', 'large'], 'no trial has the configuration "large"', 'It has "l2-cache-size=1M"'],
  [['none.ndjson#l2-cache-size=4M', 'later.ndjson'], 'none.ndjson: there is no such file', ''],
  [['one.ndjson'], 'no two configurations of one workload', 'Name a second journal'],
  [['run.ndjson', 'later.ndjson', '--base', 'l2-cache-size=4M'], 'there are two', 'FILE#LABEL'],
  [[], 'Name a journal', '--help'],
])('%j is refused', async (argv, message, hint) => {
  const { exitCode, stdout, stderr } = await qtune(...argv);
  expect([exitCode, stdout]).toEqual([ExitCode.usage, '']);
  expect(stderr).toContain(message);
  expect(stderr).toContain(hint);
});
