import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { inspectCommand } from '../../src/cli/commands/inspect.ts';
import { inspectSchema } from '../../src/report/schemas/inspect.ts';
import { ExitCode, runCli } from '../helpers/host.ts';
import { systemQemu } from '../helpers/qemu.ts';
import { BareImage } from '../qcow2/bare-image.ts';

let cwd = '';
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'qtune-inspect-'));
  new BareImage().save(join(cwd, 'disk.qcow2'));
  new BareImage().backing('disk.qcow2').extension(112, 0xe279_2aca, 'qcow2').save(join(cwd, 'overlay.qcow2'));
  new BareImage().u64(0x4018, 0x5000, 0x80).save(join(cwd, 'damaged.qcow2'));
  writeFileSync(join(cwd, 'guest.xml'), domain('disk.qcow2'));
});
afterAll(() => rmSync(cwd, { recursive: true, force: true }));

const domain = (name: string, driver = "name='qemu' type='qcow2' cache='none' discard='unmap'") =>
  `<domain><name>g</name><devices><disk type='file' device='disk'><driver ${driver}/><source file='${join(cwd, name)}'/><target dev='vda' bus='virtio'/></disk></devices></domain>`;
const inspect = (...argv: string[]) => runCli(['inspect', ...argv], { cwd });
async function document(...argv: string[]) {
  const { stdout, exitCode } = await inspect(...argv, '--json');
  return { exitCode, json: inspectSchema.parse(JSON.parse(stdout)) };
}

test('an image is told as the contract has it', async () => {
  const { exitCode, json } = await document('disk.qcow2');
  expect(exitCode).toBe(ExitCode.ok);
  expect(json).toMatchObject({
    schema: 'qtune.inspect/1',
    kind: 'image',
    virtualBytes: 4 * 1024 ** 2,
    clusterBytes: 4096,
    version: 3,
    extendedL2: false,
    refcountBits: 16,
    snapshotCount: 0,
    fileBytes: 0x8000,
    allocatedClusterCount: 3,
    l2TableCount: 1,
    dataExtentCount: 1,
    backing: null,
    dataFile: null,
    problems: [],
    recommendation: { schema: 'qtune.recommend/1', disk: { virtualBytes: 4 * 1024 ** 2 } },
  });
});

test('a damaged image is exit 1, with what is wrong first', async () => {
  const { exitCode, stdout, stderr } = await inspect('damaged.qcow2');
  expect([exitCode, stderr]).toEqual([ExitCode.no, '']);
  expect(stdout).toMatch(/error: damaged-refcount-too-low\n {2}1 cluster has a refcount that is wrong/);
  expect((await inspect('damaged.qcow2', '--fail-on', 'never')).exitCode).toBe(ExitCode.ok);
});

test.each<[string, Buffer, string]>([
  ['cut off in its header', new BareImage().cut(512).bytes, 'damaged-header'],
  ['of another kind', Buffer.from([0x4b, 0x44, 0x4d, 0x56, 0, 0, 0, 1]), 'not-qcow2'],
  ['empty', Buffer.alloc(0), ''],
])('a file that is %s is refused without a crash', async (_, bytes, code) => {
  writeFileSync(join(cwd, 'odd'), bytes);
  const { exitCode, stdout, stderr } = await inspect('odd', '--json');
  if (code === '') {
    expect([exitCode, stdout]).toEqual([ExitCode.usage, '']);
    expect(stderr).toContain('odd: it is neither a qcow2 image nor');
    return;
  }
  expect(exitCode).toBe(ExitCode.no);
  expect(inspectSchema.parse(JSON.parse(stdout))).toMatchObject({
    problems: [{ code, severity: 'error' }],
    recommendation: null,
  });
});

test('backing files are opened with --chain only', async () => {
  const { json: alone } = await document('overlay.qcow2');
  expect(alone).toMatchObject({ backing: 'disk.qcow2', backingFormat: 'qcow2' });
  expect(alone).not.toHaveProperty('chain');
  const { json } = await document('overlay.qcow2', '--chain');
  expect(json).toMatchObject({ chain: [{ file: 'disk.qcow2', allocatedClusterCount: 3 }] });
  expect(json).toMatchObject({
    problems: [{ code: 'backing' }, { code: 'chain', message: expect.stringContaining('a chain of 2') }],
  });
});

