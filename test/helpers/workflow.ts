import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { parse } from 'yaml';

export const repository = join(import.meta.dirname, '..', '..');
const bin = join(repository, 'dist', 'cli', 'bin.js');

/** A step as GitHub's workflows and composite actions write it. */
export interface Step {
  readonly name?: string;
  readonly id?: string;
  readonly run?: string;
  readonly shell?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** What `${{ a.b.c }}` is looked up in. */
export type Contexts = Readonly<Record<string, unknown>>;

export interface StepResult {
  readonly exitCode: number;
  readonly output: string;
  /** What it wrote to $GITHUB_OUTPUT. */
  readonly outputs: Readonly<Record<string, string>>;
}

export function readYaml(path: string): unknown {
  return parse(readFileSync(join(repository, path), 'utf8'));
}

/** Puts values in the place of expressions; what is not there is empty, as on GitHub. Operators are not understood. */
export function expand(text: string, contexts: Contexts): string {
  return text.replace(/\$\{\{\s*([\w.-]+)\s*\}\}/g, (_, path: string) => {
    let value: unknown = contexts;
    for (const key of path.split('.')) value = (value as Record<string, unknown> | undefined)?.[key];
    return value === undefined ? '' : String(value);
  });
}

/** Runs a step's script as GitHub's runner does. */
export function runStep(
  step: Step,
  contexts: Contexts,
  options: { readonly cwd: string; readonly env: Readonly<Record<string, string>> },
): StepResult {
  const script = join(options.cwd, '.step.sh');
  const outputFile = join(options.cwd, '.step-output');
  writeFileSync(script, expand(step.run ?? '', contexts));
  writeFileSync(outputFile, '');
  const own = Object.entries(step.env ?? {}).map(([name, value]) => [name, expand(value, contexts)]);
  const flags = step.shell === 'bash' ? ['--noprofile', '--norc', '-eo', 'pipefail'] : ['-e'];
  const { status, stdout, stderr } = spawnSync('bash', [...flags, script], {
    cwd: options.cwd,
    env: { ...options.env, ...Object.fromEntries(own), GITHUB_OUTPUT: outputFile },
    encoding: 'utf8',
  });
  const lines = readFileSync(outputFile, 'utf8').split('\n');
  const outputs = lines.flatMap((line) => {
    const at = line.indexOf('=');
    return at === -1 ? [] : [[line.slice(0, at), line.slice(at + 1)]];
  });
  return { exitCode: status ?? -1, output: stdout + stderr, outputs: Object.fromEntries(outputs) };
}

/**
 * A PATH with `qtune`, and with programs that only note how they were called, in `calls` of the directory.
 * @param stubs names of such programs
 * @param engine what `qtune` uses where it is told to use qemu-io; the simulated one takes a tenth of the time
 */
export function toolPath(
  directory: string,
  stubs: readonly string[] = [],
  engine: 'qemu-io' | 'simulated' = 'qemu-io',
): string {
  const tools = join(directory, '.tools');
  mkdirSync(tools, { recursive: true });
  const script = (name: string, text: string): void => {
    writeFileSync(join(tools, name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(tools, name), 0o755);
  };
  const swap = `for word do shift; [ "$word" != qemu-io ] || word=${engine}; set -- "$@" "$word"; done`;
  script('qtune', `${swap}\nexec '${process.execPath}' '${bin}' "$@"`);
  for (const name of stubs) script(name, `echo "${name} $*" >> '${directory}/calls'`);
  return [tools, process.env.PATH ?? ''].join(delimiter);
}
