import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { workloadCommand } from '../../src/cli/commands/workload.ts';
import { workloadSchema } from '../../src/report/schemas/workload.ts';
import { shippedNames } from '../../src/workload/shipped-profiles.ts';
import { ExitCode, runCli } from '../helpers/host.ts';

let cwd = '';
beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'qtune-workload-'));
});
afterAll(() => rm(cwd, { recursive: true, force: true }));

const qtune = (...argv: string[]) => runCli(['workload', ...argv], { cwd });

// What records a program needs root and QEMU; its own tests run its examples.
const examples = [workloadCommand, ...(workloadCommand.actions ?? [])]
  .flatMap((command) => command.examples)
  .filter(({ command }) => !command.startsWith('workload record'));

test.each(examples)('the example `qtune $command` works', async ({ command }) => {
  await writeFile(join(cwd, 'trace.csv'), 't_us,op,offset,length,flags\n0,W,0,4096,\n1500,F,0,0,\n');
  const { exitCode, stdout, stderr } = await runCli(command.split(' '), { cwd });
  const made = /workload convert \S+ ([^-\s]\S*)/.exec(command)?.[1];
  expect(stderr).toMatch(made === undefined ? /^$/ : new RegExp(`^${made}: [\\d,]+ requests\n$`));
  expect(exitCode).toBe(ExitCode.ok);
  if (made === undefined) expect(stdout).not.toBe('');
});

test.each((workloadCommand.actions ?? []).map(({ usage }) => usage.split(' ')[0] ?? ''))(
  'workload %s has help of its own, with examples',
  async (action) => {
    const { exitCode, stdout } = await qtune(action, '--help');
    expect(exitCode).toBe(ExitCode.ok);
    expect(stdout).toContain(`qtune workload ${action}`);
    expect(stdout).toContain('Examples:');
  },
);

test('list has one line for each profile, and JSON of its schema', async () => {
  const { stdout } = await qtune('list');
  const names = await shippedNames();
  const [patterns = '', recordings = ''] = stdout.split('\n\n');
  const firstWords = (table: string): (string | undefined)[] =>
    table
      .trimEnd()
      .split('\n')
      .slice(1)
      .map((line) => line.split(' ')[0]);
  expect([...firstWords(patterns), ...firstWords(recordings)].sort()).toEqual([...names].sort());
  const json: unknown = JSON.parse((await qtune('list', '--json')).stdout);
  expect(workloadSchema.parse(json)).toEqual(json);
  expect(json).toMatchObject({ schema: 'qtune.workload/1', workloads: names.map((name) => ({ name })) });
});

test('show tells what a workload is and adds up to', async () => {
  const { stdout, exitCode } = await qtune('show', 'postmark');
  expect(exitCode).toBe(ExitCode.ok);
  expect(stdout).toContain('PostMark with its own defaults\n');
  expect(stdout).toMatch(/^requests {2,}1,643, none of them warm-up$/m);
  expect(stdout).toMatch(/^reads {2,}520, /m);
  expect(stdout).toMatch(/^written at 64K {2,}96 clusters, 6 MiB$/m);
  for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
});

test('show --json follows its schema and changes with disk, seed and parameters', async () => {
  const show = async (...more: string[]): Promise<Record<string, unknown>> => {
    const { stdout, stderr } = await qtune('show', ...more, '--json');
    expect(stderr).toBe('');
    const json = JSON.parse(stdout);
    expect(workloadSchema.parse(json)).toEqual(json);
    return json.workload;
  };
  const plain = await show('random-read');
  expect(plain).toMatchObject({ name: 'random-read', diskBytes: 2 ** 36, seed: 101, requestCount: 42_048 });
  const larger = await show('random-read', '--disk', '128G', '--seed', '7');
  expect(larger).toMatchObject({ diskBytes: 2 ** 37, seed: 7, requestCount: 44_096 });
  const other = await show('random-read:block=16K');
  expect(other).toMatchObject({ name: 'random-read:block=16K', parameters: { block: '16K' } });
  expect(new Set([plain, larger, other].map((workload) => workload.requestHash)).size).toBe(3);
});

