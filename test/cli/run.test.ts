import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { OpenEngine } from '../../src/cli/run/open-engine.ts';
import { EnvironmentError } from '../../src/errors.ts';
import { compareSchema } from '../../src/report/schemas/compare.ts';
import { journalRecordSchema } from '../../src/report/schemas/journal.ts';
import { runSchema } from '../../src/report/schemas/run.ts';
import { readJournal } from '../../src/trial/journal-reader.ts';
import { ExitCode, runCli } from '../helpers/host.ts';
import { type Script, ScriptedEngine } from '../helpers/scripted-engine.ts';
import { sampleEnvironment } from '../helpers/trials.ts';

const opening = vi.hoisted(() => ({ findQemu: vi.fn() }));
vi.mock('../../src/cli/run/open-engine.ts', () => opening);

const gib = 1024 ** 3;
let cwd = '';
let engine: ScriptedEngine;
let closedCount: number;

/** Two configurations, twice each; the plan is small enough to look at. */
const profile = `schema: qtune.profile/1
title: Some reads
about: For tests.
source: this test
seed: 3
disk: 1G
image: { content: mapped, state: shared }
warmUp: { requests: 0, because: nothing is measured }
phases:
  - { pattern: random, operation: read, blockSize: 4K, requests: 100 }
experiment:
  create: ['cluster_size={64K,128K}']
  repetitions: 2
published:
  source: a paper
  metric: iops
  vary: [cluster_size]
  rows: [{ create: cluster_size=64K, value: 5 }]
`;

/** The engine that the command finds from now on. */
function script(steps: Script, freeBytes = 100 * gib): void {
  engine = new ScriptedEngine(steps);
  closedCount = 0;
  const opened: OpenEngine = {
    engine,
    fileSystem: {
      type: 'ext4',
      mountOptions: 'rw',
      freeBytes,
      totalBytes: 200 * gib,
      largestFileBytes: 16 * 1024 * gib,
      directIo: true,
      inMemory: false,
      zeroRange: true,
      punchHole: true,
    },
    scratchDirectory: join(cwd, 'scratch', 'qtune-1'),
    describe: async () => ({
      engine: await engine.describe(),
      environment: sampleEnvironment,
    }),
    close: async () => {
      closedCount += 1;
    },
  };
  opening.findQemu.mockResolvedValue({
    version: { major: 7, minor: 2 },
    versionLine: 'qemu-img version 7.2.22',
    open: async () => opened,
  });
}

function qtune(...argv: readonly string[]) {
  return runCli(['run', ...argv], { cwd });
}

function journalNames(): string[] {
  return readdirSync(cwd).filter((name) => name.includes('ndjson'));
}

beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'qtune-test-'));
  writeFileSync(join(cwd, 'reads.yaml'), profile);
  script({ 'cluster_size=64K': [100, 110], 'cluster_size=128K': [200, 220] });
});
afterEach(() => rmSync(cwd, { recursive: true }));

