import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { compareSchema } from '../../src/report/schemas/compare.ts';
import { journalRecordSchema } from '../../src/report/schemas/journal.ts';
import { mergeSchema } from '../../src/report/schemas/merge.ts';
import { readJournal } from '../../src/trial/journal-reader.ts';
import type { TrialEnvironment } from '../../src/trial/record.ts';
import { ExitCode, runCli } from '../helpers/host.ts';
import { journalLines, planHeader, samplePlan, sampleRecord } from '../helpers/shards.ts';
import { sampleEnvironment } from '../helpers/trials.ts';

const plan = samplePlan(2);
const single = journalLines([planHeader(plan), ...plan.trials.map((trial) => sampleRecord(plan, trial))]);
const [one = '', two = ''] = [1, 2].map((index) =>
  journalLines([
    planHeader(plan, { index, count: 2 }),
    ...plan.trials.filter(({ workload }) => workload === `w${index - 1}`).map((trial) => sampleRecord(plan, trial)),
  ]),
);

let cwd = '';
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'qtune-merge-'));
  writeFileSync(join(cwd, 'one.ndjson'), one);
  writeFileSync(join(cwd, 'two.ndjson'), two);
});
afterEach(() => rmSync(cwd, { recursive: true }));

const merge = (...argv: readonly string[]) => runCli(['merge', ...argv], { cwd });
const read = (name: string) => readFileSync(join(cwd, name), 'utf8');

