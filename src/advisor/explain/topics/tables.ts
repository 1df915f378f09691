import { compressedReadChart, refcountBitsChart } from '../charts/data-layout.ts';
import { flushChart } from '../charts/first-writes.ts';
import { formatVersionChart } from '../charts/zeroes.ts';
import type { ExplainChart, Hazards, Topic } from '../explanation.ts';
import type { Lab } from '../lab/lab.ts';
import { always, convert, harmless, onDrive, seeCommandLine, seeInfo } from './phrases.ts';

const lazyHazards: Hazards = {
  powerCut:
    'The image is marked dirty from its first allocation until it is closed. After a crash or a power cut of the host the next opening for writing rebuilds all refcounts, as qemu-img check -r all does, before the guest starts: it reads all tables. No guest data is lost by it.',
  olderVersions:
    'Needs compat=1.1 (QEMU 1.1). QEMU before 1.1, and programs that do not know the dirty bit, refuse an image that was not closed.',
  snapshot: 'Copies after a snapshot lower counts that wait as well; a crash leaves those clusters to the check.',
  discard: 'Freed clusters are known to be free in memory at once; on the disk after the close.',
};

function lazyCharts(lab: Lab): readonly ExplainChart[] {
  return [
    flushChart(
      lab,
      'Host I/O of a first write, by how often the guest flushes',
      [{ name: 'off' }, { name: 'on', create: { lazy_refcounts: true } }],
      'A flush after an allocation then writes the L2 entry only, and waits once.',
    ),
    flushChart(
      lab,
      'The same with cache=directsync, where each write ends with a flush',
      [
        { name: 'off', drive: { cache: 'directsync' } },
        { name: 'on', create: { lazy_refcounts: true }, drive: { cache: 'directsync' } },
      ],
      'How often the guest flushes makes no difference there.',
    ),
  ];
}

const lazyHelps =
  'Where each write that allocates is flushed: cache=writethrough and directsync, or a guest that flushes after each write.';
const lazyUseless =
  'For reads, for rewrites, with preallocated metadata, and where a guest flushes after many writes. A disk of terabytes should not have to be checked whole after every crash of its host.';

export const lazyRefcountsCreate: Topic = {
  what: 'A bit in the image: updates of refcounts stay in memory until the image is closed, and the image is marked dirty meanwhile. The L2 tables are written as ever, and they are enough to rebuild the counts.',
  defaults: always('off', 'QEMU docs/system/images.rst, "lazy_refcounts"'),
  values: [false, true],
  defaultValue: false,
  helps: lazyHelps,
  useless: lazyUseless,
  hazards: lazyHazards,
  see: [seeInfo],
  change: [
    'qemu-img amend -o lazy_refcounts=on disk.qcow2     # guest stopped',
    ...convert('lazy_refcounts=on').slice(0, 1),
  ],
  sources: ['QEMU docs/interop/qcow2.txt, "Dirty bit"', 'QEMU block/qcow2.c, qcow2_mark_dirty and qcow2_do_open'],
  charts: lazyCharts,
};

export const lazyRefcountsDrive: Topic = {
  ...lazyRefcountsCreate,
  what: 'The same as lazy_refcounts in the image, for as long as it is open: it overrides the bit. Updates of refcounts stay in memory until the image is closed.',
  defaults: always('as the image says', 'QEMU block/qcow2.c, qcow2_update_options_prepare'),
  see: [seeInfo, ...seeCommandLine('lazy-refcounts').slice(0, 1)],
  change: onDrive('lazy-refcounts=on', '"lazy-refcounts":true'),
};

