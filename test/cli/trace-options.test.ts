import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkTraceOptions, traceOptionsOf } from '../../src/cli/trace-options.ts';
import { ExitCode, runCli } from '../helpers/host.ts';

let cwd = '';
beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'qtune-trace-options-'));
  const lines = Array.from(
    { length: 300 },
    (_, index) => `${index % 3},${'WR'[index % 2]},${index * 65_536},4096,${index}`,
  );
  await writeFile(join(cwd, 'volumes.csv.gz'), gzipSync(`${lines.join('\n')}\n`));
  await writeFile(join(cwd, 'bad.csv'), `${lines.slice(0, 20).join('\n')}\nrubbish\n`);
});
afterAll(() => rm(cwd, { recursive: true, force: true }));

const qtune = (...argv: string[]) => runCli(argv, { cwd });

test('options become what a trace is read with, and nothing given is the default', () => {
  expect(traceOptionsOf({})).toEqual({ event: 'queue', fit: 'refuse', speed: 1, skipBadCount: 0, idUnitBytes: 4096 });
  const given = {
    format: 'msr',
    device: 'hm_0',
    event: 'issue',
    from: '0',
    to: '1.5s',
    fit: 'fold',
    speed: '0.5',
    'skip-bad': '7',
    'id-unit': '8K',
  };
  expect(traceOptionsOf(given)).toEqual({
    given: 'format',
    format: 'msr',
    device: 'hm_0',
    event: 'issue',
    fromMs: 0,
    toMs: 1500,
    fit: 'fold',
    speed: 0.5,
    skipBadCount: 7,
    idUnitBytes: 8192,
  });
});

test.each([
  [{ from: '-1s' }, '--from: "-1s" is not a duration'],
  [{ from: '2s', to: '2s' }, '--to: 2s is not behind --from'],
  [{ to: '0' }, '--to: 0 is not behind --from'],
  [{ speed: '0' }, '--speed: "0" is not a factor between'],
  [{ speed: '2x' }, '--speed: "2x" is not a factor between'],
  [{ 'skip-bad': 'all' }, '--skip-bad: "all" is not a whole number'],
  [{ 'id-unit': '0' }, '--id-unit: "0" is not between 1 byte and 1 GiB'],
  [{ format: 'csv' }, '--format: "csv" is none of iolog, qtune-csv'],
  [{ device: ['a', 'b'] }, '--device was given 2 times'],
])('%j is refused', (args, message) => {
  expect(() => traceOptionsOf(args)).toThrow(message);
});

test('an option that says nothing is refused', () => {
  expect(() => checkTraceOptions(traceOptionsOf({ fit: 'fold' }), false)).toThrow('--fit is for traces');
  expect(() => checkTraceOptions(traceOptionsOf({ fit: 'fold' }), true)).not.toThrow();
  expect(() => checkTraceOptions(traceOptionsOf({}), false)).not.toThrow();
});

describe.each([
  ['curve', ['curve', '--requests']],
  ['simulate', ['simulate', '--disk', '32M', '--requests']],
  ['recommend', ['recommend', '--disk', '32M', '--workload']],
  ['run', ['run', '--disk', '32M', '--engine', 'simulated', '--dry-run', '--workload']],
  ['workload stats', ['workload', 'stats']],
])('%s', (_, command) => {
  test('reads a compressed trace and warns of its devices', async () => {
    const { exitCode, stdout, stderr } = await qtune(...command, 'volumes.csv.gz');
    expect([exitCode, stderr.includes('bug')]).toEqual([ExitCode.ok, false]);
    expect((stdout + stderr).replace(/\s+/g, ' ')).toContain('the requests of 3 devices are taken onto one disk');
  });

  test('takes the options', async () => {
    const { exitCode, stdout, stderr } = await qtune(...command, 'volumes.csv.gz', '--device', '1', '--to', '150us');
    expect(exitCode).toBe(ExitCode.usage);
    expect(stderr).toContain('--to: "150us" is not a duration');
    const picked = await qtune(...command, 'volumes.csv.gz', '--device', '1');
    expect(picked.exitCode).toBe(ExitCode.ok);
    expect(stdout + picked.stdout + picked.stderr).not.toContain('devices are taken');
  });

  test('says where a bad line is, and goes on where it may', async () => {
    const refused = await qtune(...command, 'bad.csv');
    expect(refused.exitCode).toBe(ExitCode.usage);
    expect(refused.stderr).toContain('bad.csv:21: the line has 1 columns in place of 5 (20 requests until there)');
    const passed = await qtune(...command, 'bad.csv', '--skip-bad', '1');
    expect(passed.exitCode).toBe(ExitCode.ok);
    expect((passed.stdout + passed.stderr).replace(/\s+/g, ' ')).toContain('one bad line or record was skipped');
  });

  test('refuses options of traces for what is none', async () => {
    const argv = command.map((word) => (word === '32M' ? '16G' : word));
    const { exitCode, stderr } = await qtune(...argv, 'boot', '--skip-bad', '1');
    expect(exitCode).toBe(ExitCode.usage);
    expect(stderr).toContain('--skip-bad is for traces, and the workload is none');
  });
});
