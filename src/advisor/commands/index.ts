import { blockdevTarget } from './blockdev.ts';
import { driveTarget } from './drive.ts';
import { libvirtTarget } from './libvirt.ts';
import { libvirtVolumeTarget } from './libvirt-volume.ts';
import { proxmoxTarget } from './proxmox.ts';
import { qemuImgTarget } from './qemu-img.ts';
import { qmpTarget } from './qmp.ts';
import type { CommandTarget } from './target.ts';
import { virtInstallTarget } from './virt-install.ts';

/** Every target, in the order of the output. */
export const commandTargets: readonly CommandTarget[] = [
  qemuImgTarget,
  driveTarget,
  blockdevTarget,
  libvirtTarget,
  libvirtVolumeTarget,
  virtInstallTarget,
  proxmoxTarget,
  qmpTarget,
];
