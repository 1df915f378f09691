import { xmlText } from './quoting.ts';
import { type CommandTarget, driveSettings, type TargetInput } from './target.ts';

/** Where libvirt's default pool keeps its volumes; libvirt takes absolute paths only. */
const defaultPool = '/var/lib/libvirt/images/';

export function absolutePath(fileName: string): string {
  return fileName.startsWith('/') ? fileName : `${defaultPool}${fileName.replace(/^(\.\/)+/, '')}`;
}

/**
 * libvirt's one number is QEMU's `cache-size`: both caches together. QEMU gives the refcount cache its least, four clusters, and the rest
 * to the L2 cache; what exceeds full coverage would be lost to refcounts, so this is exact.
 * @source libvirt qemu_block.c; QEMU block/qcow2.c, read_cache_sizes
 */
export function combinedCacheBytes({ proposal }: TargetInput): number {
  return proposal.cache.l2Bytes + 4 * proposal.geometry.clusterBytes;
}

export const libvirtTarget: CommandTarget = {
  key: 'libvirt',
  title: 'libvirt, in the domain (libvirt 7.0; max_size is L2 and refcount cache together)',
  render(input) {
    const { discard, 'l2-cache-entry-size': entrySize } = driveSettings(input);
    return [
      "<disk type='file' device='disk'>",
      `  <driver name='qemu' type='qcow2'${discard === 'unmap' ? " discard='unmap'" : ''}>`,
      '    <metadata_cache>',
      `      <max_size unit='bytes'>${combinedCacheBytes(input)}</max_size>`,
      '    </metadata_cache>',
      '  </driver>',
      ...(entrySize === undefined ? [] : ['  <!-- libvirt cannot set l2-cache-entry-size; QEMU chooses it -->']),
      `  <source file='${xmlText(absolutePath(input.request.fileName))}'/>`,
      "  <target dev='vda' bus='virtio'/>",
      '</disk>',
    ].join('\n');
  },
};