describe('a run', () => {
  test('writes a journal with the plan and every trial, and prints the medians', async () => {
    const result = await qtune('reads.yaml', '--out', 'a.ndjson');
    expect(result.exitCode).toBe(ExitCode.ok);
    expect(result.stderr).toBe('4 trials, journal: a.ndjson\n');
    expect(result.stdout).toMatch(/^reads: Some reads \(1 GiB, measured by qemu-io\)\n/);
    expect(result.stdout).toMatch(/cluster_size=64K +2 +105 +100 – 110/);
    expect(result.stdout).toMatch(/cluster_size=128K +2 +210 +200 – 220/);
    expect(result.stdout).toContain('4 of 4 trials completed; journal: a.ndjson\n');
    const { header, trials } = await readJournal(join(cwd, 'a.ndjson'));
    expect(trials.map((trial) => trial.state)).toEqual(Array.from({ length: 4 }, () => 'completed'));
    expect(header.plan).toMatchObject({
      trialCount: 4,
      workloads: [{ name: 'reads', published: { rows: [{ value: 5 }] } }],
    });
    expect(header.environment).toMatchObject({ qemu: 'qemu-img version 7.2.22', fileSystem: 'ext4' });
    expect(closedCount).toBe(1);
    expect(journalNames()).toEqual(['a.ndjson']);
  });

  test('names the journal after the plan, so that the same command finds it again', async () => {
    await qtune('reads.yaml');
    const [name = ''] = journalNames();
    const { header } = await readJournal(join(cwd, name));
    expect(name).toBe(`qtune-${header.plan.hash.slice(0, 8)}.ndjson`);
    const again = await qtune('reads.yaml', '--resume');
    expect(again.stderr).toBe(`${name}: all 4 trials are completed, nothing is left to run\n`);
    expect(again.stdout).toContain('4 of 4 trials completed, 4 of them earlier');
    expect((await readJournal(join(cwd, name))).resumes).toEqual([]);
  });

  test('prints one document with --json', async () => {
    const { stdout } = await qtune('reads.yaml', '--json');
    expect(stdout.startsWith('{\n  "schema": "qtune.run/1",')).toBe(true);
    expect(runSchema.parse(JSON.parse(stdout))).toMatchObject({
      kind: 'result',
      completedCount: 4,
      cells: [{ iops: { median: 105, low: 100, high: 110 } }, { iops: { median: 210 } }],
    });
  });

  test('takes settings, repetitions and seed from the flags before those of the profile', async () => {
    await qtune('reads.yaml', '--drive', 'l2-cache-size={1M,2M,4M}', '--repetitions', '1', '--seed', '9', '--out', 'x');
    const { header, trials } = await readJournal(join(cwd, 'x'));
    expect(trials).toHaveLength(3);
    expect(header.plan).toMatchObject({ seed: 9, workloads: [{ seed: 9 }], repetitions: 1 });
    expect(header.plan.configurations.map((one) => one.label)).toEqual([
      'l2-cache-size=1M',
      'l2-cache-size=2M',
      'l2-cache-size=4M',
    ]);
  });

  test('--workload takes the requests of a profile and leaves its experiment', async () => {
    await qtune('--workload', 'reads.yaml', '--disk', '2G', '--out', 'x');
    const { header, trials } = await readJournal(join(cwd, 'x'));
    expect(header.plan.configurations).toEqual([{ label: 'default', create: {}, drive: {} }]);
    expect(header.plan.workloads[0]).toMatchObject({ diskBytes: 2 * gib });
    expect(trials).toHaveLength(6);
  });

  test('hands the time limit and --no-host-io to the engine', async () => {
    await qtune('reads.yaml', '--time-limit', '90s', '--no-host-io');
    expect(engine.jobs[0]).toMatchObject({ timeLimitMs: 90_000, traceHostIo: false });
  });
});

describe('a run with failures', () => {
  test('goes on, says which trials have no result, and ends with 3', async () => {
    script({ 'cluster_size=64K': { state: 'failed', reason: 'qemu-io: No space left on device' } });
    const result = await qtune('reads.yaml', '--out', 'a.ndjson');
    expect(result.exitCode).toBe(ExitCode.outside);
    expect(result.stdout).toMatch(/cluster_size=64K +0 \+ 2 bad +none/);
    expect(result.stdout).toContain('2 × reads, cluster_size=64K: failed: qemu-io: No space left on device\n');
    expect(result.stderr).toContain('qtune: 2 of 4 trials have no result; --resume tries them again\n');
  });

  test('--resume runs what has no result, and nothing twice', async () => {
    script({ 'cluster_size=64K': [{ state: 'timed-out', reason: 'over 1 s' }, 7] });
    await qtune('reads.yaml', '--out', 'a.ndjson');
    script({ 'cluster_size=64K': 9 });
    const result = await qtune('reads.yaml', '--out', 'a.ndjson', '--resume');
    expect(result.exitCode).toBe(ExitCode.ok);
    expect(result.stderr).toBe('a.ndjson: going on, 3 of 4 trials are completed\n');
    expect(engine.jobs).toHaveLength(1);
    const { trials, resumes } = await readJournal(join(cwd, 'a.ndjson'));
    expect(resumes).toHaveLength(1);
    expect(trials.map((trial) => trial.state)).toEqual(Array.from({ length: 4 }, () => 'completed'));
  });

  test('what the engine throws ends the run with the journal intact and everything cleaned up', async () => {
    script({ 'cluster_size=64K': new EnvironmentError('qemu-io is gone', { hint: 'Get it.' }) });
    const result = await qtune('reads.yaml', '--out', 'a.ndjson');
    expect(result).toMatchObject({ exitCode: ExitCode.outside, stdout: '' });
    expect(result.stderr).toContain('qtune: qemu-io is gone\n  Get it.\n');
    expect(closedCount).toBe(1);
    expect(journalNames()).toEqual(['a.ndjson']);
    await readJournal(join(cwd, 'a.ndjson'));
  });
});

