import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { doctorCommand } from '../../src/cli/commands/doctor.ts';
import { doctorSchema } from '../../src/report/schemas/doctor.ts';
import { writeFakeQemu } from '../helpers/fake-tool.ts';
import { ExitCode, runCli } from '../helpers/host.ts';
import { systemQemu } from '../helpers/qemu.ts';

let temporary = '';
beforeAll(() => {
  temporary = mkdtempSync(join(tmpdir(), 'qtune-test-doctor-'));
});
afterAll(() => {
  const left = readdirSync(temporary).filter((name) => name.startsWith('qtune-'));
  rmSync(temporary, { recursive: true });
  expect(left).toEqual([]);
});

function env(more: Readonly<Record<string, string>> = {}): Readonly<Record<string, string | undefined>> {
  return { ...process.env, TMPDIR: temporary, ...more };
}

const qemu = systemQemu();

// Those that measure take up to a minute; they have tests of their own.
const quickExamples = doctorCommand.examples.filter(({ command }) => !/--(calibrate|noise)/.test(command));
test.skipIf(qemu === undefined).each(quickExamples.map(({ command }) => [command]))(
  'the example `qtune %s` of the help runs',
  async (command) => {
    const argv = command.split(' ').map((word) => (word === '/usr/bin' ? (qemu ?? word) : word));
    const result = await runCli(argv, { env: env() });
    expect(result).toMatchObject({ exitCode: ExitCode.ok, stderr: '' });
    expect(result.stdout).toContain(argv.includes('--json') ? '"canMeasure": true' : 'qtune can measure here.');
  },
);

test.skipIf(qemu === undefined)('--json prints one document that follows its schema', async () => {
  const { stdout } = await runCli(['doctor', '--json'], { env: env() });
  const document = doctorSchema.parse(JSON.parse(stdout));
  expect(document.scratch.directory).toBe(temporary);
  expect(document.qemu).toMatchObject({ state: 'usable', qemuImg: join(qemu ?? '', 'qemu-img') });
  expect(document.host.allowedCpus).toContain(document.host.measuringCpu ?? document.host.allowedCpus[0]);
});

test('without QEMU the exit code is 3 and the text says how to get it', async () => {
  const result = await runCli(['doctor'], { env: env({ PATH: '/nonexistent' }) });
  expect(result.exitCode).toBe(ExitCode.outside);
  expect(result.stdout).toContain('qemu-img and qemu-io not found on PATH');
  expect(result.stdout).toMatch(/--qemu\.\n$/);
});

test('a QEMU that is too old is named with its version, exit 3', async () => {
  const directory = mkdtempSync(join(temporary, 'old-'));
  writeFakeQemu(directory, '2.0.0');
  const result = await runCli(['doctor', '--qemu', directory], { env: env() });
  expect(result.exitCode).toBe(ExitCode.outside);
  expect(result.stdout).toContain(`QEMU 2.0 in ${directory} is too old; qtune needs 5.2 or later`);
});

test('--install does not stop what comes after it: where it may not install it says what to type, exit 0', async () => {
  // A search path without a package manager: nothing can be installed, by root or not.
  const result = await runCli(['doctor', '--install'], { env: env({ PATH: '/nonexistent' }) });
  expect(result.exitCode).toBe(ExitCode.ok);
  expect(result.stdout).toMatch(/Not installed: .+ Type: .+/);
});

test('--install of what is there changes nothing and says so in JSON', async ({ skip }) => {
  if (qemu === undefined) skip('no QEMU');
  const { stdout } = await runCli(['doctor', '--install', '--json'], { env: env() });
  expect(JSON.parse(stdout)).toMatchObject({ installation: { state: 'not-needed' } });
});

test.each([
  [['doctor', '--qemu', '/nonexistent'], '--qemu: qemu-img and qemu-io not found in /nonexistent'],
  [['doctor', '--with', 'fio'], '--with is only for --install'],
  [['doctor', '--install', '--with', 'rm'], '--with: "rm" is not one of fio, strace'],
  [['doctor', 'extra'], 'Unknown argument: extra'],
  [['doctor', '--qemu', 'a', '--qemu', 'b'], '--qemu was given 2 times'],
])('%j is refused with exit 2', async (argv, message) => {
  const result = await runCli(argv, { env: env() });
  expect(result.exitCode).toBe(ExitCode.usage);
  expect(result.stderr).toContain(message);
});

test('a scratch directory that cannot be made names TMPDIR, exit 3', async () => {
  const result = await runCli(['doctor'], { env: env({ TMPDIR: '/nonexistent' }) });
  expect(result.exitCode).toBe(ExitCode.outside);
  expect(result.stderr).toContain('TMPDIR');
});
