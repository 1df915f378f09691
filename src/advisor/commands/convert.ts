import { printSettings } from '../../settings/print.ts';
import { qemuGuards } from './guards.ts';
import { convertCommand } from './qemu-img.ts';
import { plainFileName, shellLine } from './quoting.ts';
import { type CommandTarget, createSettings } from './target.ts';

/** An image that exists keeps what it was created with; only a copy can have other clusters. The old file stays beside the new one. */
export const convertTarget: CommandTarget = {
  key: 'convert',
  title: 'Convert the image, for the alternative (the guest has to be off)',
  targets: ['qemu', 'libvirt', 'virt-install', 'proxmox', 'openstack', 'kubevirt', 'qmp'],
  verification: { verified: true, by: 'qemu-img 7.2, 10.0 and 11.1' },
  render({ request, converted }) {
    if (request.image === undefined || converted === undefined) return undefined;
    const path = plainFileName(request.image.fileName);
    return [
      convertCommand(path, request.hasBacking, printSettings('create', createSettings(converted))),
      shellLine(['qemu-img', 'compare', '-f', 'qcow2', '-F', 'qcow2', path, `${path}.new`]),
      shellLine(['mv', path, `${path}.old`]),
      shellLine(['mv', `${path}.new`, path]),
    ].join(' &&\n');
  },
  undo({ request }) {
    const path = plainFileName(request.image?.fileName ?? request.fileName);
    return shellLine(['mv', `${path}.old`, path]);
  },
  notes({ request, converted }) {
    if (converted === undefined) return [];
    return [
      ...qemuGuards('create', createSettings(converted), request.qemu),
      ...(request.image?.hasSnapshots === true ? ['the internal snapshots are not copied'] : []),
      'going back loses what the guest wrote to the new file',
    ];
  },
};
