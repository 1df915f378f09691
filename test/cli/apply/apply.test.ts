import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { applyCommand } from '../../../src/cli/commands/apply.ts';
import { applySchema, undoSchema } from '../../../src/report/schemas/apply.ts';
import { recommendSchema } from '../../../src/report/schemas/recommend.ts';
import { ExitCode, runCli } from '../../helpers/host.ts';
import { type Behaviour, guest, node, type QmpServer, qcow2Node, serveQmp } from '../../helpers/qmp-server.ts';

let directory = '';
const servers: QmpServer[] = [];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'qtune-apply-'));
});
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
  rmSync(directory, { recursive: true, force: true });
});

async function serve(...behaviours: Behaviour[]): Promise<QmpServer> {
  const server = await serveQmp(join(directory, 'vm.qmp'), behaviours);
  servers.push(server);
  return server;
}

const start = ['apply', '--qmp', 'vm.qmp'];
const current = ['--current', 'l2-cache-size=4M,discard=unmap'];
const run = (argv: readonly string[], ask?: (question: string) => Promise<string>) =>
  runCli(argv, { cwd: directory, ...(ask ? { ask } : {}) });

test('the examples of the help work on a running guest', async () => {
  // Its command line, of the process that runs this test, does not name the disk.
  await serve(guest());
  for (const { command } of applyCommand.examples) {
    const known = /--undo|--current/.test(command) ? [] : current;
    const { exitCode, stdout, stderr } = await run([...command.split(' '), ...known]);
    expect([command, exitCode, stderr]).toEqual([command, ExitCode.ok, '']);
    expect(stdout.length).toBeGreaterThan(300);
  }
});

test('what is recommended stands beside what is in force, and goes there with everything repeated', async () => {
  const server = await serve(guest());
  const { exitCode, stdout, stderr } = await run([...start, ...current, '--yes']);
  expect([exitCode, stderr]).toEqual([ExitCode.ok, '']);
  expect(stdout).toMatch(/^QEMU 9\.1\.0 \(simulated\)\n\nd0 \(node disk0\): \/vm\/disk.qcow2, 2 TiB\n/);
  expect(stdout).toMatch(/\nl2-cache-size +4M +256M\n/);
  expect(stdout).toMatch(/\ncovered by the cache +1\.6 % +100 %\n/);
  expect(stdout).toMatch(/times\s+the\s+speed/);
  expect(stdout).toContain('what the guest has asked of this disk so far');
  expect(stdout).toContain('Changed and verified');
  expect(stdout).toContain('"l2-cache-size":4194304');
  expect(server.reopened).toHaveLength(1);
  expect(server.reopened[0]?.[0]).toMatchObject({
    ...{ driver: 'qcow2', 'node-name': 'disk0', file: 'disk0-file', 'read-only': false, discard: 'unmap' },
    ...{ cache: { direct: true, 'no-flush': false }, 'detect-zeroes': 'off', 'l2-cache-size': 2 ** 28 },
  });
  for (const line of stdout.split('\n')) if (!line.startsWith('{')) expect(line.length).toBeLessThanOrEqual(110);
});

test('only what was said is changed; a part of the cache drops a total, as QEMU has it', async () => {
  const server = await serve(guest());
  const known = ['--current', 'cache-size=8M,overlap-check=none,detect-zeroes=on'];
  const argv = [...start, ...known, '--drive', 'l2-cache-size=16M', '--yes', '--json'];
  const { exitCode, stdout } = await run(argv);
  expect(exitCode).toBe(ExitCode.ok);
  const document = applySchema.strict().parse(JSON.parse(stdout));
  expect(document.state).toBe('changed');
  // QEMU tells detect-zeroes, and is believed.
  expect(document.disks[0]?.former.drive).toEqual({ 'cache-size': 2 ** 23, 'overlap-check': 'none' });
  expect(document.disks[0]?.wanted.drive).toEqual({ 'l2-cache-size': 2 ** 24, 'overlap-check': 'none' });
  expect(server.reopened[0]?.[0]).not.toHaveProperty('cache-size');
  expect(document.undo.arguments.options).toMatchObject([{ 'cache-size': 2 ** 23 }]);
});

test('without a terminal and without --yes nothing is changed', async () => {
  const server = await serve(guest());
  const { exitCode, stderr } = await run([...start, ...current]);
  expect(exitCode).toBe(ExitCode.usage);
  expect(stderr).toContain('--yes is missing');
  expect(server.reopened).toEqual([]);
});

test.each([
  ['y', 1],
  ['YES', 1],
  ['', 0],
  ['n', 0],
  ['yellow', 0],
])('"%s" at the terminal makes %i changes', async (answer, count) => {
  const server = await serve(guest());
  const questions: string[] = [];
  const { exitCode, stderr } = await run([...start, ...current], async (question) => {
    questions.push(question);
    return answer;
  });
  expect(exitCode).toBe(ExitCode.ok);
  expect(questions).toHaveLength(1);
  expect(server.reopened).toHaveLength(count);
  if (count === 0) expect(stderr).toBe('qtune: nothing was changed\n');
});

