import { exactBytes } from '../../../units/bytes.ts';
import { candidateClusterBytes } from '../../candidates.ts';
import { hasSubclusters } from '../../proposal.ts';
import { firstWriteBytesChart, flushChart } from '../charts/first-writes.ts';
import { snapshotChart } from '../charts/snapshots.ts';
import { speedChart } from '../charts/speed.ts';
import type { Topic } from '../explanation.ts';
import type { Lab } from '../lab/lab.ts';
import { always, convert, ownCreate, ownSettings, seeInfo } from './phrases.ts';

const data = { format: 'qcow2', content: 'data' } as const;

function speedByShape(lab: Lab, title: string) {
  // Said only where it differs: a QEMU that does not know the option has no word for off either.
  const own = ownCreate(lab).extended_l2 === true;
  const settings = (extended: boolean) =>
    candidateClusterBytes.map((bytes) =>
      ownSettings(lab, { create: { cluster_size: bytes, ...(extended === own ? {} : { extended_l2: extended }) } }),
    );
  return speedChart(lab, {
    title,
    shape: 'lines',
    labels: candidateClusterBytes.map(exactBytes),
    series: [
      { name: 'extended_l2=off', settings: settings(false) },
      ...(hasSubclusters(lab.request.qemu) ? [{ name: 'extended_l2=on', settings: settings(true) }] : []),
    ],
    reading: "Over cluster_size, with QEMU's default caches: large clusters need less cache and copy more.",
  });
}

export const clusterSize: Topic = {
  what: 'The image is cut into clusters, and each cluster of the disk has one entry in the L2 tables that says where it lies in the file. A cluster is what a first write allocates, what is copied from a backing file or a snapshot, what a discard frees, and also the size of every table.',
  defaults: always('64K', 'QEMU block/qcow2.c, DEFAULT_CLUSTER_SIZE'),
  values: [4096, ...candidateClusterBytes],
  defaultValue: 65_536,
  helps:
    'Larger clusters where the disk is large and the cache would not hold its tables: four times the cluster, a quarter of the tables. Also where the guest writes in large pieces.',
  useless:
    'Larger clusters cost where small writes meet a backing file or a snapshot, or where the guest trims small files. Smaller ones than 64K only save space with small writes all over the disk; below 16K allocation itself becomes slow.',
  hazards: {
    powerCut:
      'Nothing by itself. A changed refcount block is written in whole clusters, so flushes after allocations write more with large ones.',
    olderVersions:
      'Every version of QEMU reads every size. Others may not: XCP-ng takes 64K only, and cloud-hypervisor caches exactly 100 L2 tables, so that only larger clusters make it cover more.',
    snapshot:
      'After a snapshot the first write in each cluster copies it whole: 2M clusters copy 512 times a 4 KiB write.',
    discard: 'Only whole clusters are freed. A guest file system that trims less than a cluster frees nothing.',
  },
  see: [seeInfo.replace("under 'Format specific information'", 'cluster_size')],
  change: convert('cluster_size=128K'),
  sources: [
    'QEMU docs/qcow2-cache.txt, "Choosing the right cache sizes"',
    'QEMU block/qcow2-cluster.c, calculate_l2_meta',
    'KVM Forum 2020, "Improving the performance of the qcow2 format with subcluster allocation"',
  ],
  charts: (lab) => [
    ...speedByShape(lab, 'Speed of this workload on this disk, by cluster_size'),
    firstWriteBytesChart(
      lab,
      'What a first write of 4 KiB moves, by cluster_size',
      [{ name: 'over a backing file', backing: data }, { name: 'without one' }],
      'Without a backing file the rest of the cluster is zeroed by the file system, which moves no data.',
    ),
    snapshotChart(lab),
  ],
};

