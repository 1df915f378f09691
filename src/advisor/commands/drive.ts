import { printSettings } from '../../settings/print.ts';
import { optionValue, plainFileName, shellWord } from './quoting.ts';
import { type CommandTarget, driveSettings } from './target.ts';

export const driveTarget: CommandTarget = {
  key: 'drive',
  title: 'QEMU, -drive',
  render(input) {
    const file = optionValue(plainFileName(input.request.fileName));
    const settings = printSettings('drive', driveSettings(input));
    return `-drive ${shellWord(`file=${file},format=qcow2,if=virtio,${settings}`)}`;
  },
};
