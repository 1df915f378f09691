import type { SettingValue } from '../../settings/configuration.ts';
import { plainFileName, shellWord } from './quoting.ts';
import { backingPlaceholder, type CommandTarget, driveSettings, nodeNames, type TargetInput } from './target.ts';

/** Options of the qcow2 node as `-blockdev` and QMP take them: every size a whole number of bytes. */
export function qcow2NodeOptions(input: TargetInput): Readonly<Record<string, SettingValue>> {
  return { driver: 'qcow2', 'node-name': nodeNames.disk, ...driveSettings(input) };
}

export const blockdevTarget: CommandTarget = {
  key: 'blockdev',
  title: 'QEMU, -blockdev',
  render(input) {
    const { discard } = driveSettings(input);
    const node = {
      ...qcow2NodeOptions(input),
      file: {
        driver: 'file',
        'node-name': nodeNames.file,
        filename: plainFileName(input.request.fileName),
        // Unlike -drive, -blockdev hands nothing down: the protocol node ignores discards unless told.
        ...(discard === undefined ? {} : { discard }),
      },
      ...(input.request.hasBacking ? { backing: backingNode() } : {}),
    };
    return `-blockdev ${shellWord(JSON.stringify(node))}`;
  },
};

/** Named, so that `blockdev-reopen` can refer to it. */
function backingNode(): object {
  return {
    driver: 'qcow2',
    'node-name': nodeNames.backing,
    'read-only': true,
    file: { driver: 'file', filename: backingPlaceholder, 'read-only': true },
  };
}