export const refcountBits: Topic = {
  what: 'How many bits count the users of each cluster of the file: the disk itself, and each internal snapshot that shares it. 16 bits count to 65,535.',
  defaults: [
    { versions: '2.3 and later', value: '16', source: 'QEMU docs/interop/qcow2.txt, refcount_order' },
    { versions: 'before 2.3', value: '16, not to be changed', source: 'QEMU docs/interop/qcow2.txt, refcount_order' },
  ],
  values: [1, 2, 8, 16, 64],
  defaultValue: 16,
  helps:
    'Hardly ever. Narrow counts make refcount blocks cover more of the file, 32 GiB with 1 bit and 64 KiB clusters, so that fewer are read by trims all over it.',
  useless:
    'For speed otherwise: refcounts are not looked at by reads and by writes in place. Wide ones only cost space.',
  hazards: harmless({
    olderVersions:
      'Another width than 16 needs compat=1.1; QEMU before 2.3 does not take it, nor do many other readers.',
    snapshot: 'A width of n bits allows 2^n − 2 internal snapshots: none with 1 bit, two with 2.',
  }),
  see: [seeInfo],
  change: [
    ...convert('refcount_bits=16').slice(0, 1),
    'qemu-img amend -o refcount_bits=16 disk.qcow2     # writes all refcounts anew',
  ],
  sources: [
    'QEMU docs/interop/qcow2.txt, "Host cluster management"',
    'QEMU block/qcow2-refcount.c, qcow2_change_refcount_order',
  ],
  charts: (lab) => [refcountBitsChart(lab)],
};

export const compat: Topic = {
  what: 'The version of the format: 0.10 is version 2, 1.1 is version 3. Version 3 has feature bits, a mark for clusters that read as zeroes, and everything that came later: lazy refcounts, other widths of refcounts, external data files, zstd, subclusters.',
  defaults: [
    { versions: '1.7 and later', value: '1.1', source: 'QEMU block/qcow2.c, qcow2_co_create' },
    { versions: '1.1 to 1.6', value: '0.10', source: 'QEMU block/qcow2.c, qcow2_create' },
  ],
  values: ['1.1', '0.10'],
  defaultValue: '1.1',
  helps: '0.10 only where something has to read the image that knows nothing else.',
  useless: '0.10 is never faster. Zeroing and trimming over a backing file then store zeroes as data, or do nothing.',
  hazards: {
    powerCut: 'Both the same. Version 3 can mark an image as damaged or not closed, and a reader then knows.',
    olderVersions:
      'QEMU before 1.1 opens 0.10 only. Every other reader of qcow2 knows 0.10; nearly all know 1.1 without further features.',
    snapshot: 'Both have internal snapshots.',
    discard:
      'With 0.10 a discard over a backing file is dropped: without a mark for zeroes the old data of the backing file would come through.',
  },
  see: [seeInfo],
  change: [
    'qemu-img amend -o compat=1.1 disk.qcow2     # guest stopped; in place',
    ...convert('compat=1.1').slice(0, 1),
  ],
  sources: [
    'QEMU docs/interop/qcow2.txt, "Header"',
    'QEMU block/qcow2-cluster.c, qcow2_subcluster_zeroize and discard_in_l2_slice',
  ],
  charts: (lab) => [formatVersionChart(lab)],
};

export const compressionType: Topic = {
  what: 'How compressed clusters are packed. Only clusters that are written as compressed are: by qemu-img convert -c, qemu-img dd and backups; what the guest writes is not, and a compressed cluster that is written again becomes a plain one.',
  defaults: [
    { versions: '5.1 and later', value: 'zlib', source: 'QEMU qapi/block-core.json, Qcow2CompressionType' },
    { versions: 'before 5.1', value: 'zlib, not to be changed', source: 'QEMU commit 572ad9783f' },
  ],
  values: ['zlib', 'zstd'],
  defaultValue: 'zlib',
  helps:
    'zstd where images are packed and unpacked: published figures for 2.2 GB are 16.3 s instead of 65.5 to pack and 1.6 instead of 1.9 to unpack, at the same size.',
  useless: 'Where nothing is compressed: then it changes nothing but who can open the image.',
  hazards: {
    powerCut: 'Nothing of its own.',
    olderVersions:
      'An image with zstd sets an incompatible feature, even before anything is compressed: QEMU before 5.1 refuses it, and so do readers without zstd.',
    snapshot:
      'Compressed clusters are shared like others. Several may lie in one cluster of the file, which counts them all.',
    discard: 'Freed once no compressed cluster is left in the cluster of the file.',
  },
  see: [seeInfo],
  change: ['qemu-img convert -p -c -O qcow2 -o compression_type=zstd disk.qcow2 packed.qcow2'],
  sources: [
    'QEMU commit d298ac10ad (5.1), "qcow2: add zstd cluster compression"',
    'QEMU docs/interop/qcow2.txt, "Compression type"',
  ],
  charts: (lab) => [compressedReadChart(lab)],
};
