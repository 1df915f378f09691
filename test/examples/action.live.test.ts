import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemQemu } from '../helpers/qemu.ts';
import { readYaml, repository, runStep, type Step, type StepResult, toolPath } from '../helpers/workflow.ts';

interface Action {
  readonly inputs: Readonly<Record<string, { readonly default: string }>>;
  readonly outputs: Readonly<Record<string, { readonly value: string }>>;
  readonly runs: { readonly steps: readonly Step[] };
}

const action = readYaml('action.yml') as Action;
const qemu = systemQemu();

let cwd = '';
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'qtune-action-'));
});
afterEach(() => rmSync(cwd, { recursive: true }));

interface Run {
  readonly steps: Readonly<Record<string, StepResult>>;
  readonly exitCode: number;
  readonly output: string;
  /** How `gh` was called. */
  readonly gh: readonly string[];
}

/** Runs the action's steps one after the other until one fails, with a `gh` that notes its arguments and keeps the body. */
function use(
  inputs: Readonly<Record<string, string>>,
  comments: readonly { id: number; body: string }[] = [],
  ghFails = false,
): Run {
  const tools = join(cwd, 'gh-tools');
  mkdirSync(tools, { recursive: true });
  writeFileSync(join(cwd, 'comments.json'), JSON.stringify(comments));
  writeFileSync(join(tools, 'gh'), `#!/bin/sh\nexec '${process.execPath}' '${tools}/gh.mjs' "$@"\n`);
  writeFileSync(
    join(tools, 'gh.mjs'),
    `import { appendFileSync, copyFileSync, readFileSync } from 'node:fs';
const words = process.argv.slice(2);
appendFileSync('${cwd}/gh-calls', words.join(' ').replaceAll('${cwd}', '') + '\\n');
if (${ghFails}) process.exit(1);
const body = words.find((word) => word.startsWith('body=@'));
if (body) copyFileSync(body.slice(6), '${cwd}/posted.md');
// The filter of --jq, as far as the action uses it.
const marker = /startswith\\("(.*)"\\)/.exec(words[words.indexOf('--jq') + 1] ?? '');
if (marker) for (const { id, body } of JSON.parse(readFileSync('${cwd}/comments.json', 'utf8'))) if (body.startsWith(marker[1])) console.log(id);
`,
  );
  chmodSync(join(tools, 'gh'), 0o755);
  const env = {
    PATH: [tools, toolPath(cwd)].join(delimiter),
    HOME: cwd,
    TMPDIR: cwd,
    RUNNER_TEMP: cwd,
    GITHUB_ACTION_PATH: repository,
    GITHUB_REPOSITORY: 'some/where',
    GITHUB_STEP_SUMMARY: join(cwd, 'summary.md'),
  };
  const defaults = Object.entries(action.inputs).map(([name, input]) => [name, input.default]);
  const contexts: Record<string, unknown> = {
    inputs: { ...Object.fromEntries(defaults), disk: '1G', workloads: 'random-read', duration: '15s', ...inputs },
    github: { token: 'not-a-token', event: { pull_request: { number: 7 } } },
    steps: {},
  };
  const results: Record<string, StepResult> = {};
  let output = '';
  let exitCode = 0;
  for (const step of action.runs.steps) {
    const result = runStep(step, contexts, { cwd, env });
    results[step.name ?? ''] = result;
    output += result.output;
    if (step.id) (contexts.steps as Record<string, unknown>)[step.id] = { outputs: result.outputs };
    exitCode = result.exitCode;
    if (exitCode !== 0) break;
  }
  const calls = existsSync(join(cwd, 'gh-calls')) ? readFileSync(join(cwd, 'gh-calls'), 'utf8').trim().split('\n') : [];
  return { steps: results, exitCode, output, gh: calls };
}

const posted = (): string => readFileSync(join(cwd, 'posted.md'), 'utf8');

