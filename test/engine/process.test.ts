import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { describeToolFailure, runTool, succeeded, type ToolOptions } from '../../src/engine/process.ts';
import { findProcessGuards } from '../../src/engine/process-guard.ts';
import { startTicks } from '../../src/engine/scratch.ts';

const cwd = realpathSync(mkdtempSync(join(tmpdir(), 'qtune-test-process-')));
afterAll(() => rmSync(cwd, { recursive: true }));

function options(more: Partial<ToolOptions> = {}): ToolOptions {
  return { cwd, env: process.env, signal: new AbortController().signal, timeLimitMs: 10_000, ...more };
}

const shell = (script: string, ...args: string[]): string[] => ['/bin/sh', '-c', script, 'sh', ...args];

async function eventually(condition: () => boolean): Promise<boolean> {
  for (let wait = 0; wait < 100; wait++) {
    if (condition()) return true;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return false;
}

test('output, exit code and working directory are as the program made them', async () => {
  const result = await runTool(shell('pwd; echo oops >&2; exit 3'), options());
  expect(result).toMatchObject({
    exitCode: 3,
    signal: null,
    stdout: `${cwd}\n`,
    stderrTail: 'oops\n',
    timedOut: false,
  });
  expect(succeeded(result)).toBe(false);
  expect(describeToolFailure(result)).toBe('oops');
});

test('messages come in English and arguments pass no shell', async () => {
  const result = await runTool(
    shell('printf "%s|%s" "$LC_ALL" "$1"', '$(id) ; `id` * "a b"'),
    options({ env: { LC_ALL: 'de_DE' } }),
  );
  expect(result.stdout).toBe('C|$(id) ; `id` * "a b"');
});

test('a program that does not exist is a result', async () => {
  const result = await runTool(['/nonexistent/qemu-img'], options());
  expect(succeeded(result)).toBe(false);
  expect(describeToolFailure(result)).toContain('qemu-img');
});

test('a flood of output is dropped beyond its limit, and of errors the end is kept', async () => {
  const result = await runTool(
    shell(
      'head -c 3000000 /dev/zero | tr "\\0" x; head -c 100000 /dev/zero | tr "\\0" y >&2; printf "the end\\033" >&2',
    ),
    options({ maxOutputBytes: 1000 }),
  );
  expect(result.stdout).toBe('x'.repeat(1000));
  expect(result.stdoutTruncated).toBe(true);
  expect(result.stderrTail).toMatch(/^y{4088}the end\\x1b$/);
});

test('standard input comes from a file', async () => {
  writeFileSync(join(cwd, 'input'), 'from a file');
  expect((await runTool(['/bin/cat'], options({ stdinFile: join(cwd, 'input') }))).stdout).toBe('from a file');
});

test('a missing input file is a result', async () => {
  expect((await runTool(['/bin/cat'], options({ stdinFile: join(cwd, 'absent') }))).startError).toContain('ENOENT');
});

test('at the time limit the program and its children are gone, even if they ignore the polite signal', async () => {
  const started = performance.now();
  const result = await runTool(
    shell('trap "" TERM; (trap "" TERM; sleep 60) & echo $! >child; echo $$ >self; wait; sleep 60'),
    {
      ...options({ timeLimitMs: 300, graceMs: 100 }),
    },
  );
  expect(result).toMatchObject({ timedOut: true, aborted: false });
  expect(performance.now() - started).toBeLessThan(5000);
  expect(describeToolFailure(result)).toMatch(/^sh did not end within/);
  for (const name of ['child', 'self']) {
    const pid = Number(readFileSync(join(cwd, name), 'utf8'));
    expect(pid).toBeGreaterThan(1);
    expect(await eventually(() => startTicks(pid) === null)).toBe(true);
  }
});

test('an abort stops the program at once', async () => {
  const controller = new AbortController();
  const running = runTool(shell('echo $$ >aborted; sleep 60'), options({ signal: controller.signal }));
  await eventually(() => existsSync(join(cwd, 'aborted')) && readFileSync(join(cwd, 'aborted'), 'utf8') !== '');
  controller.abort();
  expect(await running).toMatchObject({ aborted: true, timedOut: false });
  expect(startTicks(Number(readFileSync(join(cwd, 'aborted'), 'utf8')))).toBeNull();
});

test('nothing is started once aborted', async () => {
  const controller = new AbortController();
  controller.abort();
  await runTool(shell('touch started'), options({ signal: controller.signal }));
  expect(existsSync(join(cwd, 'started'))).toBe(false);
});

test('a program whose descendant keeps the pipe open does not hold up its result', async () => {
  const started = performance.now();
  const result = await runTool(shell('sleep 2 & echo done'), options());
  expect(result.stdout).toBe('done\n');
  expect(performance.now() - started).toBeLessThan(1500);
});

test('the program runs on the processor that was asked for', async ({ skip }) => {
  const guards = await findProcessGuards(process.env);
  if (guards.taskset === undefined) skip('taskset is missing');
  const result = await runTool(shell('grep Cpus_allowed_list /proc/self/status'), options({ cpus: [0] }));
  expect(result.stdout.trim()).toMatch(/^Cpus_allowed_list:\s+0$/);
  expect(result.cpus).toEqual([0]);
});

test('without taskset and setpriv the program runs all the same and says that it was not pinned', async () => {
  const result = await runTool(['/bin/echo', 'on'], options({ env: { PATH: '/nonexistent' }, cpus: [0] }));
  expect(result).toMatchObject({ stdout: 'on\n', cpus: [] });
});

test('a helper dies with qtune, even if qtune is killed with SIGKILL', async ({ skip }) => {
  const guards = await findProcessGuards(process.env);
  if (guards.deathSignal('KILL').length === 0) skip('setpriv is missing');
  // A parent of its own: this script starts a helper as qtune does and then does nothing.
  const [file, ...args] = [...guards.deathSignal('KILL'), 'sh', '-c', 'echo $$ >orphan; exec sleep 60'];
  const parent = spawn(
    process.execPath,
    ['-e', `require('node:child_process').spawn(${JSON.stringify(file)}, ${JSON.stringify(args)}, { detached: true })`],
    { cwd },
  );
  const orphan = join(cwd, 'orphan');
  expect(await eventually(() => existsSync(orphan) && readFileSync(orphan, 'utf8').endsWith('\n'))).toBe(true);
  const pid = Number(readFileSync(orphan, 'utf8'));
  expect(startTicks(pid)).not.toBeNull();
  parent.kill('SIGKILL');
  expect(await eventually(() => startTicks(pid) === null)).toBe(true);
});
