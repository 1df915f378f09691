import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { commandNames, loadCommand } from '../../src/cli/program.ts';
import { schemaFileName, schemaLoaders } from '../../src/report/schemas/index.ts';
import { ExitCode, runCli } from '../helpers/host.ts';
import { completedTrial, sampleHeader } from '../helpers/trials.ts';

let directory = '';
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'qtune-cli-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

test('help lists every command and goes to standard output', async () => {
  const { exitCode, stdout, stderr } = await runCli(['--help']);
  expect(exitCode).toBe(ExitCode.ok);
  for (const name of commandNames) expect(stdout).toMatch(new RegExp(`^ +qtune ${name} `, 'm'));
  expect(stderr).toBe('');
});

test('the version is that of package.json', async () => {
  const { version } = JSON.parse(await readFile(join(import.meta.dirname, '..', '..', 'package.json'), 'utf8'));
  expect((await runCli(['--version'])).stdout).toBe(`${version}\n`);
});

describe.each([...commandNames])('%s', (name) => {
  test('has help with an example', async () => {
    const { exitCode, stdout } = await runCli([name, '--help']);
    expect(exitCode).toBe(ExitCode.ok);
    const command = await loadCommand(name);
    expect(command?.examples.length).toBeGreaterThan(0);
    for (const example of command?.examples ?? []) expect(stdout).toContain(`qtune ${example.command.split(' ')[0]}`);
  });

  test('refuses an unknown option, naming it', async () => {
    const positionals = (await loadCommand(name))?.usage.match(/<[^>]+>/g) ?? [];
    const { exitCode, stdout, stderr } = await runCli([name, ...positionals.map(() => 'some'), '--unheard-of']);
    expect(exitCode).toBe(ExitCode.usage);
    expect(stderr).toContain('unheard-of');
    expect(stdout).toBe('');
  });
});

test.each([
  [[], 'Say which command to run'],
  [['capcity'], 'Did you mean capacity'],
])('%j is refused with the reason and the way to the help', async (argv, message) => {
  const { exitCode, stderr } = await runCli(argv);
  expect(exitCode).toBe(ExitCode.usage);
  expect(stderr).toContain(message);
  expect(stderr).toContain('qtune --help');
});

test.each([
  ['capacity --disk 2T | head -c 1', 0],
  ['capacity --disk 2TB 2>&1 >/dev/null | head -c 1', ExitCode.usage],
])('a reader that goes away early changes nothing: qtune %s', (pipeline, exitCode) => {
  const bin = join(import.meta.dirname, '..', '..', 'dist', 'cli', 'bin.js');
  const { stdout, stderr } = spawnSync(
    'bash',
    ['-c', `node "$0" ${pipeline} >/dev/null; echo "\${PIPESTATUS[0]}"`, bin],
    {
      encoding: 'utf8',
    },
  );
  expect([stdout, stderr]).toEqual([`${exitCode}\n`, '']);
});

test('the examples of run and report do what they say', async () => {
  const records = [sampleHeader(), completedTrial()].map((record) => `${JSON.stringify(record)}\n`);
  for (const name of ['run', 'base', 'head']) await writeFile(join(directory, `${name}.ndjson`), records.join(''));
  for (const name of ['run', 'report']) {
    for (const { command } of (await loadCommand(name))?.examples ?? []) {
      const argv = command.split(' ').map((word) => word.replaceAll("'", ''));
      const { exitCode, stdout, stderr } = await runCli(argv, { cwd: directory });
      expect([command, exitCode, stderr]).toEqual([command, ExitCode.ok, stderr]);
      const page = /--html (\S+)/.exec(command)?.[1];
      const printed = page === undefined ? stdout : await readFile(join(directory, page), 'utf8');
      expect(printed.length).toBeGreaterThan(200);
    }
  }
});

test('every JSON Schema of the package is made from the schema that the code uses', async () => {
  for (const name of Object.keys(schemaLoaders)) {
    const path = join(import.meta.dirname, '..', '..', 'dist', 'schemas', schemaFileName(name));
    const document = JSON.parse(await readFile(path, 'utf8'));
    expect(document.$id).toBe(`urn:${name.replace(/[./]/g, ':')}`);
    expect(document.type ?? document.anyOf ?? document.oneOf).toBeDefined();
  }
});
