import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readJournal } from '../../src/trial/journal-reader.ts';
import { hasGnuParallel } from '../helpers/format-checkers.ts';
import { systemQemu } from '../helpers/qemu.ts';
import { readYaml, repository, runStep, type Step, toolPath } from '../helpers/workflow.ts';

const plan =
  '--workload random-read --workload sequential-read --disk 32M --repetitions 1 --no-host-io --drive l2-cache-size=256K --drive l2-cache-size=1M';

let cwd = '';
let env: Record<string, string>;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'qtune-example-'));
  env = { PATH: toolPath(cwd, ['sudo', 'npm', 'apt-get'], 'simulated'), HOME: cwd, TMPDIR: cwd, PLAN: plan };
});
afterEach(() => rmSync(cwd, { recursive: true }));

function shell(script: string, extra: Readonly<Record<string, string>> = {}): string {
  const { status, stdout, stderr } = spawnSync('bash', ['-eo', 'pipefail', '-c', script], {
    cwd,
    env: { ...env, ...extra },
    encoding: 'utf8',
  });
  expect([status, stderr, stdout]).toEqual([0, stderr, stdout]);
  return stdout;
}

async function checkMerged(): Promise<void> {
  const { header, trials } = await readJournal(join(cwd, 'run.ndjson'));
  expect(header.plan.trialCount).toBe(4);
  expect(header.shard).toBeUndefined();
  expect(header.partial).toBeUndefined();
  expect(trials.map((trial) => trial.state)).toEqual(Array(4).fill('completed'));
}

