import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { recommendSchema } from '../../src/report/schemas/recommend.ts';
import { ExitCode, runCli } from '../helpers/host.ts';
import { BareImage } from '../qcow2/bare-image.ts';

let directory = '';
let env: Readonly<Record<string, string>>;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'qtune-wishes-'));
  env = { XDG_STATE_HOME: join(directory, 'state') };
  await mkdir(join(directory, 'folder'));
  const images = {
    'plain.qcow2': new BareImage(),
    'over.qcow2': new BareImage().backing('base\u001b[31m.qcow2'),
    'cut.qcow2': new BareImage().cut(90),
    'snapshots.qcow2': new BareImage().u32(60, 3).u64(64, 0x7fff000),
    'nothing.qcow2': new BareImage().u64(24, 0),
  };
  for (const [name, { bytes }] of Object.entries(images)) await writeFile(join(directory, name), bytes);
  await writeFile(join(directory, 'text.qcow2'), 'no image');
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const ask = (...argv: readonly string[]) => runCli(['recommend', ...argv], { cwd: directory, env });

async function document(...argv: readonly string[]) {
  const { exitCode, stdout } = await ask(...argv, '--json');
  expect(exitCode).toBe(ExitCode.ok);
  return recommendSchema.strict().parse(JSON.parse(stdout));
}

