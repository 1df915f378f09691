import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { autoShard } from '../../src/cli/run/shard-auto.ts';
import { UsageError } from '../../src/errors.ts';
import { runSchema } from '../../src/report/schemas/run.ts';
import { readJournal } from '../../src/trial/journal-reader.ts';
import { ExitCode, runCli } from '../helpers/host.ts';

describe('--shard auto', () => {
  test.each<[string, Record<string, string>, string]>([
    ['GitLab', { CI_NODE_INDEX: '2', CI_NODE_TOTAL: '5' }, '2/5'],
    ['a GitLab job that is not parallel', { CI_NODE_TOTAL: '1' }, '1/1'],
    ['CircleCI', { CIRCLE_NODE_INDEX: '2', CIRCLE_NODE_TOTAL: '5' }, '3/5'],
    ['Buildkite', { BUILDKITE_PARALLEL_JOB: '0', BUILDKITE_PARALLEL_JOB_COUNT: '5' }, '1/5'],
    ['Bitbucket', { BITBUCKET_PARALLEL_STEP: '4', BITBUCKET_PARALLEL_STEP_COUNT: '5' }, '5/5'],
    ['Semaphore', { SEMAPHORE_JOB_INDEX: '5', SEMAPHORE_JOB_COUNT: '5' }, '5/5'],
    ['Kubernetes', { JOB_COMPLETION_INDEX: '0', QTUNE_SHARD_TOTAL: '8' }, '1/8'],
    ['GNU parallel', { PARALLEL_SEQ: '8', QTUNE_SHARD_TOTAL: '8' }, '8/8'],
    ['Slurm from 0', { SLURM_ARRAY_TASK_ID: '7', SLURM_ARRAY_TASK_MIN: '0', SLURM_ARRAY_TASK_COUNT: '8' }, '8/8'],
    ['Slurm from 1', { SLURM_ARRAY_TASK_ID: '1', SLURM_ARRAY_TASK_MIN: '1', SLURM_ARRAY_TASK_COUNT: '8' }, '1/8'],
    [
      'Slurm in steps',
      {
        SLURM_ARRAY_TASK_ID: '14',
        SLURM_ARRAY_TASK_MIN: '10',
        SLURM_ARRAY_TASK_STEP: '2',
        SLURM_ARRAY_TASK_COUNT: '4',
      },
      '3/4',
    ],
    ['the variable of qtune', { QTUNE_SHARD: '4/8' }, '4/8'],
    ['two systems that agree', { QTUNE_SHARD: '2/5', CI_NODE_INDEX: '2', CI_NODE_TOTAL: '5' }, '2/5'],
    ['a job of one beside a split', { CI_NODE_TOTAL: '1', PARALLEL_SEQ: '3', QTUNE_SHARD_TOTAL: '4' }, '3/4'],
    ['empty variables', { CI_NODE_INDEX: '', CI_NODE_TOTAL: '', QTUNE_SHARD: '1/2' }, '1/2'],
  ])('%s', (_name, env, expected) => {
    const { index, count } = autoShard(env);
    expect(`${index}/${count}`).toBe(expected);
  });

  test.each<[string, Record<string, string>, RegExp]>([
    ['nothing is set', {}, /nothing here says which part/],
    ['GitLab gives a total without an index', { CI_NODE_TOTAL: '4' }, /CI_NODE_TOTAL=4.*CI_NODE_INDEX/],
    ['CircleCI gives a total without an index', { CIRCLE_NODE_TOTAL: '4' }, /CIRCLE_NODE_INDEX/],
    ['Slurm gives a total without an index', { SLURM_ARRAY_TASK_COUNT: '4' }, /SLURM_ARRAY_TASK_ID/],
    ['only the total of qtune is set', { QTUNE_SHARD_TOTAL: '4' }, /QTUNE_SHARD_TOTAL=4/],
    ['Kubernetes gives an index without a total', { JOB_COMPLETION_INDEX: '1' }, /QTUNE_SHARD_TOTAL is not/],
    ['GNU parallel gives an index without a total', { PARALLEL_SEQ: '1' }, /QTUNE_SHARD_TOTAL is not/],
    ['an index is too large', { CIRCLE_NODE_INDEX: '4', CIRCLE_NODE_TOTAL: '4' }, /from 0 to 3/],
    ['an index is too small', { CI_NODE_INDEX: '0', CI_NODE_TOTAL: '4' }, /from 1 to 4/],
    ['a number is none', { CI_NODE_INDEX: 'two', CI_NODE_TOTAL: '4' }, /"two"/],
    [
      'a Slurm array has gaps',
      { SLURM_ARRAY_TASK_ID: '9', SLURM_ARRAY_TASK_MIN: '1', SLURM_ARRAY_TASK_COUNT: '3' },
      /task 9 is none of 3/,
    ],
    [
      'two systems disagree',
      {
        CI_NODE_INDEX: '2',
        CI_NODE_TOTAL: '5',
        SLURM_ARRAY_TASK_ID: '0',
        SLURM_ARRAY_TASK_MIN: '0',
        SLURM_ARRAY_TASK_COUNT: '3',
      },
      /GitLab \(.*\) says 2\/5, but Slurm \(.*\) says 1\/3/,
    ],
    [
      'two systems disagree on the index alone',
      { CI_NODE_INDEX: '2', CI_NODE_TOTAL: '5', QTUNE_SHARD: '3/5' },
      /GitLab.*2\/5.*QTUNE_SHARD says 3\/5/,
    ],
    // `sbatch --array=3` starts one task of the eight again: Slurm then calls it the only one.
    [
      'one task of an array is started again',
      { SLURM_ARRAY_TASK_ID: '3', SLURM_ARRAY_TASK_MIN: '3', SLURM_ARRAY_TASK_COUNT: '1', QTUNE_SHARD_TOTAL: '8' },
      /Slurm \(.*\) says 1\/1, but QTUNE_SHARD_TOTAL says 8 parts/,
    ],
  ])('is refused where %s', (_name, env, message) => {
    expect(() => autoShard(env)).toThrow(UsageError);
    expect(() => autoShard(env)).toThrow(message);
  });
});

