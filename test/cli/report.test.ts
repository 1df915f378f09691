import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { reportSchema } from '../../src/report/schemas/report.ts';
import { ExitCode, runCli } from '../helpers/host.ts';
import { around, type JournalDirectory, journalDirectory, journalText } from '../helpers/journal.ts';

let journals: JournalDirectory;

beforeAll(() => {
  journals = journalDirectory();
  const plan = { cells: [{ iops: around(1000, 10) }] };
  for (const name of ['run.ndjson', 'base.ndjson', 'head.ndjson']) journals.write(name, plan);
  journals.write('cut.ndjson', journalText(plan).slice(0, -40));
  journals.write('header.ndjson', `${journalText(plan).split('\n')[0]}\n`);
  journals.write('empty.ndjson', '');
});
afterAll(() => journals.remove());

const qtune = (...argv: string[]) => runCli(['report', ...argv], { cwd: journals.path });

test('the examples of the help run, as text, as data and as a page', async () => {
  const { reportCommand } = await import('../../src/cli/commands/report.ts');
  for (const { command } of reportCommand.examples) {
    const { exitCode, stdout } = await runCli(command.split(' '), { cwd: journals.path });
    expect(exitCode).toBe(ExitCode.ok);
    const page = / --html (\S+)/.exec(command)?.[1];
    const text = page === undefined ? stdout : readFileSync(join(journals.path, page), 'utf8');
    expect(text).toContain('l2-cache-20g');
    if (page !== undefined) expect(stdout).toBe('');
  }
  const document = reportSchema.parse(JSON.parse((await qtune('run.ndjson', '--json')).stdout));
  expect(document.journals[0]?.journal).toMatchObject({ path: 'run.ndjson', completedCount: 10 });
  expect(document.journals[0]?.workloads[0]?.rows[0]).toMatchObject({ count: 10, source: 'measured' });
});

test('a page takes the place of an older file whole, and leaves nothing beside it', async () => {
  journals.write('page.html', 'older');
  const before = readdirSync(journals.path);
  expect((await qtune('run.ndjson', '--html', 'page.html')).exitCode).toBe(ExitCode.ok);
  expect(readdirSync(journals.path)).toEqual(before);
  const page = readFileSync(join(journals.path, 'page.html'), 'utf8');
  expect(page.slice(0, 15)).toBe('<!doctype html>');
  expect(page.slice(-8)).toBe('</html>\n');
});

test.each([
  [['run.ndjson', '--html', '.'], ExitCode.usage, 'is a directory'],
  [['run.ndjson', '--html', 'no/such/page.html'], ExitCode.usage, 'no such directory'],
  [['run.ndjson', '--html', 'page.html', '--json'], ExitCode.usage, 'do not go together'],
  [['missing.ndjson', '--html', 'missing.html'], ExitCode.usage, 'there is no such file'],
] as const)('%j gives %i: %s', async (argv, code, message) => {
  const { exitCode, stderr } = await qtune(...argv);
  expect(exitCode).toBe(code);
  expect(stderr).toContain(message);
  expect(readdirSync(journals.path)).not.toContain('missing.html');
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
