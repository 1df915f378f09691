import type { SettingValues } from '../../settings/configuration.ts';
import { printSettings } from '../../settings/print.ts';
import type { RunningNodes } from '../advice-request.ts';
import { qcow2NodeOptions } from './blockdev.ts';
import { cannotSay, qemuGuard, qemuGuards } from './guards.ts';
import { shellLine } from './quoting.ts';
import { type CommandTarget, driveSettings, nodeNames, type TargetInput } from './target.ts';

/** Names of the nodes of one image. */
type Nodes = Pick<RunningNodes, 'disk' | 'file' | 'backing'>;

/** What libvirt calls the nodes of a guest's first disk. @source libvirt, `virsh domxml-to-native qemu-argv` of 9.0 */
const libvirtNodes: Nodes = { disk: 'libvirt-1-format', file: 'libvirt-1-storage', backing: 'libvirt-2-format' };

/**
 * Changes the run-time settings of a running guest. Every option of the node has to be repeated, its backing node included; what is left
 * out goes back to QEMU's default.
 * @source QEMU qapi/block-core.json, blockdev-reopen (stable since 6.1)
 */
export const qmpTarget: CommandTarget = {
  key: 'qmp',
  title: 'A running guest, QMP (node names as in -blockdev; query-named-block-nodes tells them)',
  targets: ['qemu', 'qmp'],
  verification: { verified: true, by: 'qemu-storage-daemon 7.2, 10.0 and 11.1' },
  render: (input) => reopen(input, driveSettings(input.proposal), nodesOf(input)),
  undo: (input) => reopen(input, {}, nodesOf(input)),
  notes: (input) => reopenNotes(input),
};

/** The same by qtune itself, which finds what has to be repeated, verifies and can undo. */
export const applyTarget: CommandTarget = {
  key: 'apply',
  title: 'This running guest, with what has to be repeated, a check and a way back',
  targets: ['qmp'],
  verification: { verified: true, by: 'QEMU 7.2, qemu-storage-daemon 7.2, 10.0 and 11.1' },
  render: (input) => apply(input, ['--drive', printSettings('drive', driveSettings(input.proposal))]),
  undo: (input) => apply(input, ['--undo', 'undo.json']) ?? '',
  notes: () => ['--save-undo undo.json writes the way back first; --dry-run shows the QMP commands'],
};

export const virshQmpTarget: CommandTarget = {
  key: 'virsh-qmp',
  title: 'A running libvirt guest, its first disk (it is then marked as tainted; the next start forgets the change)',
  targets: ['libvirt', 'virt-install', 'qmp'],
  verification: {
    verified: true,
    by: 'qemu-storage-daemon 7.2, 10.0 and 11.1, under the node names that libvirt 9.0 gives',
  },
  render: (input) => virsh(input, driveSettings(input.proposal)),
  undo: (input) => virsh(input, {}),
  notes: (input) => reopenNotes(input),
};

function apply({ request }: TargetInput, words: readonly string[]): string | undefined {
  const running = request.image?.running;
  if (running === undefined) return undefined;
  const which = words.includes('--undo') ? [] : ['--node', running.disk];
  return shellLine(['qtune', 'apply', '--qmp', running.socket, ...which, ...words]);
}

function nodesOf({ request }: TargetInput): Nodes {
  return request.image?.running ?? nodeNames;
}

function reopen({ request }: TargetInput, drive: SettingValues, nodes: Nodes): string {
  const options = [
    {
      ...qcow2NodeOptions(drive, nodes.disk),
      file: nodes.file,
      ...(request.hasBacking && nodes.backing !== undefined ? { backing: nodes.backing } : {}),
    },
  ];
  return JSON.stringify({ execute: 'blockdev-reopen', arguments: { options } });
}

function virsh(input: TargetInput, drive: SettingValues): string {
  return shellLine(['virsh', 'qemu-monitor-command', 'DOMAIN', reopen(input, drive, libvirtNodes)]);
}

function reopenNotes(input: TargetInput): readonly string[] {
  const { request, proposal } = input;
  return [
    ...qemuGuard({ major: 6, minor: 1 }, 'blockdev-reopen', request.qemu),
    ...qemuGuards('drive', driveSettings(proposal), request.qemu),
    ...cannotSay('qmp', 'drive', input),
    'what the guest was started with and is not repeated here (cache, discard, read-only) goes back to the default',
  ];
}
