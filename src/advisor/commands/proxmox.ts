import { driveNode } from '../../settings/blockdev.ts';
import type { SettingValues } from '../../settings/configuration.ts';
import { printSettings } from '../../settings/print.ts';
import { qemuGuards } from './guards.ts';
import { createCommand } from './qemu-img.ts';
import { shellLine, shellWord } from './quoting.ts';
import { type CommandTarget, createSettings, driveSettings, type TargetInput } from './target.ts';

const directory = '/var/lib/vz/images/VMID';
const volume = 'vm-VMID-disk-0.qcow2';

/** Settings that a disk of Proxmox has options for; all others go past it. */
const diskSettings: ReadonlySet<string> = new Set([
  ...['cache', 'cache.writeback', 'cache.direct', 'cache.no-flush', 'aio', 'discard', 'detect-zeroes'],
]);

/**
 * Proxmox VE makes images with its own settings, so any others need an image that is made by hand. Settings of the qcow2 driver go through
 * `-set` where Proxmox uses `-drive`; from machine version 10.0 on it uses `-blockdev`, which `-set` cannot reach.
 * @source qemu-server 9.2.6, QemuServer/Blockdev.pm and Drive.pm; pve-storage 9.1.7, Storage/Plugin.pm
 */
export const proxmoxTarget: CommandTarget = {
  key: 'proxmox',
  title: 'Proxmox VE (VMID is the number of the guest, the disk is scsi0 on the storage local)',
  targets: ['proxmox'],
  verification: {
    verified: false,
    by: 'Proxmox VE is not to be had as a package; qemu-img and the shell accept the lines',
  },
  render(input) {
    const past = Object.entries(driveSettings(input.proposal)).filter(([name]) => !diskSettings.has(name));
    return [...imageLines(input), ...diskLines(input), ...cacheLines(Object.fromEntries(past))].join('\n');
  },
  undo(input) {
    const bare = Object.keys(diskOptions(input)).length > 0 ? `\n${attach(input, {})}` : '';
    return `qm set VMID --delete args${bare}`;
  },
  notes({ request, proposal }) {
    const backed = request.hasBacking && request.image === undefined;
    return [
      '--args may only be set by root@pam',
      ...qemuGuards('create', request.image === undefined ? createSettings(proposal) : {}, request.qemu),
      ...qemuGuards('drive', driveSettings(proposal), request.qemu),
      ...(backed
        ? ['linked clones and snapshot chains that Proxmox makes always have cluster_size=128K,extended_l2=on']
        : []),
    ];
  },
};

/** Proxmox's own allocation where only `preallocation` has to be said, else qemu-img. */
function imageLines(input: TargetInput): readonly string[] {
  const { request, proposal } = input;
  if (request.image !== undefined) return [];
  const { preallocation = 'off', ...others } = proposal.settings.create;
  const kibibytes = request.diskBytes / 1024;
  if (Object.keys(others).length === 0 && !request.hasBacking && Number.isInteger(kibibytes)) {
    return [
      `pvesm set local --preallocation ${String(preallocation)}`,
      `pvesm alloc local VMID ${volume} ${kibibytes}`,
    ];
  }
  return [`mkdir -p ${directory}`, createCommand(input, `${directory}/${volume}`), 'qm disk rescan --vmid VMID'];
}

function diskLines(input: TargetInput): readonly string[] {
  const options = diskOptions(input);
  if (input.request.image !== undefined && Object.keys(options).length === 0) return [];
  return [attach(input, options)];
}

/** The disk with its options; the others that it has have to be repeated. */
function attach({ request }: TargetInput, options: Readonly<Record<string, string>>): string {
  const name = request.image === undefined ? `local:VMID/${volume}` : 'VOLUME';
  const words = [name, ...Object.entries(options).map(([key, value]) => `${key}=${value}`)];
  return shellLine(['qm', 'set', 'VMID', '--scsi0', words.join(',')]);
}

/** Proxmox has its own words, and 0 and 1 for switches. @source qemu-server, QemuServer/Drive.pm */
function diskOptions({ proposal }: TargetInput): Readonly<Record<string, string>> {
  const { cache, aio, discard, detectZeroes } = driveNode(proposal.settings.drive);
  return {
    ...(cache === undefined ? {} : { cache }),
    ...(aio === undefined ? {} : { aio }),
    ...(discard === undefined ? {} : { discard: discard === 'unmap' ? 'on' : 'ignore' }),
    // With discard=on it is `unmap` in any case, without it is `on`.
    ...(detectZeroes === undefined ? {} : { detect_zeroes: detectZeroes === 'off' ? '0' : '1' }),
  };
}

function cacheLines(settings: SettingValues): readonly string[] {
  const printed = printSettings('drive', settings);
  const sets = printed.split(',').map((setting) => `-set drive.drive-scsi0.${setting}`);
  return [
    '# machine version below 10.0 (-drive):',
    `qm set VMID --args ${shellWord(sets.join(' '))}`,
    '# machine version 10.0 or later (-blockdev, where -set fails), after each start:',
    shellLine(['qtune', 'apply', '--qmp', '/var/run/qemu-server/VMID.qmp', '--device', 'scsi0', '--drive', printed]),
  ];
}