test('a dry run prints the commands and changes nothing', async () => {
  const server = await serve(guest());
  const { exitCode, stdout } = await run([...start, ...current, '--dry-run', '--json']);
  expect(exitCode).toBe(ExitCode.ok);
  const document = applySchema.parse(JSON.parse(stdout));
  expect(document.state).toBe('planned');
  expect(document.command).toMatchObject({ execute: 'blockdev-reopen' });
  expect(server.reopened).toEqual([]);
});

test('settings that are in force already are left alone', async () => {
  const server = await serve(guest());
  const argv = [...start, ...current, '--drive', 'discard=unmap', '--json'];
  const { exitCode, stdout } = await run(argv);
  expect(exitCode).toBe(ExitCode.ok);
  expect(JSON.parse(stdout).state).toBe('unchanged');
  expect(server.reopened).toEqual([]);
});

test('an undo file is there before the change, takes it back, and no other overwrites it', async () => {
  let before = '';
  const server = await serve((command) => {
    if (command === 'blockdev-reopen' && before === '') before = readFileSync(join(directory, 'undo.json'), 'utf8');
    return undefined;
  }, guest());
  const argv = [
    ...start,
    ...current,
    '--drive',
    'l2-cache-size=1M,detect-zeroes=on',
    '--yes',
    '--save-undo',
    'undo.json',
  ];
  expect((await run(argv)).exitCode).toBe(ExitCode.ok);
  const undo = undoSchema.parse(JSON.parse(before));
  expect(undo.disks[0]?.former.drive).toEqual({ 'l2-cache-size': 2 ** 22, discard: 'unmap' });
  const again = await run(argv);
  expect([again.exitCode, again.stderr]).toEqual([ExitCode.usage, expect.stringContaining('is there already')]);
  const back = await run([...start, '--undo', 'undo.json', '--yes']);
  expect([back.exitCode, back.stderr]).toEqual([ExitCode.ok, '']);
  expect(server.reopened.map(([options]) => [options?.['l2-cache-size'], options?.['detect-zeroes']])).toEqual([
    [2 ** 20, 'on'],
    [2 ** 22, 'off'],
  ]);
});

describe('an undo file that does not fit is refused', () => {
  test.each([
    ['no JSON', () => '{', 'it is not JSON'],
    ['another document', () => '{"schema":"qtune.apply/1"}', 'no undo file'],
    ['a strange value', (text: string) => text.replace('4194304', '{"a":1}'), 'no undo file'],
    ['another disk', (text: string) => text.replace('/vm/disk.qcow2', '/vm/other.qcow2'), 'is not the disk'],
    ['another node', (text: string) => text.replaceAll('disk0', 'disk9'), 'there is no such node'],
  ])('%s', async (_name, change, message) => {
    const server = await serve(guest());
    await run([...start, ...current, '--drive', 'l2-cache-size=1M', '--yes', '--save-undo', 'undo.json']);
    const path = join(directory, 'undo.json');
    writeFileSync(path, change(readFileSync(path, 'utf8')));
    const { exitCode, stderr } = await run([...start, '--undo', 'undo.json', '--yes']);
    expect(stderr).toContain(message);
    expect(exitCode).toBe(ExitCode.usage);
    expect(server.reopened).toHaveLength(1);
  });
});

