import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadCommand } from '../../src/cli/program.ts';
import { outputFormats } from '../../src/report/formats/index.ts';
import { ExitCode, runCli } from '../helpers/host.ts';
import { around, type JournalDirectory, journalDirectory } from '../helpers/journal.ts';

let journals: JournalDirectory;

beforeAll(() => {
  journals = journalDirectory();
  const cells = (middle: number, shift: number) => ({ cells: [{ iops: around(middle, 10, 0.01, shift) }] });
  journals.write('base.ndjson', cells(1000, 0));
  journals.write('slow.ndjson', { ...cells(850, 3), startMs: Date.UTC(2026, 0, 3) });
});
afterAll(() => journals.remove());

const qtune = (...argv: string[]) => runCli(['compare', 'base.ndjson', 'slow.ndjson', ...argv], { cwd: journals.path });
const written = (name: string): string => readFileSync(join(journals.path, name), 'utf8');

describe('--output', () => {
  test('writes what would be on standard output, in place of an older file, and leaves nothing else', async () => {
    writeFileSync(join(journals.path, 'result.json'), 'x'.repeat(1e6));
    const { exitCode, stdout, stderr } = await qtune('--json', '--output', 'result.json', '--fail-on', '5%');
    expect([exitCode, stdout, stderr]).toEqual([ExitCode.no, '', '']);
    expect(written('result.json')).toBe((await qtune('--json', '--fail-on', '5%')).stdout);
    expect(readdirSync(journals.path).sort()).toEqual(['base.ndjson', 'result.json', 'slow.ndjson']);
  });

  test.each([
    ['nowhere/result.json', 'there is no such directory'],
    ['base.ndjson/result.json', 'there is no such directory'],
    ['directory', 'is a directory'],
  ])('%s is refused in one line', async (name, message) => {
    mkdirSync(join(journals.path, 'directory'), { recursive: true });
    const { exitCode, stdout, stderr } = await qtune('--output', name);
    expect([exitCode, stdout]).toEqual([ExitCode.usage, '']);
    expect(stderr).toContain(`--output: ${name}`);
    expect(stderr).toContain(message);
    expect(readdirSync(journals.path).filter((found) => found.endsWith('.tmp'))).toEqual([]);
  });

  test('what is no file is written to, not replaced', async () => {
    const { exitCode } = await qtune('--output', '/dev/null');
    expect(exitCode).toBe(ExitCode.ok);
  });
});

describe('--format', () => {
  test('every example of the help does what it says', async () => {
    const all = (await loadCommand('compare'))?.examples ?? [];
    const examples = all.filter(({ command }) => command.includes('--format'));
    journals.write('head.ndjson', { cells: [{ iops: around(850, 10) }], startMs: Date.UTC(2026, 0, 3) });
    for (const { command } of examples) {
      const env = {};
      const { exitCode, stdout, stderr } = await runCli(command.split(' '), { cwd: journals.path, env });
      expect([command, exitCode, stderr]).toEqual([command, ExitCode.ok, '']);
      expect(stdout === '').toBe(command.includes('--output'));
    }
    const results = readdirSync(journals.path).filter((name) => name.startsWith('result'));
    expect(results.sort()).toEqual([
      ...[
        'result-bigger.json',
        'result-smaller.json',
        'result.csv',
        'result.json',
        'result.md',
        'result.txt',
        'result.xml',
      ],
    ]);
    expect(written('result.xml')).toMatch(/^<\?xml /);
    expect(written('result.txt')).toMatch(/\n# EOF\n$/);
    for (const format of outputFormats)
      expect(examples.some(({ command }) => command.includes(format.name)) || format.name === 'table').toBe(true);
  });

  test('the exit code is that of the gate, whatever the format', async () => {
    for (const format of ['markdown', 'github', 'junit', 'bmf', 'openmetrics', 'csv']) {
      const { exitCode, stdout } = await qtune('--format', format, '--fail-on', '5%');
      expect([format, exitCode]).toEqual([format, ExitCode.no]);
      expect(stdout.length).toBeGreaterThan(50);
    }
  });
});

describe('action-benchmark', () => {
  test('of both directions on standard output says what to do instead', async () => {
    const { exitCode, stdout, stderr } = await qtune('--format', 'action-benchmark');
    expect([exitCode, stdout]).toEqual([ExitCode.usage, '']);
    expect(stderr).toContain('--output FILE');
  });

  test('of one direction is one document, also in a file', async () => {
    const one = ['--format', 'action-benchmark', '--metric', 'iops'];
    const { exitCode, stdout } = await qtune(...one);
    expect(exitCode).toBe(ExitCode.ok);
    expect(JSON.parse(stdout)).toHaveLength(1);
    await qtune(...one, '--output', 'iops.json');
    expect(written('iops.json')).toBe(stdout);
  });

  test('writes both files also where journals have figures of one direction only', async () => {
    const metrics = ['--metric', 'iops', '--metric', 'hostIo.sync'];
    await qtune('--format', 'action-benchmark', ...metrics, '--output', './both.json');
    expect(JSON.parse(written('both-bigger.json'))).toHaveLength(1);
    expect(JSON.parse(written('both-smaller.json'))).toEqual([]);
  });
});

describe('github', () => {
  const inActions = (...argv: string[]) => {
    const env = {
      GITHUB_STEP_SUMMARY: join(journals.path, 'summary.md'),
      GITHUB_OUTPUT: join(journals.path, 'outputs'),
    };
    return runCli(['compare', 'base.ndjson', 'slow.ndjson', '--format', 'github', ...argv], {
      cwd: journals.path,
      env,
    });
  };

  test('adds the Markdown to the summary and the answer to the outputs of the step', async () => {
    writeFileSync(join(journals.path, 'summary.md'), '# before\n');
    writeFileSync(join(journals.path, 'outputs'), 'mine=1\n');
    const { exitCode, stdout, stderr } = await inActions('--fail-on', '5%', '--metric', 'iops');
    expect([exitCode, stderr]).toEqual([ExitCode.no, '']);
    expect(stdout).toMatch(/^::error title=qtune%3A 15 %25 worse::/m);
    expect(written('summary.md')).toMatch(/^# before\n### qtune compare: worse\n/);
    expect(written('outputs')).toBe('mine=1\nverdict=worse\ngate=failed\nfailed-count=1\n');
  });

  test('leaves a summary alone that would become too long to be shown', async () => {
    const full = 'x'.repeat(1024 * 1024 - 100);
    writeFileSync(join(journals.path, 'summary.md'), full);
    const { stderr } = await inActions();
    expect(stderr).toContain("the step's summary is full");
    expect(written('summary.md')).toBe(full);
  });

  test('refuses a file for annotations, which are read from standard output only', async () => {
    const { exitCode, stdout, stderr } = await inActions('--output', 'log.txt');
    expect([exitCode, stdout]).toEqual([ExitCode.usage, '']);
    expect(stderr).toContain('--format markdown --output FILE');
  });

  test('names the variable of a file that cannot be written', async () => {
    const env = { GITHUB_OUTPUT: join(journals.path, 'nowhere', 'outputs') };
    const { exitCode, stderr } = await runCli(['compare', 'base.ndjson', 'slow.ndjson', '--format', 'github'], {
      cwd: journals.path,
      env,
    });
    expect(exitCode).toBe(ExitCode.outside);
    expect(stderr).toContain('GITHUB_OUTPUT');
  });
});

test('two formats at once are refused', async () => {
  const { exitCode, stderr } = await qtune('--json', '--format', 'table');
  expect(exitCode).toBe(ExitCode.usage);
  expect(stderr).toContain('--json and --format table');
});