test('an interruption ends with 130, the journal intact, and says how to go on', async () => {
  script({ 'cluster_size=64K': 'hang' });
  const controller = new AbortController();
  const argv = ['run', 'reads.yaml', '--out', 'a.ndjson'];
  const running = runCli(argv, { cwd, signal: controller.signal });
  const hangs = (): boolean => engine.jobs.some((job) => job.configuration.label === 'cluster_size=64K');
  await vi.waitUntil(hangs, { timeout: 30_000 });
  controller.abort();
  const result = await running;
  expect(result.exitCode).toBe(ExitCode.interrupted);
  expect(result.stderr).toMatch(
    /[01] of 4 trials are completed in a.ndjson; go on with the same command and --resume\n/,
  );
  expect(result.stderr).toMatch(/qtune: interrupted\n$/);
  const { trials } = await readJournal(join(cwd, 'a.ndjson'));
  expect(trials.at(-1)?.state).toBe('aborted');
  expect(closedCount).toBe(1);
  script({});
  expect((await qtune('reads.yaml', '--out', 'a.ndjson', '--resume')).exitCode).toBe(ExitCode.ok);
});

describe('--resume refuses', () => {
  test.each([
    [['--repetitions', '3'], 'repetitions (2 there, 3 now)'],
    [['--disk', '2G'], 'workload reads (diskBytes 1073741824 → 2147483648)'],
    [['--seed', '1', '--no-host-io'], 'workload reads (seed 3 → 1)'],
    [['-o', 'cluster_size=2M'], 'configurations (cluster_size=128K, cluster_size=64K there, cluster_size=2M now)'],
  ])('another plan: %s', async (options, difference) => {
    await qtune('reads.yaml', '--out', 'a.ndjson');
    const before = readFileSync(join(cwd, 'a.ndjson'));
    const result = await qtune('reads.yaml', '--out', 'a.ndjson', '--resume', ...options);
    expect(result.exitCode).toBe(ExitCode.usage);
    expect(result.stderr).toContain(`a.ndjson:1: this journal is of another plan: ${difference}\n`);
    expect(readFileSync(join(cwd, 'a.ndjson'))).toEqual(before);
  });

  test('a journal cut in the middle of a line is cut back and completed', async () => {
    await qtune('reads.yaml', '--out', 'a.ndjson');
    const bytes = readFileSync(join(cwd, 'a.ndjson'));
    writeFileSync(join(cwd, 'a.ndjson'), bytes.subarray(0, bytes.length - 100));
    const result = await qtune('reads.yaml', '--out', 'a.ndjson', '--resume');
    expect(result.stderr).toMatch(/^a.ndjson: an unfinished last line of \d+ bytes was cut off\n/);
    expect(result.stderr).toContain('going on, 3 of 4 trials are completed');
    expect((await readJournal(join(cwd, 'a.ndjson'))).trials).toHaveLength(4);
  });
});

