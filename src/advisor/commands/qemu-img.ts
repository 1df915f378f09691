import { printSettings } from '../../settings/print.ts';
import { exactBytes } from '../../units/bytes.ts';
import type { AdviceRequest } from '../advice-request.ts';
import { qemuGuards } from './guards.ts';
import { absolutePath } from './libvirt.ts';
import { plainFileName, shellLine } from './quoting.ts';
import { type CommandTarget, createSettings, exampleBackingName, type TargetInput } from './target.ts';

export const qemuImgTarget: CommandTarget = {
  key: 'qemu-img',
  title: 'Create the image',
  targets: ['qemu', 'virt-install'],
  verification: { verified: true, by: 'qemu-img 7.2, 10.0 and 11.1' },
  render(input) {
    if (input.request.image !== undefined) return undefined;
    return createCommand(input, imagePath(input.request));
  },
  undo: ({ request }) => convertCommand(imagePath(request), request.hasBacking),
  notes: ({ request, proposal }) => qemuGuards('create', createSettings(proposal), request.qemu),
};

/** Where the image is: for virt-install where libvirt will look for it, else where it was said to be. */
function imagePath({ target, fileName }: AdviceRequest): string {
  return target === 'virt-install' ? absolutePath(fileName) : plainFileName(fileName);
}

/** `qemu-img create` for an image of the request's size. @param path where to put it, as QEMU's tools take it */
export function createCommand({ request, proposal }: TargetInput, path: string): string {
  return shellLine([
    ...['qemu-img', 'create', '-f', 'qcow2', '-o', printSettings('create', createSettings(proposal))],
    ...(request.hasBacking ? ['-b', exampleBackingName, '-F', 'qcow2'] : []),
    ...[path, exactBytes(request.diskBytes)],
  ]);
}

/**
 * `qemu-img convert` to `FILE.new`, on the same backing file where there is one. @param path as QEMU's tools take it
 * @param settings for `-o`; absent for QEMU's defaults
 */
export function convertCommand(path: string, hasBacking: boolean, settings?: string): string {
  return shellLine([
    ...['qemu-img', 'convert', '-p', '-f', 'qcow2', '-O', 'qcow2'],
    ...(settings === undefined ? [] : ['-o', settings]),
    ...(hasBacking ? ['-B', exampleBackingName, '-F', 'qcow2'] : []),
    ...[path, `${path}.new`],
  ]);
}