describe.skipIf(qemu === undefined)('the composite action', { timeout: 240_000 }, () => {
  test('a smaller cache fails the gate, after the comment is there', () => {
    // One entry in eight is cached on the one side, all of them on the other.
    const run = use({
      base: '--drive l2-cache-size=1M',
      head: '--drive l2-cache-size=16K,l2-cache-entry-size=4K',
    });
    expect([run.exitCode, run.output]).toEqual([1, run.output]);
    expect(Object.keys(run.steps).at(-1)).toBe('Gate');
    expect(run.steps.Compare?.outputs).toMatchObject({ verdict: 'worse', gate: 'failed', status: '1' });
    expect(run.output).toMatch(/^::error /m);
    expect(run.gh).toEqual([
      'api --paginate repos/some/where/issues/7/comments --jq .[] | select(.body | startswith("<!-- qtune: qcow2 -->")) | .id',
      expect.stringMatching(/^api --silent --method POST repos\/some\/where\/issues\/7\/comments -F body=@\/qtune-/),
    ]);
    expect(posted()).toMatch(/^<!-- qtune: qcow2 -->\n/);
    expect(posted()).toContain('l2-cache-size=1M');
    expect(posted()).toMatch(/worse/);
    expect(readFileSync(join(cwd, 'summary.md'), 'utf8')).toMatch(/worse/);
    const directory = run.steps.Measure?.outputs.directory ?? '';
    expect(readdirSync(directory)).toEqual(['run.ndjson']);
  });

  test('two builds are measured side by side; an earlier comment is replaced, and others are left', () => {
    const comments = [
      { id: 11, body: 'LGTM' },
      { id: 12, body: '<!-- qtune: other -->' },
      { id: 13, body: '<!-- qtune: builds -->\nolder' },
    ];
    // The same build twice: nothing is worse, though in so short a time something may be undecided.
    const run = use({ qemu: `${qemu}\n${qemu}\n`, 'fail-on': '25%', name: 'builds', duration: '10s' }, comments);
    expect([[0, 2].includes(run.exitCode), run.output]).toEqual([true, run.output]);
    expect(Object.keys(run.steps).at(-1)).toBe('Gate');
    expect(run.steps.Compare?.outputs.status).toBe(String(run.exitCode));
    expect(readdirSync(run.steps.Measure?.outputs.directory ?? '')).toEqual(['base.ndjson', 'head.ndjson']);
    expect(run.gh.at(-1)).toMatch(/^api --silent --method PATCH repos\/some\/where\/issues\/comments\/13 -F body=@/);
    expect(posted()).toMatch(/^<!-- qtune: builds -->\n/);
  });

  test('a pull request from a fork gets a warning and its summary, not a failure', () => {
    const run = use(
      { head: '-o cluster_size=64K', base: '-o cluster_size=128K', 'fail-on': '', duration: '5s' },
      [],
      true,
    );
    expect([run.exitCode, run.output]).toEqual([0, run.output]);
    expect(run.output).toContain('::warning title=qtune::the comment could not be written');
    expect(readFileSync(join(cwd, 'summary.md'), 'utf8').length).toBeGreaterThan(100);
  });

  test('without comment, gh is not called', () => {
    const run = use({ head: '-o cluster_size=128K', comment: 'false', 'fail-on': '', duration: '5s' });
    expect([run.exitCode, run.output]).toEqual([0, run.output]);
    expect(run.gh).toEqual([]);
    // The side that said nothing has the default, and it is the base.
    const [journal = ''] = readdirSync(run.steps.Measure?.outputs.directory ?? '');
    const [header = ''] = readFileSync(join(run.steps.Measure?.outputs.directory ?? '', journal), 'utf8').split('\n');
    const { plan } = JSON.parse(header);
    expect(plan.configurations.map((one: { create: unknown }) => one.create)).toEqual([
      { cluster_size: 65_536 },
      { cluster_size: 131_072 },
    ]);
  });
});

test.each<[Readonly<Record<string, string>>, RegExp]>([
  [{ base: '--out /etc/passwd', head: '-o cluster_size=64K' }, /base: only -o LIST and --drive LIST/],
  [{ head: '-o cluster_size=64K --qemu /tmp' }, /head: only -o LIST and --drive LIST/],
  [{ head: '-o' }, /head: -o has no value/],
  [{ head: '--drive --out' }, /head: --drive has no value/],
  [{ head: '; touch pwned' }, /head: only/],
  [{ head: '-o $(touch pwned)' }, /head: only/],
  [{ head: '-o `touch>pwned`' }, /touch>pwned/],
  [{}, /head: name the settings in question/],
  [{ qemu: 'a\nb\nc' }, /at most two builds/],
  [{ qemu: 'a\nb', head: '-o cluster_size=64K' }, /two builds are compared under the settings of base/],
])('the inputs %j are refused before anything runs', (inputs, message) => {
  const run = use(inputs);
  expect(run.exitCode).toBe(2);
  expect(run.output).toMatch(message);
  expect(Object.keys(run.steps)).toEqual(["Install qtune and QEMU's tools", 'Measure']);
  expect(existsSync(join(cwd, 'pwned'))).toBe(false);
});
