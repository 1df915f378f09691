import { printSettings } from '../../settings/print.ts';
import { exactBytes } from '../../units/bytes.ts';
import { plainFileName, shellWord } from './quoting.ts';
import { backingPlaceholder, type CommandTarget, createSettings } from './target.ts';

export const qemuImgTarget: CommandTarget = {
  key: 'qemu-img',
  title: 'Create the image',
  render(input) {
    const { request } = input;
    const words = [
      ...['qemu-img', 'create', '-f', 'qcow2', '-o', printSettings('create', createSettings(input))],
      ...(request.hasBacking ? ['-b', backingPlaceholder, '-F', 'qcow2'] : []),
      ...[plainFileName(request.fileName), exactBytes(request.diskBytes)],
    ];
    return words.map(shellWord).join(' ');
  },
};