describe('convert', () => {
  test('writes an iolog that has the same requests as the profile', async () => {
    const { stderr, exitCode } = await qtune('convert', 'boot', 'boot.log');
    expect({ stderr, exitCode }).toEqual({ stderr: 'boot.log: 2,064 requests\n', exitCode: ExitCode.ok });
    const text = await readFile(join(cwd, 'boot.log'), 'utf8');
    expect(text).toMatch(/^fio version 2 iolog\ndisk add\ndisk open\ndisk (read|write) \d+ \d+\n/);
    expect((await qtune('convert', 'boot', '-')).stdout).toBe(text);
    expect((await qtune('convert', 'boot.log', '-')).stdout).toBe(text);
    const hash = async (name: string): Promise<string> =>
      JSON.parse((await qtune('show', name, '--json')).stdout).workload.requestHash;
    expect(await hash('boot.log')).toBe(await hash('boot'));
  });

  test('does not write over a file', async () => {
    await writeFile(join(cwd, 'mine'), 'precious');
    const { stderr, exitCode } = await qtune('convert', 'boot', 'mine');
    expect(exitCode).toBe(ExitCode.usage);
    expect(stderr).toBe('qtune: mine: the file is there already\n  Remove it first, or choose another name.\n');
    expect(await readFile(join(cwd, 'mine'), 'utf8')).toBe('precious');
  });

  test('says so where the directory is missing', async () => {
    const { stderr, exitCode } = await qtune('convert', 'boot', 'no/such/file');
    expect(exitCode).toBe(ExitCode.usage);
    expect(stderr).toBe('qtune: no/such/file: there is no such directory\n');
  });
});

describe('bad input is refused with the way out, and nothing on standard output', () => {
  test.each([
    [
      ['show', 'databsae'],
      'there is no workload "databsae", neither with qtune nor as a file',
      'Did you mean database? See `qtune workload list`.',
    ],
    [['show'], '`workload show` needs NAME|FILE', 'qtune workload show NAME|FILE'],
    [['list', 'boot'], 'Unknown argument: boot', 'qtune workload list --help'],
    [['stats'], '`workload stats` needs NAME|FILE', 'qtune workload stats NAME|FILE'],
    [['convert', 'boot'], '`workload convert` needs NAME|FILE TO', 'qtune workload convert NAME|FILE TO'],
    [['shwo', 'boot'], 'Did you mean show?', 'qtune workload --help'],
    [[], 'Say what to do: list, show, stats, convert', 'qtune workload --help'],
    [['show', 'boot', '--disk', '16GB'], '--disk: "16GB" is ambiguous', '16G or 16GiB'],
    [
      ['show', 'boot', '--disk', '1M'],
      'boot: phase 1 (mix): requests of 128 KiB do not fit into its area of 100 KiB on a disk of 1 MiB',
      'Give a larger --disk.',
    ],
    [['show', 'boot', '--seed', 'x'], '--seed: "x" is not a whole number', ''],
    [
      ['show', 'iozone-0-write:file=2G'],
      'iozone-0-write:file=2G: phase 1 (sequential) needs a disk of at least 2 GiB; this one has 1 GiB',
      'Give a larger --disk',
    ],
    [['show', 'bad.yaml'], 'bad.yaml:2: sed: unknown key', 'Did you mean seed?'],
    [['show', 'bad.log'], 'bad.log:2: the action "reed" is unknown', ''],
  ])('%j', async (argv, message, hint) => {
    await writeFile(join(cwd, 'bad.yaml'), 'schema: qtune.profile/1\nsed: 1\n');
    await writeFile(join(cwd, 'bad.log'), 'fio version 2 iolog\nd reed 0 512\n');
    const { exitCode, stdout, stderr } = await qtune(...argv);
    expect(exitCode).toBe(ExitCode.usage);
    expect(stdout).toBe('');
    expect(stderr).toContain(message);
    expect(stderr).toContain(hint);
  });
});
