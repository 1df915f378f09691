import { afterAll, beforeAll, expect, test } from 'vitest';
import { reportSchema } from '../../src/report/schemas/report.ts';
import { ExitCode, runCli } from '../helpers/host.ts';
import { around, type JournalDirectory, journalDirectory, journalText } from '../helpers/journal.ts';

let journals: JournalDirectory;

beforeAll(() => {
  journals = journalDirectory();
  const plan = { cells: [{ iops: around(1000, 10) }] };
  journals.write('run.ndjson', plan);
  journals.write('cut.ndjson', journalText(plan).slice(0, -40));
  journals.write('header.ndjson', `${journalText(plan).split('\n')[0]}\n`);
  journals.write('empty.ndjson', '');
});
afterAll(() => journals.remove());

const qtune = (...argv: string[]) => runCli(['report', ...argv], { cwd: journals.path });

test('the examples of the help run, as text and as data', async () => {
  const { reportCommand } = await import('../../src/cli/commands/report.ts');
  for (const { command } of reportCommand.examples) {
    const { exitCode, stdout } = await runCli(command.split(' '), { cwd: journals.path });
    expect(exitCode).toBe(ExitCode.ok);
    expect(stdout).toContain('l2-cache-20g');
  }
  const document = reportSchema.parse(JSON.parse((await qtune('run.ndjson', '--json')).stdout));
  expect(document.journals[0]?.journal).toMatchObject({ path: 'run.ndjson', completedCount: 10 });
  expect(document.journals[0]?.workloads[0]?.rows[0]).toMatchObject({ count: 10, source: 'measured' });
});

test('several journals are reported one after the other', async () => {
  const { stdout } = await qtune('run.ndjson', 'cut.ndjson');
  expect(stdout.indexOf('Journal cut.ndjson')).toBeGreaterThan(stdout.indexOf('Journal run.ndjson'));
  expect(stdout).toContain('the last line is not whole');
  expect(stdout).toContain('9 of 10 trials completed');
});

test('a journal of a run that has only begun is reported as such', async () => {
  const { exitCode, stdout } = await qtune('header.ndjson');
  expect(exitCode).toBe(ExitCode.ok);
  expect(stdout).toContain('10 planned trials have not been run');
});

test.each([
  [['missing.ndjson'], 'there is no such file'],
  [['empty.ndjson'], 'no header'],
  [['.'], 'it is a directory'],
  [[], 'Not enough'],
])('%j is refused: %s', async (argv, message) => {
  const { exitCode, stdout, stderr } = await qtune(...argv);
  expect(exitCode).toBe(ExitCode.usage);
  expect(stdout).toBe('');
  expect(stderr).toContain(message);
});