describe('--dry-run', () => {
  test('prints the order, time, space and journal, and touches nothing', async () => {
    const result = await qtune('reads.yaml', '--dry-run');
    expect(result).toMatchObject({ exitCode: ExitCode.ok, stderr: '' });
    expect(result.stdout).toMatch(/^4 trials, plan [0-9a-f]{8}, seed 1, engine qemu-io\n/);
    expect(result.stdout).toContain('Nothing was run (--dry-run).\n');
    expect(engine.jobs).toEqual([]);
    expect(readdirSync(cwd)).toEqual(['reads.yaml']);
  });

  test('prints the trials as they will run with --json', async () => {
    const dry = runSchema.parse(JSON.parse((await qtune('reads.yaml', '--dry-run', '--json')).stdout));
    if (dry.kind !== 'plan') throw new Error('not a plan');
    await qtune('reads.yaml', '--out', 'a.ndjson');
    const { trials } = await readJournal(join(cwd, 'a.ndjson'));
    expect(dry.trials.map((trial) => trial.id)).toEqual(trials.map((trial) => trial.id));
  });

  test('needs no QEMU, which a run does', async () => {
    opening.findQemu.mockRejectedValue(new EnvironmentError('qemu-img not found on PATH', { hint: 'Type: apt' }));
    expect((await qtune('reads.yaml', '--dry-run')).exitCode).toBe(ExitCode.ok);
    const real = await qtune('reads.yaml', '--engine', 'qemu-io');
    expect(real).toMatchObject({
      exitCode: ExitCode.outside,
      stderr: 'qtune: qemu-img not found on PATH\n  Type: apt\n',
    });
    expect(journalNames()).toEqual([]);
  });
});