describe('qtune merge', () => {
  test('writes the journal of a single run and says what it is made of', async () => {
    const result = await merge('two.ndjson', 'one.ndjson', '--out', 'run.ndjson');
    expect(result).toMatchObject({ exitCode: ExitCode.ok, stderr: '' });
    expect(read('run.ndjson')).toBe(single);
    expect(result.stdout).toMatch(/^ {2}1\/2 {2}one\.ndjson +6 {2}w0\n {2}2\/2 {2}two\.ndjson +6 {2}w1$/m);
    expect(result.stdout).toContain('12 completed trials; journal: run.ndjson\n');
  });

  test('takes a directory, at any depth, and leaves other files', async () => {
    mkdirSync(join(cwd, 'shards', 'qtune-1'), { recursive: true });
    writeFileSync(join(cwd, 'shards', 'qtune-1', 'one.ndjson'), one);
    writeFileSync(join(cwd, 'shards', 'two.ndjson'), two);
    writeFileSync(join(cwd, 'shards', 'two.ndjson.lock'), 'x');
    expect((await merge('shards', '--out', 'run.ndjson')).exitCode).toBe(ExitCode.ok);
    expect(read('run.ndjson')).toBe(single);
  });

  test('prints one document with --json', async () => {
    const { stdout } = await merge('one.ndjson', 'one.ndjson', '--allow-partial', '--json', '--out', 'run.ndjson');
    expect(mergeSchema.parse(JSON.parse(stdout))).toMatchObject({
      schema: 'qtune.merge/1',
      output: 'run.ndjson',
      recordCount: 7,
      trialCount: 12,
      completedCount: 6,
      missingShards: [2],
      missingTrialCount: 6,
      partial: true,
      shards: [{ index: 1, path: 'one.ndjson', recordCount: 6, completedCount: 6, workloads: ['w0'] }],
      duplicates: ['one.ndjson'],
    });
  });

  test('a partial result is said in words', async () => {
    const { stdout } = await merge('one.ndjson', '--allow-partial', '--out', 'run.ndjson');
    expect(stdout).toContain('6 completed trials, 6 of the plan are missing; journal: run.ndjson');
    expect(stdout).toContain('[1] missing: shard 2 and 6 trials of the plan');
  });

  test('replaces an earlier result', async () => {
    writeFileSync(join(cwd, 'run.ndjson'), 'something else');
    expect((await merge('one.ndjson', 'two.ndjson', '--out', 'run.ndjson')).exitCode).toBe(ExitCode.ok);
    expect(read('run.ndjson')).toBe(single);
  });

  test.each([
    [['one.ndjson', 'two.ndjson'], 'Name it with --out FILE'],
    [['one.ndjson', 'two.ndjson', '--out', 'one.ndjson'], 'is one of the journals to merge'],
    [['one.ndjson', 'two.ndjson', '--out', './link'], 'is one of the journals to merge'],
    [['.', '--out', 'two.ndjson'], 'is one of the journals to merge'],
    [['one.ndjson', 'two.ndjson', '--out', 'no/such/place'], '--out: no/such/place: there is no such directory'],
    [['one.ndjson', 'two.ndjson', '--out', 'empty'], '--out: empty is a directory'],
    [['empty', '--out', 'x'], 'there is no *.ndjson in this directory'],
    [['absent', '--out', 'x'], 'there is no such file'],
    [['one.ndjson', '--out', 'x'], 'of 2 shards number 2 is missing'],
  ])('%j is refused, and nothing is written', async (argv, message) => {
    mkdirSync(join(cwd, 'empty'));
    symlinkSync('two.ndjson', join(cwd, 'link'));
    const before = readdirSync(cwd);
    const result = await merge(...argv);
    expect(result.exitCode).toBe(ExitCode.usage);
    expect(result.stderr).toContain(message);
    expect(result.stdout).toBe('');
    expect(readdirSync(cwd)).toEqual(before);
    expect([read('one.ndjson'), read('two.ndjson')]).toEqual([one, two]);
  });

  test('an error half-way leaves neither a part of the result nor a temporary file', async () => {
    const before = readdirSync(cwd);
    const controller = new AbortController();
    // Every record is looked at once before the first one is written; the abort comes between the two.
    const signal = new Proxy(controller.signal, {
      get: (target, key) => (key === 'aborted' ? readdirSync(cwd).length > before.length : Reflect.get(target, key)),
    });
    const result = await runCli(['merge', 'one.ndjson', 'two.ndjson', '--out', 'run.ndjson'], { cwd, signal });
    expect(result.exitCode).toBe(ExitCode.interrupted);
    expect(readdirSync(cwd)).toEqual(before);
  });

  test('writes into a pipe', async () => {
    if (!existsSync('/dev/null')) return;
    expect((await merge('one.ndjson', 'two.ndjson', '--out', '/dev/null')).exitCode).toBe(ExitCode.ok);
  });

  test('a workload that was measured elsewhere than in the base is not compared; the others are', async () => {
    const samples = samplePlan(2, { repetitions: 14 });
    const write = async (name: string, secondHost: Partial<TrialEnvironment>, iops: number): Promise<void> => {
      for (const index of [1, 2]) {
        const environment = { ...sampleEnvironment, ...(index === 2 ? secondHost : {}) };
        const records = samples.trials
          .filter(({ workload }) => workload === `w${index - 1}`)
          .map((trial) => sampleRecord(samples, trial, iops + trial.block / 10));
        const header = planHeader(samples, { index, count: 2 }, { environment });
        writeFileSync(join(cwd, `${name}-${index}.ndjson`), journalLines([header, ...records]));
      }
      await merge(`${name}-1.ndjson`, `${name}-2.ndjson`, '--out', name);
    };
    await write('base', {}, 1000);
    await write('head', { cpuModel: 'Another CPU', fingerprint: 'ff' }, 500);
    const lines = read('head').trimEnd().split('\n');
    for (const line of lines) journalRecordSchema.parse(JSON.parse(line));
    const { stdout } = await runCli(['compare', 'base', 'head', '--metric', 'iops', '--json'], { cwd });
    const { cells } = compareSchema.parse(JSON.parse(stdout));
    const verdicts = cells.map(({ cell, verdict }) => [cell.split('/')[0], verdict]);
    expect(verdicts).toEqual([
      ['w0', 'worse'],
      ['w0', 'worse'],
      ['w1', 'inconclusive'],
      ['w1', 'inconclusive'],
    ]);
  });

  test('a partial result says so wherever it is read', async () => {
    await merge('one.ndjson', '--allow-partial', '--out', 'part.ndjson');
    const { warnings } = await readJournal(join(cwd, 'part.ndjson'));
    expect(warnings).toMatchObject([
      { code: 'partial', message: 'was merged without shard 2 and 6 trials of its plan' },
    ]);
    const header = read('part.ndjson').split('\n')[0] ?? '';
    expect(journalRecordSchema.parse(JSON.parse(header))).toMatchObject({ partial: { missingShards: [2] } });
  });

  test('report and compare read the result', async () => {
    await merge('one.ndjson', 'two.ndjson', '--out', 'run.ndjson');
    const report = await runCli(['report', 'run.ndjson'], { cwd });
    expect(report.exitCode).toBe(ExitCode.ok);
    expect(report.stdout).toContain('12 of 12 trials completed');
    expect((await runCli(['compare', 'run.ndjson', 'run.ndjson'], { cwd })).exitCode).toBe(ExitCode.ok);
  });
});
