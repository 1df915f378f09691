import { type DriveNode, driveNode, type JsonValue } from '../../settings/blockdev.ts';
import { cacheFlags } from '../../settings/cache-mode.ts';
import type { SettingValues } from '../../settings/configuration.ts';
import { qemuGuards } from './guards.ts';
import { plainFileName, shellWord } from './quoting.ts';
import { type CommandTarget, driveSettings, exampleBackingName, nodeNames, type TargetInput } from './target.ts';

type Options = Readonly<Record<string, JsonValue>>;

/** What both nodes of an image have to be told: unlike -drive, -blockdev hands neither discards nor the cache mode down. */
function commonOptions({ cache, discard }: DriveNode): Options {
  const flags = cache === undefined ? undefined : cacheFlags(cache);
  return {
    ...(flags === undefined ? {} : { cache: { direct: flags.direct, 'no-flush': flags.noFlush } }),
    ...(discard === undefined ? {} : { discard }),
  };
}

/** Options of the qcow2 node as `-blockdev` and QMP take them: every size a whole number of bytes. */
export function qcow2NodeOptions(drive: SettingValues, name: string = nodeNames.disk): Options {
  const node = driveNode(drive);
  return {
    driver: 'qcow2',
    'node-name': name,
    ...node.qcow2,
    ...commonOptions(node),
    ...(node.detectZeroes === undefined ? {} : { 'detect-zeroes': node.detectZeroes }),
  };
}

export const blockdevTarget: CommandTarget = {
  key: 'blockdev',
  title: 'QEMU, -blockdev',
  targets: ['qemu'],
  verification: { verified: true, by: 'qemu-storage-daemon 7.2, 10.0 and 11.1' },
  render: (input) => blockdev(input, driveSettings(input.proposal)),
  undo: (input) => blockdev(input, {}),
  notes({ request, proposal }) {
    const drive = driveSettings(proposal);
    const { cache } = driveNode(drive);
    const through = cache !== undefined && !cacheFlags(cache).writeback;
    return [
      ...qemuGuards('drive', drive, request.qemu),
      ...(through ? [`cache=${cache} also needs write-cache=off on the -device`] : []),
    ];
  },
};

function blockdev({ request }: TargetInput, drive: SettingValues): string {
  const node = driveNode(drive);
  const graph = {
    ...qcow2NodeOptions(drive),
    file: {
      driver: 'file',
      'node-name': nodeNames.file,
      filename: plainFileName(request.fileName),
      ...commonOptions(node),
      ...(node.aio === undefined ? {} : { aio: node.aio }),
    },
    ...(request.hasBacking ? { backing: backingNode() } : {}),
  };
  return `-blockdev ${shellWord(JSON.stringify(graph))}`;
}

/** Named, so that `blockdev-reopen` can refer to it. */
function backingNode(): object {
  return {
    driver: 'qcow2',
    'node-name': nodeNames.backing,
    'read-only': true,
    file: { driver: 'file', filename: exampleBackingName, 'read-only': true },
  };
}
