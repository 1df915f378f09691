import { printSettings } from '../../settings/print.ts';
import { exactBytes } from '../../units/bytes.ts';
import { shellWord } from './quoting.ts';
import { backingPlaceholder, type CommandTarget, createSettings, driveSettings } from './target.ts';

/** Proxmox VE makes images with its own settings, so the image is made by hand; run-time options go through `-set`. */
export const proxmoxTarget: CommandTarget = {
  key: 'proxmox',
  title: 'Proxmox VE (VMID is the number of the guest, the disk is scsi0)',
  render(input) {
    const { request } = input;
    const directory = '/var/lib/vz/images/VMID';
    const backing = request.hasBacking ? ` -b ${backingPlaceholder} -F qcow2` : '';
    const sets = printSettings('drive', driveSettings(input))
      .split(',')
      .map((setting) => `-set drive.drive-scsi0.${setting}`)
      .join(' ');
    return [
      '# for machine versions below 10.0; from 10.0 on Proxmox uses -blockdev, where -set fails: pin the machine or use QMP',
      `qemu-img create -f qcow2 -o ${printSettings('create', createSettings(input))}${backing} ${directory}/vm-VMID-disk-0.qcow2 ${exactBytes(request.diskBytes)}`,
      'qm rescan --vmid VMID',
      `qm set VMID --args ${shellWord(sets)}`,
    ].join('\n');
  },
};