describe('qtune run --shard', () => {
  let cwd = '';
  const workload = (requests: number): string => `schema: qtune.profile/1
title: Some reads
about: For tests.
source: this test
seed: 3
disk: 64M
image: { content: mapped, state: shared }
warmUp: { requests: 0, because: nothing is measured }
phases:
  - { pattern: random, operation: read, blockSize: 4K, requests: ${requests} }
`;
  beforeEach(() => {
    cwd = mkdtempSync(join(tmpdir(), 'qtune-shard-'));
    writeFileSync(join(cwd, 'few.yaml'), workload(50));
    writeFileSync(join(cwd, 'many.yaml'), workload(500));
  });
  afterEach(() => rmSync(cwd, { recursive: true }));

  const run = (...argv: readonly string[]) =>
    runCli(
      [
        'run',
        '--workload',
        'few.yaml',
        '--workload',
        'many.yaml',
        '--engine',
        'simulated',
        '--repetitions',
        '2',
        ...argv,
      ],
      { cwd, env: { HOME: cwd } },
    );

  test('runs its part under the whole plan, and names the journal after it', async () => {
    const result = await run('--shard', '2/2');
    expect(result.exitCode).toBe(ExitCode.ok);
    expect(result.stdout).toContain('2 of 2 trials of shard 2/2 completed');
    const name = /journal: (\S+)\n/.exec(result.stdout)?.[1] ?? '';
    const { header, trials } = await readJournal(join(cwd, name));
    expect(name).toBe(`qtune-${header.plan.hash.slice(0, 8)}-2-of-2.ndjson`);
    expect(header).toMatchObject({ shard: { index: 2, count: 2 }, plan: { trialCount: 4 } });
    expect(trials.map((trial) => trial.workload)).toEqual(['few', 'few']);
  });

  test('an empty shard is a success and a journal of a header', async () => {
    const result = await run('--shard', '3/3', '--out', 'empty.ndjson');
    expect(result.exitCode).toBe(ExitCode.ok);
    expect(result.stderr).toContain('empty.ndjson: nothing of the plan falls to this shard\n');
    const lines = readFileSync(join(cwd, 'empty.ndjson'), 'utf8').split('\n');
    expect(lines).toHaveLength(2);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ type: 'header', shard: { index: 3, count: 3 } });
    expect((await run('--shard', '3/3', '--out', 'empty.ndjson', '--resume')).exitCode).toBe(ExitCode.ok);
    expect(readFileSync(join(cwd, 'empty.ndjson'), 'utf8').split('\n')).toHaveLength(2);
  });

  test('--resume goes on with the journal of the same shard only', async () => {
    await run('--shard', '1/2', '--out', 'a.ndjson');
    const again = await run('--shard', '1/2', '--out', 'a.ndjson', '--resume');
    expect(again.stderr).toContain('all 2 trials are completed');
    for (const argv of [['--shard', '2/2'], ['--shard', '1/3'], []]) {
      const other = await run(...argv, '--out', 'a.ndjson', '--resume');
      expect(other.exitCode).toBe(ExitCode.usage);
      expect(other.stderr).toContain('a.ndjson:1: this journal is of shard 1/2, and this run of');
    }
  });

  test('--dry-run shows the part, --list-shard all of them; neither runs anything', async () => {
    const plan = runSchema.parse(JSON.parse((await run('--shard', '1/2', '--dry-run', '--json')).stdout));
    expect(plan).toMatchObject({ kind: 'plan', shard: { index: 1, count: 2, trialCount: 2 }, plan: { trialCount: 4 } });
    const list = runSchema.parse(JSON.parse((await run('--shard', '1/3', '--list-shard', '--json')).stdout));
    expect(list).toMatchObject({
      kind: 'shards',
      index: 1,
      shards: [{ units: [{ workload: 'many' }] }, { units: [{ workload: 'few' }] }, { units: [], trialCount: 0 }],
    });
    const { stdout } = await run('--shard', '2/3', '--list-shard');
    expect(stdout).toMatch(/^> 2\/3 +2 .*few$/m);
    expect(stdout).toMatch(/^ {2}3\/3 +0 +nothing$/m);
  });

  test('costs do not depend on the options of one host', async () => {
    const list = async (...argv: readonly string[]) =>
      JSON.parse((await run('--shard', '1/2', '--list-shard', '--json', ...argv)).stdout).shards;
    expect(await list('--no-host-io')).toEqual(await list());
  });

  test.each([
    [['--shard', '0/2'], 'Parts count from 1'],
    [['--shard', '3/2'], '"3/2" is not a part'],
    [['--shard', '2'], '"2" is not a part'],
    [['--shard', '1/99999'], '10000 at most'],
    [['--list-shard'], '--list-shard says nothing without --shard'],
    [['--shard-by', 'block'], '--shard-by says nothing without --shard'],
    [['--shard', '1/2', '--shard-by', 'trial'], 'shard-by'],
    [['--shard', '1/2', '--io-log', 'x'], '--io-log'],
    [['--shard', 'auto'], 'nothing here says which part'],
  ])('%j is refused', async (argv, message) => {
    const result = await run(...argv);
    expect(result.exitCode).toBe(ExitCode.usage);
    expect(result.stderr).toContain(message);
  });
});
