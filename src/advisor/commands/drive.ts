import { printSettings } from '../../settings/print.ts';
import { qemuGuards } from './guards.ts';
import { optionValue, plainFileName, shellWord } from './quoting.ts';
import { type CommandTarget, driveSettings, type TargetInput } from './target.ts';

export const driveTarget: CommandTarget = {
  key: 'drive',
  title: 'QEMU, -drive',
  targets: ['qemu'],
  verification: { verified: true, by: 'qemu-system-x86_64 7.2; its options by qemu-io 7.2, 10.0 and 11.1' },
  render: (input) => drive(input, printSettings('drive', driveSettings(input.proposal))),
  undo: (input) => drive(input, ''),
  notes: ({ request, proposal }) => qemuGuards('drive', driveSettings(proposal), request.qemu),
};

function drive({ request }: TargetInput, settings: string): string {
  const file = optionValue(plainFileName(request.fileName));
  return `-drive ${shellWord(`file=${file},format=qcow2,if=virtio${settings === '' ? '' : `,${settings}`}`)}`;
}
