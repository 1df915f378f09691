import { driveNode, type JsonValue } from '../../settings/blockdev.ts';
import type { SettingValues } from '../../settings/configuration.ts';
import type { BlockNode } from './block-nodes.ts';
import type { QmpArguments } from './qmp.ts';
import type { NodeOptions } from './started-options.ts';

/** Sizes of which QEMU takes at most two; what was said last wins. */
const parts = ['l2-cache-size', 'refcount-cache-size'] as const;

/**
 * Settings after a change: those that are not named stay. As in QEMU's own reopening a new total drops the parts, a new part
 * the total, and a new template of the overlap checks the single ones.
 * @source QEMU block/qcow2.c, qcow2_join_options
 */
export function joinSettings(current: SettingValues, wanted: SettingValues): SettingValues {
  const dropped = (name: string): boolean => {
    if (name === 'cache-size') return parts.some((part) => part in wanted);
    if (parts.some((part) => part === name)) return 'cache-size' in wanted;
    const template = 'overlap-check' in wanted || 'overlap-check.template' in wanted;
    return template && name.startsWith('overlap-check');
  };
  const stays = Object.entries(current).filter(([name]) => !dropped(name));
  return { ...Object.fromEntries(stays), ...wanted };
}

/**
 * One node's entry for `blockdev-reopen`: every option, since one that is not repeated is reset, and every child by its name. `backing` is
 * null only where there is none below an image that names one; else QEMU would detach it.
 * @source QEMU qapi/block-core.json, blockdev-reopen; tried with 7.2, 10.0 and 11.1
 */
export function reopenOptions(node: BlockNode, { drive, kept }: NodeOptions): QmpArguments {
  const { qcow2, discard, detectZeroes } = driveNode(drive);
  const backing = node.children.get('backing');
  const dataFile = node.children.get('data-file');
  const children: Record<string, JsonValue> = { file: node.children.get('file') ?? '' };
  if (dataFile !== undefined) children['data-file'] = dataFile;
  if (backing !== undefined || node.backingFileName !== undefined) children.backing = backing ?? null;
  return {
    driver: 'qcow2',
    'node-name': node.name,
    'read-only': node.readOnly,
    cache: { direct: node.direct, 'no-flush': node.noFlush },
    'detect-zeroes': detectZeroes ?? 'off',
    ...(discard === undefined ? {} : { discard }),
    ...kept,
    ...qcow2,
    ...children,
  };
}
