import { qcow2NodeOptions } from './blockdev.ts';
import { type CommandTarget, nodeNames } from './target.ts';

/**
 * Changes the run-time settings of a running guest. Every option of the node has to be repeated, its backing node included.
 * @source QEMU qapi/block-core.json, blockdev-reopen (stable since 6.1)
 */
export const qmpTarget: CommandTarget = {
  key: 'qmp',
  title: 'A running guest, QMP (QEMU 6.1; node names as in -blockdev above)',
  render(input) {
    const options = [
      {
        ...qcow2NodeOptions(input),
        file: nodeNames.file,
        ...(input.request.hasBacking ? { backing: nodeNames.backing } : {}),
      },
    ];
    return JSON.stringify({ execute: 'blockdev-reopen', arguments: { options } });
  },
};