test.each([
  ['itself', 'loop.qcow2', 'this file is in the chain already'],
  ['a file that is not there', 'nowhere', 'there is no such file'],
  ['a protocol', 'nbd:host:1', 'it is no plain file name'],
  ['a directory', '.', 'it is a directory'],
])('a backing file that is %s ends the chain', async (_, name, message) => {
  new BareImage().backing(name).save(join(cwd, 'loop.qcow2'));
  const { exitCode, json } = await document('loop.qcow2', '--chain');
  expect(exitCode).toBe(ExitCode.no);
  expect(json).toMatchObject({
    chain: [{ problems: [{ code: 'backing-not-found', message: expect.stringContaining(message) }] }],
  });
});

describe('a domain', () => {
  test('has its disks judged with their images', async () => {
    const { exitCode, json } = await document('guest.xml');
    expect(exitCode).toBe(ExitCode.ok);
    expect(json).toMatchObject({
      kind: 'domain',
      name: 'g',
      disks: [
        {
          name: 'vda',
          drive: { cache: 'none', discard: 'unmap' },
          image: { state: 'read', virtualBytes: 4 * 1024 ** 2 },
          cache: { coveredRatio: 1 },
          change: null,
          problems: [],
        },
      ],
    });
  });

  test('with images that may not be opened says so', async () => {
    const { json } = await document('guest.xml', '--no-images');
    expect(json).toMatchObject({
      disks: [{ image: { state: 'unread' }, cache: null, problems: [{ code: 'image-not-read' }] }],
    });
  });

  test('is a gate from the severity that was asked for', async () => {
    writeFileSync(join(cwd, 'loose.xml'), domain('disk.qcow2', "name='qemu' type='qcow2'"));
    expect((await inspect('loose.xml')).exitCode).toBe(ExitCode.ok);
    const { exitCode, stdout } = await inspect('loose.xml', '--fail-on', 'warning');
    expect(exitCode).toBe(ExitCode.no);
    expect(stdout).toContain("<driver name='qemu' type='qcow2' discard='unmap'/>");
  });

  test('that names what is no image is told what it names', async () => {
    for (const [name, why] of [
      ['nothing-here', 'there is no such file'],
      ['.', 'it is a directory'],
    ] as const) {
      writeFileSync(join(cwd, 'strange.xml'), domain(name));
      const { json } = await document('strange.xml');
      expect(json).toMatchObject({ disks: [{ image: { state: 'unread', why: expect.stringContaining(why) } }] });
    }
  });

  test('of a hundred megabytes is refused at once, by its length', async () => {
    const path = join(cwd, 'huge.xml');
    const descriptor = openSync(path, 'w');
    writeSync(descriptor, '<domain>');
    ftruncateSync(descriptor, 100 * 1024 ** 2);
    closeSync(descriptor);
    const { exitCode, stderr } = await inspect('huge.xml');
    rmSync(path);
    expect([exitCode, stderr]).toEqual([ExitCode.usage, expect.stringContaining('huge.xml: it is longer than 16 MiB')]);
  });

  test('with control characters in its names prints none', async () => {
    const name = 'a\u009bb\u202ec';
    writeFileSync(
      join(cwd, 'esc.xml'),
      `<domain><name>${name}</name><devices><disk type='file'><source file='/${name}'/><target dev='${name}'/></disk></devices></domain>`,
    );
    const { stdout } = await inspect('esc.xml');
    expect(stdout).toMatch(/libvirt domain, guest/);
    expect(stdout).not.toMatch(/[\u0080-\u009f\u202a-\u202e]/);
  });
});

test('several are a table with what is wrong below, and one that cannot be read does not hide the others', async () => {
  const { exitCode, stdout } = await inspect('disk.qcow2', 'damaged.qcow2', 'guest.xml', 'missing.xml');
  expect(exitCode).toBe(ExitCode.usage);
  const rows = stdout
    .split('\n\n')[0]
    ?.split('\n')
    .map((line) => line.split(/\s{2,}/));
  expect(rows?.slice(0, 5)).toEqual([
    ['file', 'is', 'disks', 'errors', 'warnings', 'notes'],
    ['disk.qcow2', 'image', '1', '0', '0', '0'],
    ['damaged.qcow2', 'image', '1', '1', '0', '0'],
    ['guest.xml', 'domain', '1', '0', '0', '0'],
    ['missing.xml', 'failed', '1', '0', '0'],
  ]);
  const { json } = await document('disk.qcow2', 'guest.xml');
  expect(json).toMatchObject({ kind: 'several', items: [{ kind: 'image' }, { kind: 'domain' }] });
});

