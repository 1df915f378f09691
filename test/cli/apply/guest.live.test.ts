import { describe, expect, test } from 'vitest';
import { QmpConnection } from '../../../src/engine/qmp/connection.ts';
import { reopenNodes } from '../../../src/engine/qmp/reopen.ts';
import { observe } from '../../../src/engine/qmp/verify.ts';
import { applySchema } from '../../../src/report/schemas/apply.ts';
import type { SettingValues } from '../../../src/settings/configuration.ts';
import { applyBench } from '../../helpers/apply-bench.ts';
import { ExitCode } from '../../helpers/host.ts';
import { systemQemu } from '../../helpers/qemu.ts';
import {
  createImage,
  hasSystemEmulator,
  largeCache,
  places,
  startQemu,
  tableCount,
} from '../../helpers/running-qemu.ts';

const bench = applyBench();
const { path, apply } = bench;

describe.skipIf(!hasSystemEmulator() || systemQemu() === undefined)('a guest (qemu-system-x86_64, qemu-img)', () => {
  const machine = ['-accel', 'tcg', '-S', '-nodefaults', '-display', 'none', '-machine', 'q35'];
  const throttle = '{"qom-type":"throttle-group","id":"group","limits":{"iops-total":100000}}';

  async function start(...argv: string[]): Promise<void> {
    for (const name of ['disk.qcow2', 'second.qcow2']) createImage(systemQemu() ?? '', path(name));
    bench.running = await startQemu('qemu-system-x86_64', [...machine, ...argv], bench.directory);
  }

  const drive = [
    ...['-object', 'iothread,id=io0'],
    '-drive',
    `file=DISK,format=qcow2,if=none,id=d0,node-name=disk0,l2-cache-size=8K,cache=none,discard=unmap,detect-zeroes=on`,
    ...['-device', 'virtio-blk-pci,drive=d0,id=vd0,iothread=io0'],
  ];
  const blockdev = () => [
    ...['-object', throttle],
    '-blockdev',
    JSON.stringify({
      ...{ driver: 'throttle', 'node-name': 'limited', 'throttle-group': 'group' },
      file: {
        ...{ driver: 'qcow2', 'node-name': 'disk1', 'l2-cache-size': 8192, 'overlap-check': 'none' },
        ...{ 'lazy-refcounts': true, 'pass-discard-other': true },
        file: { driver: 'file', 'node-name': 'proto1', filename: path('second.qcow2') },
      },
    }),
    ...['-device', 'virtio-blk-pci,drive=limited,id=vd1'],
  ];
  const withDisk = (argv: readonly string[]) => argv.map((word) => word.replace('DISK', path('disk.qcow2')));

  async function warmMisses(device: string): Promise<number> {
    const read = async (): Promise<void> => {
      for (const place of places()) {
        const line = `qemu-io -d /machine/peripheral/${device}/virtio-backend "read -q ${place} 512"`;
        await bench.running?.ask('human-monitor-command', { 'command-line': line });
      }
    };
    await read();
    bench.running?.misses();
    await read();
    return bench.running?.misses() ?? Number.NaN;
  }

  test('-drive with an iothread, and -blockdev behind a throttle: both or none', async () => {
    await start(...withDisk(drive), ...blockdev());
    expect(await warmMisses('vd0')).toBeGreaterThanOrEqual(tableCount);
    const several = await apply('--drive', largeCache, '--yes');
    expect([several.exitCode, several.stderr]).toEqual([
      ExitCode.usage,
      expect.stringContaining('there are 2 qcow2 disks'),
    ]);
    const both = ['--device', 'vd0', '--device', 'vd1'];
    const { exitCode, stdout, stderr } = await apply(
      ...both,
      '--drive',
      largeCache,
      '--yes',
      '--json',
      '--save-undo',
      'undo.json',
    );
    expect([exitCode, stderr]).toEqual([ExitCode.ok, '']);
    const { disks } = applySchema.parse(JSON.parse(stdout));
    expect(disks.map(({ node, formerSource }) => [node, formerSource])).toEqual([
      ['disk0', '-drive'],
      ['disk1', '-blockdev'],
    ]);
    expect(disks[0]?.former.drive).toEqual({ 'l2-cache-size': 8192, discard: 'unmap', 'detect-zeroes': 'on' });
    expect(disks[1]?.wanted.drive).toMatchObject({
      'overlap-check': 'none',
      'lazy-refcounts': true,
      'pass-discard-other': true,
    });
    expect([await warmMisses('vd0'), await warmMisses('vd1')]).toEqual([0, 0]);
    const undone = await apply('--undo', 'undo.json', '--yes');
    expect([undone.exitCode, undone.stderr]).toEqual([ExitCode.ok, '']);
    for (const device of ['vd0', 'vd1']) expect(await warmMisses(device)).toBeGreaterThanOrEqual(tableCount);
  });

  test('one disk that QEMU refuses: neither is changed', async () => {
    await start(...withDisk(drive), ...blockdev());
    const connection = await QmpConnection.open({ path: path('vm.qmp'), signal: new AbortController().signal });
    const change = (nodeName: string, entryBytes: number, former: SettingValues) => ({
      nodeName,
      former: { drive: { ...former, 'l2-cache-size': 8192 }, kept: {} },
      wanted: { drive: { ...former, 'l2-cache-size': 131_072, 'l2-cache-entry-size': entryBytes }, kept: {} },
    });
    const outcome = await reopenNodes({
      connection,
      reconnect: () => Promise.reject(new Error('not needed')),
      before: await observe(connection),
      changes: [change('disk0', 4096, { discard: 'unmap', 'detect-zeroes': 'on' }), change('disk1', 3000, {})],
    });
    connection.close();
    expect(outcome).toEqual({ state: 'refused', reason: expect.stringContaining('must be a power of two') });
    for (const device of ['vd0', 'vd1']) expect(await warmMisses(device)).toBeGreaterThanOrEqual(tableCount);
  });

  test('a drive without a name of its own is refused with what to do', async () => {
    await start(...withDisk(drive).map((word) => word.replace('node-name=disk0,', '')));
    const { exitCode, stderr } = await apply('--drive', largeCache, '--yes');
    expect([exitCode, stderr]).toEqual([ExitCode.usage, expect.stringContaining('node-name=disk0')]);
    expect(await warmMisses('vd0')).toBeGreaterThanOrEqual(tableCount);
  });

  test('settings that were changed behind its back are noticed where QEMU tells of them', async () => {
    await start(...withDisk(drive));
    const { stdout } = await apply('--drive', 'detect-zeroes=off', '--dry-run', '--json');
    await bench.running?.ask('blockdev-reopen', JSON.parse(stdout).command.arguments);
    const { exitCode, stderr } = await apply('--drive', largeCache, '--yes');
    expect([exitCode, stderr]).toEqual([ExitCode.usage, expect.stringContaining('were changed since')]);
  });

  test('while another client holds the monitor it gives up and says why', async () => {
    await start(...withDisk(drive));
    const holder = await QmpConnection.open({ path: path('vm.qmp'), signal: new AbortController().signal });
    const { exitCode, stderr } = await apply('--drive', largeCache, '--yes');
    expect([exitCode, stderr]).toEqual([ExitCode.outside, expect.stringContaining('one client of a socket at a time')]);
    holder.close();
  });
});
