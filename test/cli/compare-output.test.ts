import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
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

test('two formats at once are refused', async () => {
  const { exitCode, stderr } = await qtune('--json', '--format', 'table');
  expect(exitCode).toBe(ExitCode.usage);
  expect(stderr).toContain('--json and --format table');
});