describe('where there is no QEMU', () => {
  beforeEach(() => {
    opening.findQemu.mockRejectedValue(new EnvironmentError('qemu-img not found on PATH', { hint: 'Type: apt' }));
  });
  // Not calibrated, whatever the machine that the tests run on.
  const predict = (...argv: readonly string[]) =>
    runCli(['run', ...argv], { cwd, env: { PATH: '/nonexistent', XDG_STATE_HOME: cwd } });

  test('a run predicts, once a cell, and says so everywhere', async () => {
    const result = await predict('reads.yaml', '--out', 'a.ndjson');
    expect(result.exitCode, result.stderr).toBe(ExitCode.ok);
    expect(result.stderr).toContain(
      "qtune: nothing is measured: qemu-img not found on PATH; the model of QEMU's driver predicts instead\n  Type: apt\n",
    );
    expect(result.stdout).toMatch(/^reads: Some reads \(1 GiB, predicted by the model of QEMU's driver\)\n/);
    expect(result.stdout).toMatch(/cluster_size=64K +1 +[\d.]+k +[\d.]+k – [\d.]+k/);
    expect(result.stdout).not.toMatch(/measured/);
    const { header, trials } = await readJournal(join(cwd, 'a.ndjson'));
    expect(header.plan).toMatchObject({ engine: 'simulated', repetitions: 1, trialCount: 2 });
    expect(header.engine).toMatchObject({ name: 'simulated', version: '10.0', costs: { name: 'nvme-direct' } });
    expect(trials.map(({ engine: name, state }) => [name, state])).toEqual([
      ['simulated', 'completed'],
      ['simulated', 'completed'],
    ]);
    for (const line of readFileSync(join(cwd, 'a.ndjson'), 'utf8').trimEnd().split('\n')) {
      const record: unknown = JSON.parse(line);
      expect(journalRecordSchema.parse(record)).toEqual(record);
    }
    const report = await runCli(['report', 'a.ndjson'], { cwd });
    expect(report.stdout).toContain('IOPS, predicted');
    expect(report.stdout).not.toMatch(/ measured/);
  });

  test('two predictions of the same are the same, and differences between predictions are exact', async () => {
    await predict('reads.yaml', '--out', 'a.ndjson');
    await predict('reads.yaml', '--out', 'b.ndjson', '--repetitions', '3');
    const metrics = async (name: string) =>
      (await readJournal(join(cwd, name))).trials.map((trial) => [
        trial.configuration.label,
        trial.state === 'completed' && trial.metrics,
      ]);
    const [first, second] = [await metrics('a.ndjson'), await metrics('b.ndjson')];
    expect(second).toHaveLength(6);
    for (const entry of second) expect(first).toContainEqual(entry);
    const compared = await runCli(['compare', 'a.ndjson', 'b.ndjson', '--json'], { cwd });
    const comparison = compareSchema.parse(JSON.parse(compared.stdout));
    expect(comparison.verdict).toBe('same');
    expect(new Set(comparison.cells.map(({ source }) => source))).toEqual(new Set(['predicted']));
    const text = await runCli(['compare', 'a.ndjson', 'b.ndjson'], { cwd });
    expect(text.stdout).toContain('predicted');
    expect(text.stdout).not.toMatch(/measured/);
  });

  test('--io-log has the host I/O of the one cell; several are refused', async () => {
    const several = await predict('reads.yaml', '--io-log', 'io.ndjson');
    expect(several).toMatchObject({ exitCode: ExitCode.usage });
    expect(several.stderr).toContain('--io-log: the plan has 2 cells');
    const one = await predict('--workload', 'reads.yaml', '--io-log', 'io.ndjson', '--out', 'a.ndjson');
    expect(one.exitCode, one.stderr).toBe(ExitCode.ok);
    const lines = readFileSync(join(cwd, 'io.ndjson'), 'utf8').trimEnd().split('\n');
    const [trial] = (await readJournal(join(cwd, 'a.ndjson'))).trials;
    const counts = trial?.state === 'completed' ? trial.metrics.hostIo : undefined;
    expect(lines.filter((line) => line.includes('"for":"l2"'))).toHaveLength(counts?.l2Read ?? 0);
    expect(lines.filter((line) => line.includes('"for":"data"'))).toHaveLength(100);
    const again = await predict('--workload', 'reads.yaml', '--io-log', 'io.ndjson', '--out', 'b.ndjson');
    expect(again.stderr).toContain('--io-log: io.ndjson is there already');
  });
});

describe('before anything runs', () => {
  test.each([
    [[], 'say which workload to run'],
    [['nothing-of-this-name'], 'there is no workload "nothing-of-this-name"'],
    [['reads.yaml', '--repetitions', '0'], '--repetitions: "0" is not a whole number from 1 to 10000'],
    [['reads.yaml', '--disk', '2TB'], '--disk: "2TB" is ambiguous'],
    [['reads.yaml', '--time-limit', 'soon'], '--time-limit: "soon" is not a duration'],
    [['reads.yaml', '--cpu', 'x'], '--cpu: "x" is not a whole number'],
    [['reads.yaml', '--out', 'a', '--out', 'b'], '2 journals, but 1 QEMU to measure'],
    [['reads.yaml', '--out', 'no/a.ndjson'], '--out: there is no directory'],
    [['reads.yaml', '-o', 'cluster_size=100'], 'cluster_size'],
    [['reads.yaml', '--drive', 'l2-cache-size=1M,cache-size=512K'], 'l2-cache-size'],
    [['reads.yaml', '--backing-format', 'raw'], '--backing-format says nothing without --backing FILE'],
    [['reads.yaml', '--backing', 'none.raw'], '--backing: none.raw: there is no such file'],
    [['reads.yaml', '--backing', '.'], '--backing: . is not a regular file'],
    [['reads.yaml', '--backing', 'reads.yaml'], '--backing: reads.yaml does not begin like a qcow2 image'],
    [['reads.yaml', '--backing', 'reads.yaml', '--backing-format', 'qcow2'], 'reads.yaml is not a qcow2 image'],
    [['reads.yaml', '--backing', 'reads.yaml', '--backing-format', 'vdi'], '"vdi" is neither raw nor qcow2'],
    [['reads.yaml', 'reads.yaml'], 'the workload "reads" is there twice'],
    [['reads.yaml', '--engine', 'dd'], 'Invalid values'],
  ])('%j is refused', async (argv, message) => {
    const result = await qtune(...argv);
    expect(result).toMatchObject({ exitCode: ExitCode.usage, stdout: '' });
    expect(result.stderr).toContain(message);
    expect(engine.jobs).toEqual([]);
    expect(journalNames()).toEqual([]);
  });

  test('an existing journal is refused with both ways out', async () => {
    await qtune('reads.yaml', '--out', 'a.ndjson');
    const result = await qtune('reads.yaml', '--out', 'a.ndjson');
    expect(result.exitCode).toBe(ExitCode.usage);
    expect(result.stderr).toContain(
      'a.ndjson exists\n  Go on with it: --resume. Or write another journal: --out FILE.\n',
    );
  });

  test('images that do not fit are refused with the numbers, and leave no journal', async () => {
    script({}, 1.2 * gib);
    writeFileSync(join(cwd, 'full.yaml'), profile.replace('content: mapped', 'content: full'));
    const result = await qtune('full.yaml');
    expect(result.exitCode).toBe(ExitCode.outside);
    expect(result.stderr).toMatch(
      /qtune: the images need up to 2 GiB, but .*scratch has 1.2 GiB free, of which 1 GiB stay/,
    );
    expect(engine.jobs).toEqual([]);
    expect(journalNames()).toEqual([]);
  });

  test('a disk beyond the longest file is refused', async () => {
    const result = await qtune('reads.yaml', '--disk', '20T');
    expect(result.exitCode).toBe(ExitCode.outside);
    expect(result.stderr).toContain('the largest image is 20 TiB long, but the file system of');
  });
});

describe("the user's backing file", () => {
  const qcow2 = Buffer.concat([Buffer.from('QFI\xfb', 'latin1'), Buffer.alloc(508)]);

  test('is handed on with its format: said, or qcow2 by its first bytes', async () => {
    writeFileSync(join(cwd, 'a,b json:.raw'), 'data');
    await qtune('reads.yaml', '--backing', 'a,b json:.raw', '--backing-format', 'raw', '--out', 'x');
    expect(engine.jobs[0]?.backing).toEqual({ path: join(cwd, 'a,b json:.raw'), format: 'raw' });
    expect((await readJournal(join(cwd, 'x'))).header.plan.backing).toBe('a,b json:.raw');
    writeFileSync(join(cwd, 'base.qcow2'), qcow2);
    await qtune('reads.yaml', '--backing', './base.qcow2', '--out', 'y');
    expect(engine.jobs.at(-1)?.backing).toEqual({ path: join(cwd, 'base.qcow2'), format: 'qcow2' });
  });

  test('a raw disk whose guest wrote a qcow2 header is still raw where the user says so', async () => {
    writeFileSync(join(cwd, 'disk'), qcow2);
    await qtune('reads.yaml', '--backing', 'disk', '--backing-format', 'raw');
    expect(engine.jobs[0]?.backing?.format).toBe('raw');
  });

  test('is left as it is, and a change by somebody else is said', async () => {
    const file = join(cwd, 'disk');
    writeFileSync(file, 'data');
    const before = statSync(file, { bigint: true });
    const argv = ['reads.yaml', '--backing', 'disk', '--backing-format', 'raw'];
    expect((await qtune(...argv, '--out', 'x')).exitCode).toBe(ExitCode.ok);
    expect(statSync(file, { bigint: true }).mtimeNs).toBe(before.mtimeNs);
    script({
      'cluster_size=64K': () => {
        utimesSync(file, 1, 1);
        return 1;
      },
    });
    const result = await qtune(...argv, '--out', 'y');
    expect(result.exitCode).toBe(ExitCode.outside);
    expect(result.stderr).toContain('--backing: disk was changed by another program during the run');
  });
});
