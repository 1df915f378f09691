import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findQemuTools } from '../../src/engine/tools.ts';
import { EnvironmentError, InterruptedError, UsageError } from '../../src/errors.ts';
import { writeFakeQemu, writeFakeTool } from '../helpers/fake-tool.ts';
import { qemusUnderTest } from '../helpers/qemu.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'qtune-test-tools-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const signal = new AbortController().signal;
const env = { PATH: '/nonexistent' };

async function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}

test.each(qemusUnderTest().map((qemu) => [qemu.name, qemu.bin]))(
  'QEMU %s is found in its directory',
  async (name, bin) => {
    const tools = await findQemuTools({ directory: bin, env, signal });
    expect(tools.qemuIo).toBe(join(bin, 'qemu-io'));
    expect(tools.versionLine).toContain(`version ${tools.version.major}.${tools.version.minor}`);
    if (name !== 'system') expect(`${tools.version.major}.${tools.version.minor}`).toBe(name);
  },
);

test('the directory may be the one above bin, and relative to the working directory', async () => {
  mkdirSync(join(directory, 'bin'));
  writeFakeQemu(join(directory, 'bin'), '9.1.2');
  const tools = await findQemuTools({ directory: basename(directory), cwd: dirname(directory), env, signal });
  expect(tools).toMatchObject({ qemuImg: join(directory, 'bin', 'qemu-img'), version: { major: 9, minor: 1 } });
  expect(tools.storageDaemon).toBeUndefined();
});

test('PATH is searched, but no relative part of it', async () => {
  writeFakeQemu(directory, '8.0.0');
  expect(await findQemuTools({ env: { PATH: `relative::${directory}` }, signal })).toMatchObject({
    qemuIo: join(directory, 'qemu-io'),
  });
});

test('missing tools come with what to type', async () => {
  const error = await failure(findQemuTools({ env, signal }));
  expect(error).toBeInstanceOf(EnvironmentError);
  expect(error).toMatchObject({
    message: 'qemu-img and qemu-io not found on PATH',
    hint: expect.stringMatching(/install|--qemu/),
  });
});

test('a directory without the tools is a mistake in --qemu', async () => {
  writeFakeTool(directory, 'qemu-img', 'exit 0');
  writeFileSync(join(directory, 'qemu-io'), 'not executable');
  const error = await failure(findQemuTools({ directory, env, signal }));
  expect(error).toBeInstanceOf(UsageError);
  expect(error).toMatchObject({ message: `--qemu: qemu-io not found in ${directory}` });
});

test('a QEMU that is too old is refused by its version', async () => {
  writeFakeQemu(directory, '2.0.0');
  const error = await failure(findQemuTools({ directory, env, signal }));
  expect(error).toBeInstanceOf(EnvironmentError);
  expect(error).toMatchObject({ message: `QEMU 2.0 in ${directory} is too old; qtune needs 5.2 or later` });
});

test('the older of the two tools counts', async () => {
  writeFakeQemu(directory, '7.2.0');
  writeFakeTool(directory, 'qemu-io', 'echo "qemu-io version 4.2.1"');
  expect(await failure(findQemuTools({ directory, env, signal }))).toMatchObject({
    message: expect.stringContaining('QEMU 4.2'),
  });
});

test('a tool that fails or talks nonsense is refused with its words', async () => {
  writeFakeQemu(directory, '7.2.0');
  writeFakeTool(directory, 'qemu-io', 'echo "error while loading shared libraries: liburing.so.2" >&2; exit 127');
  expect(await failure(findQemuTools({ directory, env, signal }))).toMatchObject({
    message: expect.stringContaining('liburing.so.2'),
  });
  writeFakeTool(directory, 'qemu-io', 'echo hello');
  expect(await failure(findQemuTools({ directory, env, signal }))).toMatchObject({
    message: `${join(directory, 'qemu-io')} does not tell its version`,
  });
});

test('an abort ends the search', async () => {
  writeFakeTool(directory, 'qemu-img', 'sleep 60');
  writeFakeTool(directory, 'qemu-io', 'sleep 60');
  const controller = new AbortController();
  const search = failure(findQemuTools({ directory, env: process.env, signal: controller.signal }));
  setTimeout(() => controller.abort(), 100);
  expect(await search).toBeInstanceOf(InterruptedError);
});