describe('four shards of a run, and one journal of them', () => {
  test('as a matrix of GitHub Actions', async () => {
    const { jobs } = readYaml('examples/github/matrix.yml') as {
      jobs: Record<'measure' | 'merge', { steps: Step[]; strategy: { matrix: { shard: number[] } } }>;
    };
    mkdirSync(join(cwd, 'qtune'));
    const run = (steps: readonly Step[], contexts: Readonly<Record<string, unknown>>): void => {
      for (const step of steps.filter((one) => one.run !== undefined)) {
        const summary = { GITHUB_STEP_SUMMARY: join(cwd, 'summary.md') };
        const result = runStep(step, contexts, { cwd, env: { ...env, ...summary } });
        expect([step.name, result.exitCode, result.output]).toEqual([step.name, 0, result.output]);
      }
    };
    const { shard: indexes } = jobs.measure.strategy.matrix;
    for (const shard of indexes) {
      run(jobs.measure.steps, { matrix: { shard }, strategy: { 'job-total': indexes.length } });
    }
    expect(readdirSync(join(cwd, 'shards'))).toEqual(indexes.map((index) => `shard-${index}.ndjson`));
    run(jobs.merge.steps, {});
    await checkMerged();
    expect(readFileSync(join(cwd, 'summary.md'), 'utf8')).toMatch(/^```\nJournal run\.ndjson\n[\s\S]*\n```\n$/);
    expect(readFileSync(join(cwd, 'calls'), 'utf8')).toContain('sudo npm link\n');
  });

  test('as parallel jobs of GitLab', async () => {
    const file = readYaml('examples/gitlab/.gitlab-ci.yml') as Record<
      'measure' | 'merge',
      { parallel: number; before_script: string[]; script: string[]; artifacts: { paths: string[] }; stage: string }
    > & { stages: string[] };
    expect(file.stages).toEqual([file.measure.stage, file.merge.stage]);
    const { before_script: before, script, parallel } = file.measure;
    for (let index = 1; index <= parallel; index++) {
      shell([...before, ...script].join('\n'), {
        CI_NODE_INDEX: String(index),
        CI_NODE_TOTAL: String(parallel),
        QTUNE_PACKAGE: 'qtune.tgz',
      });
    }
    shell([...file.merge.before_script, ...file.merge.script].join('\n'), {
      QTUNE_PACKAGE: 'qtune.tgz',
      CI_NODE_TOTAL: '1',
    });
    await checkMerged();
    expect(readFileSync(join(cwd, 'calls'), 'utf8')).toContain('npm install --global qtune.tgz\n');
  });

  test('as an Indexed Job of Kubernetes', async () => {
    const job = readYaml('examples/kubernetes/job.yaml') as KubernetesJob;
    const { spec } = job;
    expect(job).toMatchObject({ apiVersion: 'batch/v1', kind: 'Job', spec: { completionMode: 'Indexed' } });
    // Needed with backoffLimitPerIndex, and for a pod to keep a node for itself.
    expect(spec.template.spec.restartPolicy).toBe('Never');
    const [{ matchLabels }] =
      spec.template.spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution.map(
        ({ labelSelector }) => labelSelector,
      ) as [{ matchLabels: unknown }];
    expect(matchLabels).toEqual(spec.template.metadata.labels);
    const [container] = spec.template.spec.containers as [KubernetesJob['spec']['template']['spec']['containers'][0]];
    const given = Object.fromEntries(container.env.map(({ name, value }) => [name, value]));
    expect(given.QTUNE_SHARD_TOTAL).toBe(String(spec.completions));
    const volumes = spec.template.spec.volumes.map(({ name }) => name);
    expect(container.volumeMounts.map(({ name }) => name)).toEqual(volumes);
    expect(container.volumeMounts.map(({ mountPath }) => mountPath)).toEqual([given.TMPDIR, given.RESULTS]);
    mkdirSync(join(cwd, 'results'));
    for (let index = 0; index < spec.completions; index++) {
      const scratch = join(cwd, `scratch-${index}`);
      mkdirSync(scratch);
      const [command = '', ...options] = container.command;
      const { status, stderr } = spawnSync(command, [...options, ...plan.split(' ')], {
        cwd,
        env: { ...env, ...given, TMPDIR: scratch, RESULTS: join(cwd, 'results'), JOB_COMPLETION_INDEX: String(index) },
        encoding: 'utf8',
      });
      expect([status, stderr]).toEqual([0, stderr]);
    }
    shell('qtune run "$@" --engine qemu-io --dry-run --json >/dev/null'.replace('"$@"', container.args.join(' ')));
    shell('qtune merge results --out run.ndjson');
    await checkMerged();
  });

  test('as an array of Slurm', async () => {
    const script = join(repository, 'examples', 'slurm', 'array.sh');
    const text = readFileSync(script, 'utf8');
    const [, first, last] = /^#SBATCH --array=(\d+)-(\d+)$/m.exec(text) ?? [];
    const array = { SLURM_ARRAY_TASK_MIN: first ?? '', SLURM_ARRAY_TASK_MAX: last ?? '', SLURM_ARRAY_TASK_COUNT: '4' };
    for (let task = Number(first); task <= Number(last); task++) {
      if (task !== 2) shell(`'${script}'`, { ...array, SLURM_ARRAY_TASK_ID: String(task) });
    }
    // One task alone: refused, unless it is said which one it is.
    const alone = { SLURM_ARRAY_TASK_ID: '2', SLURM_ARRAY_TASK_MIN: '2', SLURM_ARRAY_TASK_COUNT: '1' };
    const refused = spawnSync(script, { cwd, env: { ...env, ...alone }, encoding: 'utf8' });
    expect([refused.status, refused.stderr]).toEqual([2, expect.stringContaining('QTUNE_SHARD_TOTAL says 4 parts')]);
    shell(`'${script}'`, { ...alone, QTUNE_SHARD: '3/4' });
    const [, merge = ''] = /--wrap '(.*)'/.exec(text) ?? [];
    shell(merge);
    await checkMerged();
  });

  const tools = hasGnuParallel() && systemQemu() !== undefined;
  test.skipIf(!tools)('with GNU parallel, for real', { timeout: 180_000 }, async () => {
    env.PATH = toolPath(cwd);
    const script = join(repository, 'examples', 'gnu-parallel', 'run.sh');
    shell(`'${script}'`);
    await checkMerged();
    // A shard that failed is run again, the others are not.
    const before = readFileSync(join(cwd, 'shard-1.ndjson'));
    shell(`awk -F'\\t' -v OFS='\\t' '$1 == 2 { $7 = 1 } 1' shards.log > x && mv x shards.log && '${script}'`);
    expect(readFileSync(join(cwd, 'shard-1.ndjson'))).toEqual(before);
    await checkMerged();
  });
});

interface KubernetesJob {
  readonly spec: {
    readonly completions: number;
    readonly template: {
      readonly metadata: { readonly labels: unknown };
      readonly spec: {
        readonly restartPolicy: string;
        readonly affinity: {
          readonly podAntiAffinity: {
            readonly requiredDuringSchedulingIgnoredDuringExecution: readonly {
              readonly labelSelector: { readonly matchLabels: unknown };
            }[];
          };
        };
        readonly containers: readonly {
          readonly command: readonly string[];
          readonly args: readonly string[];
          readonly env: readonly { readonly name: string; readonly value: string }[];
          readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
        }[];
        readonly volumes: readonly { readonly name: string }[];
      };
    };
  };
}