describe('an image that exists', () => {
  test('says its size and what it was made with; only what can be changed is recommended', async () => {
    const { disk, image, recommended, baseline, target } = await document('--image', 'plain.qcow2');
    expect(disk).toEqual({ virtualBytes: 4 * 2 ** 20, backing: false });
    expect(image).toMatchObject({ create: { cluster_size: 4096 }, fileName: 'plain.qcow2', hasSnapshots: false });
    expect(image?.allocatedBytes).toBeGreaterThan(0);
    expect(recommended.create.cluster_size).toBe(4096);
    expect(baseline.create.cluster_size).toBe(4096);
    expect(target).toBeUndefined();
  });

  test('what a conversion would give is an alternative with its commands', async () => {
    const { alternatives, commands } = await document('--image', 'plain.qcow2');
    const converted = alternatives.find(({ title }) => title === 'after converting');
    expect(converted?.create.cluster_size).toBeGreaterThan(4096);
    expect(commands.convert).toContain('plain.qcow2 plain.qcow2.new');
    expect(commands['qemu-img']).toBeUndefined();
  });

  test('its file is not touched, even where it could not be', async () => {
    const path = join(directory, 'plain.qcow2');
    const before = await readFile(path);
    await chmod(path, 0o444);
    expect((await ask('--image', 'plain.qcow2')).exitCode).toBe(ExitCode.ok);
    expect(await readFile(path)).toEqual(before);
  });

  test('its backing file is named, harmlessly, and not opened', async () => {
    const { stdout, exitCode } = await ask('--image', 'over.qcow2');
    expect(exitCode).toBe(ExitCode.ok);
    expect(stdout).toMatch(/lies\s+over\s+base\\x1b\[31m\.qcow2,\s+which\s+was\s+not\s+opened/);
    expect((await document('--image', 'over.qcow2')).disk.backing).toBe(true);
  });

  test.each([
    ['missing.qcow2', /missing\.qcow2: there is no such file/],
    ['text.qcow2', /no qcow2 image/],
    ['cut.qcow2', /damaged/],
    ['snapshots.qcow2', /snapshot table/],
    ['folder', /a directory/],
    ['nothing.qcow2', /0 bytes/],
  ])('%s is refused', async (name, reason) => {
    const { exitCode, stdout, stderr } = await ask('--image', name);
    expect(exitCode).toBe(ExitCode.usage);
    expect(stderr).toMatch(reason);
    expect(stdout).toBe('');
  });

  test.each([
    [['--disk', '8M'], /--disk: plain\.qcow2 is a disk of 4 MiB/],
    [['--file', 'other.qcow2'], /--file/],
    [['--backing'], /--backing: the image names no backing file/],
  ])('%s contradicts it', async (argv, reason) => {
    const { exitCode, stderr } = await ask('--image', 'plain.qcow2', ...argv);
    expect(exitCode).toBe(ExitCode.usage);
    expect(stderr).toMatch(reason);
  });

  test('the same --disk does not', async () => {
    expect((await ask('--image', 'plain.qcow2', '--disk', '4M')).exitCode).toBe(ExitCode.ok);
  });
});

describe('several workloads', () => {
  const several = ['--disk', '300G', '--workload', 'random-read=3', '--workload', 'sequential-write'];

  test('each has its weight and its effect; --robust lets the worst decide', async () => {
    const { workloads, workload, robust, model } = await document(...several);
    expect(workload.title).toBe('a blend of random-read (75 %), sequential-write (25 %)');
    expect(workloads?.map(({ name, weightRatio }) => [name, weightRatio])).toEqual([
      ['random-read', 0.75],
      ['sequential-write', 0.25],
    ]);
    expect(robust).toBe(false);
    expect(model?.rankedCount).toBeGreaterThan(100);
    const { stdout } = await ask(...several, '--robust');
    expect(stdout).toContain('\nEach workload, predicted\n');
    expect(stdout).toContain('Picked for the workload that gains least.');
  });

  test.each([
    [['--workload', 'boot', '--workload', 'boot=2'], /boot is given twice/],
    [['--workload', 'boot=0'], /not a weight above 0/],
    [['--workload', 'boot=1e9'], /no workload "boot=1e9"/],
    [['--workload', 'boot=1..2'], /not a weight/],
    [['--robust'], /--robust: .* there is one/],
    [['--workload', 'boot', '--workload', 'vdi', '--measure', '5s'], /--measure: there are several workloads/],
    [['--workload', 'boot', '--workload', 'vdi', '--from', '3s'], /--from is for traces/],
  ])('%s is refused', async (argv, reason) => {
    const { exitCode, stderr } = await ask('--disk', '1T', ...argv);
    expect(exitCode).toBe(ExitCode.usage);
    expect(stderr).toMatch(reason);
  });
});

describe('a target', () => {
  test('has its own defaults beside those of QEMU, and its own commands only', async () => {
    const { platformDefaults, commands, target } = await document('--disk', '1T', '--target', 'proxmox');
    expect(target).toBe('proxmox');
    expect(platformDefaults?.title).toBe("Proxmox VE's defaults");
    expect(platformDefaults?.create.preallocation).toBe('metadata');
    expect(Object.keys(commands)).toContain('proxmox');
    expect(Object.keys(commands)).not.toContain('libvirt');
  });

  test('whose defaults are those of QEMU has no column for them', async () => {
    expect((await document('--disk', '1T', '--target', 'qemu')).platformDefaults).toBeUndefined();
  });

  test('that nobody knows is refused with those that there are', async () => {
    const { exitCode, stderr } = await ask('--disk', '1T', '--target', 'vmware');
    expect(exitCode).toBe(ExitCode.usage);
    expect(stderr).toMatch(/"vmware" is not one of qemu, libvirt, .*kubevirt/);
  });
});

test.each([
  [['--disk', '2T']],
  [['--disk', '2T', '--json']],
  [['--image', 'over.qcow2', '--rank']],
  [['--disk', '300G', '--workload', 'boot=2', '--workload', 'database', '--robust', '--target', 'libvirt', '--json']],
])('%s gives the same bytes again', async (argv) => {
  const { stdout } = await ask(...argv);
  expect(stdout.length).toBeGreaterThan(1000);
  expect((await ask(...argv)).stdout).toBe(stdout);
});

test('the answer says what each setting contributes and what if things change', async () => {
  const { contributions, sensitivity, speedRatio } = await document('--disk', '2T', '--rank');
  expect(contributions?.map(({ setting }) => setting)).toContain('cluster_size');
  const cluster = contributions?.find(({ setting }) => setting === 'cluster_size');
  expect(cluster?.alone?.speedRatio.value).toBeGreaterThan(2);
  expect(speedRatio?.low).toBeGreaterThan(1);
  expect(sensitivity?.map(({ id }) => id)).toEqual(['disk-2x', 'disk-4x', 'memory-half']);
  const { stdout } = await ask('--disk', '2T', '--rank');
  expect(stdout).toContain('\nWhat each setting contributes\n');
  expect(stdout).toContain('\nIf things change\n');
});