describe('what is refused before anything is changed', () => {
  test.each([
    [[], '--current is missing: QEMU does not tell the settings of disk0'],
    [[...current, '--drive', 'aio=native'], 'aio cannot be changed in a running guest'],
    [[...current, '--drive', 'cache=none'], 'cache cannot be changed'],
    [[...current, '--drive', 'l2-cache-size={1M,2M}'], 'one value of each'],
    [[...current, '--drive', 'l2-cache-entry-size=3000'], 'power of two'],
    [[...current, '--drive', 'l2-cache-sise=1M'], 'Did you mean l2-cache-size'],
    [[...current, '--drive', 'cluster_size=64K'], 'create-time'],
    [[...current, '--node', 'disk1'], 'there is no such node'],
    [[...current, '--node', 'disk0-file'], 'of the driver file'],
    [[...current, '--device', 'vd9'], 'there is no such device'],
    [['--undo', 'x', '--drive', 'l2-cache-size=1M'], '--drive does not go with it'],
    [[...current, '--drive', 'l2-cache-size=1M', '--workload', 'boot'], '--workload does not go with it'],
    [[...current, '--memory', '1K'], 'The least is'],
  ])('%j: %s', async (argv, message) => {
    const server = await serve(guest());
    const { exitCode, stderr, stdout } = await run([...start, ...argv, '--yes']);
    expect(stderr).toContain(message);
    expect([exitCode, stdout]).toEqual([ExitCode.usage, '']);
    expect(server.reopened).toEqual([]);
  });

  test.each<[string, Behaviour, string]>([
    ['a name that QEMU made up', guest([qcow2Node('#block1', 2 ** 30), node('#block1-file')]), 'QEMU made up'],
    ['an encrypted image', guest([qcow2Node('disk0', 2 ** 30, { encrypted: true }), node('disk0-file')]), 'encrypted'],
    ['a node without its file', guest([qcow2Node('disk0')]), 'on which node disk0 lies'],
    ['no qcow2', guest([node('disk0')]), 'has no qcow2 disk open'],
  ])('%s', async (_name, behaviour, message) => {
    const made = (command: string) =>
      command === 'query-block' ? [{ device: 'd0', inserted: { 'node-name': '#block1' } }] : undefined;
    const server = await serve((command) => (message.includes('made up') ? made(command) : undefined), behaviour);
    const { stderr } = await run([...start, ...current, '--yes']);
    expect(stderr).toContain(message);
    expect(server.reopened).toEqual([]);
  });

  test('a guest that is migrated, and a job on the block graph', async () => {
    const migrating = await serve(
      (command) => (command === 'query-status' ? { status: 'postmigrate' } : undefined),
      guest(),
    );
    expect(await run([...start, ...current, '--yes'])).toMatchObject({ exitCode: ExitCode.outside });
    expect(migrating.reopened).toEqual([]);
    await migrating.close();
    const job = await serve((command) => (command === 'query-block-jobs' ? [{ type: 'mirror' }] : undefined), guest());
    const { exitCode, stderr } = await run([...start, ...current, '--yes']);
    expect([exitCode, stderr]).toEqual([ExitCode.outside, expect.stringContaining('a mirror job is running')]);
    expect(job.reopened).toEqual([]);
  });

  test('a disk that became another one while the question was open', async () => {
    const nodes = [qcow2Node('disk0'), node('disk0-file')];
    const server = await serve(guest(nodes));
    const { exitCode, stderr } = await run([...start, ...current], async () => {
      Object.assign(nodes[0] ?? {}, { file: '/vm/overlay.qcow2' });
      return 'y';
    });
    expect([exitCode, stderr]).toEqual([ExitCode.outside, expect.stringContaining('not what it was a moment ago')]);
    expect(server.reopened).toEqual([]);
  });
});

test('several disks go in one command, and need names where there are several', async () => {
  const nodes = [qcow2Node('disk0'), node('disk0-file'), qcow2Node('disk1', 2 ** 40), node('disk1-file')];
  const server = await serve(guest(nodes));
  expect((await run([...start, ...current, '--yes'])).stderr).toContain('there are 2 qcow2 disks; say which');
  const argv = [...start, ...current, '--node', 'disk0', '--node', 'disk1', '--drive', 'l2-cache-size=2M', '--yes'];
  expect((await run(argv)).exitCode).toBe(ExitCode.ok);
  expect(server.reopened.map((options) => options.map((one) => one['node-name']))).toEqual([['disk0', 'disk1']]);
});

test('names and files that a guest made up cannot paint the terminal', async () => {
  const nodes = [qcow2Node('disk0', 2 ** 41, { file: '/vm/\u001b[2J\u202eevil' }), node('disk0-file')];
  await serve(guest(nodes));
  const { stdout, stderr } = await run([...start, ...current, '--dry-run']);
  expect(stderr).toBe('');
  expect(stdout).toContain('\\x1b[2J\\u{202e}evil');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this looks for
  expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
});

describe('recommend --qmp', () => {
  test('asks the guest for disk, image, version and requests', async () => {
    const server = await serve(guest());
    const { exitCode, stdout, stderr } = await run(['recommend', '--qmp', 'vm.qmp', '--json']);
    expect([exitCode, stderr]).toEqual([ExitCode.ok, '']);
    const document = recommendSchema.parse(JSON.parse(stdout));
    expect(document.disk).toEqual({ virtualBytes: 2 ** 41, backing: false });
    expect(document.qemuVersion).toBe('9.1');
    expect(document.workload.name).toBe('observed');
    expect(document.workload.source).toContain('4,000 reads and writes and 500 flushes');
    // The image is there: only run-time settings are open.
    expect(document.recommended.create.cluster_size).toBe(65_536);
    expect(document.recommended.drive['l2-cache-size']).toBe(2 ** 28);
    expect(document.commands.apply).toMatch(/^qtune apply --qmp vm\.qmp --node disk0 --drive l2-cache-size=256M/);
    expect(JSON.parse(document.commands.qmp ?? '').arguments.options[0]).toMatchObject({
      'node-name': 'disk0',
      file: 'disk0-file',
    });
    expect(server.reopened).toEqual([]);
  });

  test.each([
    [['--disk', '2T'], '--disk does not go with --qmp'],
    [['--node', 'nothing'], 'there is no such node'],
  ])('%j is refused: %s', async (argv, message) => {
    await serve(guest());
    const { exitCode, stderr } = await run(['recommend', '--qmp', 'vm.qmp', ...argv]);
    expect([exitCode, stderr]).toEqual([ExitCode.usage, expect.stringContaining(message)]);
  });
});

test('nothing is left behind', async () => {
  await serve(guest());
  await run([...start, ...current, '--yes']);
  expect(readdirSync(directory)).toEqual(['vm.qmp']);
});