describe('a command line', () => {
  const words = ['qemu-system-x86_64', '-drive', 'file=disk.qcow2,format=qcow2,cache=none,discard=unmap'];
  const expected = { kind: 'command-line', disks: [{ name: 'disk.qcow2', image: { state: 'read' }, problems: [] }] };

  test('is taken behind --, from a file of a shell, and as /proc has it', async () => {
    expect((await document('--json', '--', ...words)).json).toMatchObject(expected);
    writeFileSync(join(cwd, 'start.sh'), `#!/bin/sh\nexec ${words.join(' \\\n  ')}\n`);
    expect((await document('start.sh')).json).toMatchObject(expected);
    expect((await document('--command-line', 'start.sh')).json).toMatchObject(expected);
    writeFileSync(join(cwd, 'cmdline'), `${words.join('\0')}\0`);
    expect((await document('cmdline')).json).toMatchObject(expected);
  });

  test('that is none of QEMU is refused', async () => {
    const { exitCode, stderr } = await inspect('--', 'cp', 'a', 'b');
    expect([exitCode, stderr]).toEqual([
      ExitCode.usage,
      expect.stringContaining('there is no QEMU in this command line'),
    ]);
  });
});

test('standard input is a domain or a command line', () => {
  const bin = join(import.meta.dirname, '..', '..', 'dist', 'cli', 'bin.js');
  const piped = (input: string | Buffer, ...argv: string[]) =>
    spawnSync('node', [bin, 'inspect', ...argv, '--json'], { input, cwd, encoding: 'utf8' });
  expect(JSON.parse(piped(domain('disk.qcow2'), '-').stdout)).toMatchObject({ kind: 'domain', file: 'standard input' });
  const line = piped('qemu-system-x86_64\0-hda\0disk.qcow2\0', '--command-line', '-');
  expect([line.stderr, JSON.parse(line.stdout)]).toEqual(['', expect.objectContaining({ kind: 'command-line' })]);
  const image = piped(new BareImage().bytes, '-');
  expect([image.status, image.stderr]).toEqual([
    ExitCode.usage,
    expect.stringContaining('an image cannot be read from a pipe'),
  ]);
});

test.each([
  [[], 'Nothing to inspect'],
  [['missing'], 'missing: there is no such file'],
  [['.'], 'it is a directory'],
  [['disk.qcow2', '--fail-on', 'note'], '--fail-on: "note" is none of error, warning, never'],
  [['/dev/null'], 'it is no regular file'],
])('%j is refused', async (argv, message) => {
  const { exitCode, stderr, stdout } = await inspect(...argv);
  expect([exitCode, stdout]).toEqual([ExitCode.usage, '']);
  expect(stderr).toContain(message);
});

test('the examples of its help do what they say', async () => {
  for (const { command } of inspectCommand.examples) {
    const { exitCode, stdout, stderr } = await runCli(command.split(' '), { cwd });
    expect([command, exitCode, stderr]).toEqual([command, ExitCode.ok, '']);
    expect(stdout.length).toBeGreaterThan(100);
  }
});

test('text fits into 80 columns but for what is to be pasted', async () => {
  const { stdout } = await inspect('damaged.qcow2');
  // The helper's terminal has 100 columns.
  for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
});

const bin = systemQemu();
test.skipIf(bin === undefined)(
  'a large image of QEMU has the cliff, and what covers it (skipped without qemu-img)',
  async () => {
    execFileSync(join(bin ?? '', 'qemu-img'), ['create', '-q', '-f', 'qcow2', 'large.qcow2', '5T'], { cwd });
    const { json } = await document('large.qcow2');
    expect(json).toMatchObject({
      virtualBytes: 5 * 1024 ** 4,
      allocatedClusterCount: 0,
      problems: [{ code: 'cache-cliff', severity: 'note', remedy: expect.stringContaining('l2-cache-size=640M') }],
      recommendation: { recommended: { create: { cluster_size: 65_536 } } },
    });
    writeFileSync(join(cwd, 'large.xml'), domain('large.qcow2'));
    const { json: guest } = await document('large.xml');
    const change = `<max_size unit='bytes'>${640 * 1024 ** 2 + 4 * 65_536}</max_size>`;
    expect(guest).toMatchObject({
      disks: [{ change: expect.stringContaining(change), problems: [{ code: 'cache-cliff' }] }],
    });
  },
);