export const extendedL2: Topic = {
  what: 'Each cluster is divided into 32 subclusters with two bits each in its L2 entry, which grows from 8 to 16 bytes. First writes then allocate and copy subclusters, while tables stay as few as large clusters make them: 128K clusters have subclusters of 4 KiB.',
  defaults: [
    { versions: '5.2 and later', value: 'off', source: 'QEMU docs/system/images.rst; block/qcow2.c, qcow2_co_create' },
    { versions: 'before 5.2', value: 'does not exist', source: 'QEMU docs/interop/qcow2.txt, "Extended L2 Entries"' },
  ],
  values: [false, true],
  defaultValue: false,
  helps:
    'With a backing file, above all: a first write of 4 KiB copies nothing where subclusters are 4 KiB or less, 64 to 128K clusters. Where a disk is large and writes are small: large clusters without their copies.',
  useless:
    'Without a backing file plain clusters are as fast or faster in the published figures, and the same cache maps half as much of the disk. Requests of whole clusters gain nothing.',
  hazards: {
    powerCut:
      'As without: a subcluster counts as allocated once the L2 entry is on the disk, and until the guest flushes it need not be.',
    olderVersions:
      'QEMU before 5.2 refuses the image: an incompatible feature. So do other programs that do not know it, cloud-hypervisor among them.',
    snapshot:
      'A cluster that is shared with a snapshot is copied from its first to its last allocated subcluster, so nearly whole once it is full.',
    discard: 'A discard frees whole clusters, not subclusters; zeroes are kept for each subcluster.',
  },
  see: [seeInfo],
  change: convert('cluster_size=128K,extended_l2=on'),
  sources: [
    'QEMU docs/interop/qcow2.txt, "Extended L2 Entries"',
    'A. Garcia, "[RFC PATCH 00/23] Add subcluster allocation to qcow2", qemu-devel 2019-10-15',
    'QEMU block/qcow2-cluster.c, calculate_l2_meta; docs/qcow2-cache.txt',
  ],
  charts: (lab) => [
    firstWriteBytesChart(
      lab,
      'What a first write of 4 KiB over a backing file moves, by cluster_size',
      [
        { name: 'extended_l2=off', backing: data },
        { name: 'extended_l2=on', backing: data, create: { extended_l2: true } },
      ],
      'With subclusters nothing is copied up to 128K, where they are 4 KiB.',
    ),
    ...speedByShape(lab, 'Speed of this workload on this disk, with and without'),
  ],
};

export const preallocation: Topic = {
  what: 'What is allocated when the image is created. metadata: every cluster gets its place and all tables are written, while the data is a hole in a sparse file. falloc: the file system also reserves the space. full: it is written with zeroes.',
  defaults: always('off', 'QEMU block/qcow2.c, qcow2_co_create; Proxmox creates its images with metadata'),
  values: ['off', 'metadata', 'falloc', 'full'],
  defaultValue: 'off',
  helps:
    'Where the guest writes to new places and flushes often, as a database that grows: first writes then change no table, and a flush is one sync instead of two with two table writes.',
  useless:
    'For reads, for rewrites of what is there, and after the first pass over the disk. With a backing file it needs extended_l2, and first writes still copy.',
  hazards: {
    powerCut:
      'Less can be lost: no table of a preallocated cluster changes any more, so the mapping does not depend on the last flush. The data does, as on any disk.',
    olderVersions: 'Nothing is said in the image. falloc and full need QEMU 2.2 to create.',
    snapshot: 'A snapshot ends it: every cluster is shared then and copied at its next write.',
    discard:
      'discard=unmap ends it cluster by cluster: what is trimmed is freed and allocated anew. discard-no-unref=on (QEMU 8.1) keeps the places.',
  },
  see: [
    'qemu-img check disk.qcow2     # "allocated clusters": all of them after preallocation',
    'qemu-img info disk.qcow2     # "disk size" against "virtual size": falloc and full reserve it',
  ],
  change: [
    ...convert('preallocation=metadata'),
    'qemu-img resize --preallocation=metadata disk.qcow2 +100G     # the new part only',
  ],
  sources: ['QEMU block/qcow2.c, preallocate_co and qcow2_co_truncate', 'QEMU docs/system/images.rst, "preallocation"'],
  charts: (lab) => [
    flushChart(
      lab,
      'Host I/O of a first write, by how often the guest flushes',
      [{ name: 'off' }, { name: 'metadata', create: { preallocation: 'metadata' } }],
      'Without, a flush writes a refcount block, waits, writes an L2 entry and waits again.',
    ),
    ...(lab.request.hasBacking ? [] : preallocationSpeed(lab)),
  ],
};

function preallocationSpeed(lab: Lab) {
  const settings = (preallocation: string) =>
    candidateClusterBytes.map((bytes) =>
      ownSettings(lab, { create: { cluster_size: bytes, ...(preallocation === 'off' ? {} : { preallocation }) } }),
    );
  return speedChart(lab, {
    title: 'Speed of this workload on this disk, by cluster_size',
    shape: 'lines',
    labels: candidateClusterBytes.map(exactBytes),
    series: ['off', 'metadata'].map((mode) => ({ name: `preallocation=${mode}`, settings: settings(mode) })),
    reading: "With QEMU's default caches.",
  });
}
