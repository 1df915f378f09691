import { driveNode } from '../../settings/blockdev.ts';
import type { Proposal } from '../proposal.ts';
import { cannotSay, qemuGuards, toolGuard } from './guards.ts';
import { xmlText } from './quoting.ts';
import { type CommandTarget, driveSettings, type TargetInput } from './target.ts';

/** Where libvirt's default pool keeps its volumes; libvirt takes absolute paths only. */
const defaultPool = '/var/lib/libvirt/images/';

/** The image's path as libvirt takes it: one that is relative is in the default pool. */
export function absolutePath(fileName: string): string {
  return fileName.startsWith('/') ? fileName : `${defaultPool}${fileName.replace(/^(\.\/)+/, '')}`;
}

/**
 * libvirt's one number is QEMU's `cache-size`: both caches together. QEMU gives the refcount cache its least, four clusters, and the rest
 * to the L2 cache; what exceeds full coverage would be lost to refcounts, so this is exact.
 * @source libvirt qemu_block.c; QEMU block/qcow2.c, read_cache_sizes
 */
export function combinedCacheBytes({ cache, geometry }: Proposal): number {
  return cache.l2Bytes + 4 * geometry.clusterBytes;
}

/** Attributes of the disk's `<driver>` for the run-time settings that libvirt has a word for. @source libvirt formatdomain.html */
export function driverAttributes({ settings }: Proposal): Readonly<Record<string, string>> {
  const node = driveNode(settings.drive);
  const noUnref = settings.drive['discard-no-unref'];
  return {
    ...(node.cache === undefined ? {} : { cache: node.cache }),
    ...(node.aio === undefined ? {} : { io: node.aio }),
    ...(node.discard === undefined ? {} : { discard: node.discard }),
    ...(node.detectZeroes === undefined ? {} : { detect_zeroes: node.detectZeroes }),
    ...(noUnref === undefined ? {} : { discard_no_unref: noUnref === true ? 'on' : 'off' }),
  };
}

/** What libvirt and its QEMU have to be, and what the domain's XML cannot say. */
export function domainNotes(input: TargetInput): readonly string[] {
  const attributes = driverAttributes(input.proposal);
  return [
    toolGuard('libvirt', '7.0.0', 'metadata_cache'),
    ...(attributes.io === 'io_uring' ? [toolGuard('libvirt', '6.3.0', 'io=io_uring')] : []),
    ...('discard_no_unref' in attributes ? [toolGuard('libvirt', '9.5.0', 'discard_no_unref')] : []),
    ...qemuGuards('drive', driveSettings(input.proposal), input.request.qemu),
    ...cannotSay('libvirt', 'drive', input),
  ];
}

export const libvirtTarget: CommandTarget = {
  key: 'libvirt',
  title: 'libvirt, in the domain (max_size is L2 and refcount cache together)',
  targets: ['libvirt'],
  verification: {
    verified: true,
    by: "libvirt 9.0 and 11.3: RELAX NG schema and parser; its QEMU driver's translation, libvirt 9.0",
  },
  render({ request, proposal }) {
    const attributes = Object.entries(driverAttributes(proposal)).map(([name, value]) => ` ${name}='${value}'`);
    return disk(request.fileName, [
      `<driver name='qemu' type='qcow2'${attributes.join('')}>`,
      '  <metadata_cache>',
      `    <max_size unit='bytes'>${combinedCacheBytes(proposal)}</max_size>`,
      '  </metadata_cache>',
      '</driver>',
    ]);
  },
  undo: ({ request }) => disk(request.fileName, ["<driver name='qemu' type='qcow2'/>"]),
  notes: domainNotes,
};

function disk(fileName: string, driver: readonly string[]): string {
  return [
    "<disk type='file' device='disk'>",
    ...driver.map((line) => `  ${line}`),
    `  <source file='${xmlText(absolutePath(fileName))}'/>`,
    "  <target dev='vda' bus='virtio'/>",
    '</disk>',
  ].join('\n');
}
