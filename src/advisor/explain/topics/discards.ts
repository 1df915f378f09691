import { snapshotSpaceChart } from '../charts/snapshots.ts';
import { fragmentationChart, freedTablesChart, passDiscardChart, trimChart } from '../charts/trims.ts';
import { zeroesChart } from '../charts/zeroes.ts';
import type { Topic } from '../explanation.ts';
import { always, harmless, onDrive, ownCreate, seeCommandLine } from './phrases.ts';

const passes = 'QEMU block/qcow2.c, qcow2_update_options_prepare; block/qcow2-refcount.c, qcow2_process_discards';
const schema = 'QEMU qapi/block-core.json, BlockdevOptions';

const lostOrder =
  'A trim is recorded in tables that wait for the flush as others do; before it a power cut may bring trimmed data back, which the guest has to expect of any disk.';

export const discard: Topic = {
  what: "What becomes of the guest's trims. ignore: QEMU answers that it was done and does nothing. unmap: whole clusters within the trim read as zeroes from then on, are freed in the image, and their space goes back to the host.",
  defaults: [
    {
      versions: '1.5 and later',
      value: 'ignore on -drive and -blockdev; qemu-io has unmap',
      source: 'QEMU block.c, bdrv_parse_discard_flags; qemu-io.c',
    },
  ],
  values: ['ignore', 'unmap'],
  defaultValue: 'ignore',
  helps:
    "Where the host's space matters and the guest trims: fstrim or mount -o discard, and a device that offers it (virtio-scsi, virtio-blk since QEMU 4.0).",
  useless:
    'Where the guest never trims; where its trims are smaller than clusters. For speed alone it costs: each trim changes tables, and rewritten clusters are allocated anew.',
  hazards: harmless({
    powerCut: lostOrder,
    snapshot:
      'A cluster that a snapshot shares is only let go by the disk; its space stays until the snapshot is deleted.',
    discard:
      'Freed clusters are filled again in another order, so that the file falls into pieces. Preallocated places are lost; discard-no-unref=on keeps them.',
  }),
  see: ['lsblk --discard     # in the guest: DISC-GRAN is what it will trim', ...seeCommandLine('discard')],
  change: [
    ...onDrive('discard=unmap', '"discard":"unmap"'),
    "libvirt: <driver … discard='unmap'/>; Proxmox: discard=on on the disk",
  ],
  sources: ['QEMU block/qcow2-cluster.c, discard_in_l2_slice', 'QEMU block/io.c, bdrv_co_pdiscard', schema],
  charts: (lab) => [trimChart(lab, ownCreate(lab)), passDiscardChart(lab)],
};

export const passDiscardRequest: Topic = {
  what: "Whether the space of clusters that the guest's trims free goes back to the host, as a hole in the file, or stays in the file for the image to use again.",
  defaults: always('on with discard=unmap, else off', passes),
  values: [false, true],
  with: () => ({ drive: { discard: 'unmap' } }),
  helps:
    'Off where the file is to keep its space, on a volume that is reserved anyway: trims then cost the tables only.',
  useless:
    'Without discard=unmap no trim gets as far. To keep the places too, not only the space, there is discard-no-unref.',
  hazards: harmless({
    powerCut: lostOrder,
    discard: 'Off: the image shrinks inside, and the host sees nothing of it.',
  }),
  see: seeCommandLine('pass-discard-request'),
  change: onDrive('discard=unmap,pass-discard-request=off', '"discard":"unmap","pass-discard-request":false'),
  sources: [passes, schema],
  charts: (lab) => [passDiscardChart(lab)],
};

export const passDiscardSnapshot: Topic = {
  ...passDiscardRequest,
  what: 'Whether the space that deleting an internal snapshot frees goes back to the host.',
  defaults: always('on', passes),
  defaultValue: true,
  with: () => ({}),
  helps: 'Off where deleting a snapshot must be quick, and the space is going to be used by the image again.',
  useless: 'Without internal snapshots. External ones (overlays) are files of their own.',
  hazards: harmless({
    powerCut: 'Deleting a snapshot that is cut leaves clusters that nobody uses: qemu-img check finds and frees them.',
    snapshot: 'This is about their deletion only.',
  }),
  see: seeCommandLine('pass-discard-snapshot'),
  change: onDrive('pass-discard-snapshot=off', '"pass-discard-snapshot":false'),
  sources: [passes, 'QEMU block/qcow2-refcount.c, qcow2_update_snapshot_refcount'],
  charts: (lab) => [snapshotSpaceChart(lab)],
};

export const passDiscardOther: Topic = {
  ...passDiscardRequest,
  what: 'Whether the space of clusters that become free in other ways goes back to the host: replaced refcount, L1 and snapshot tables, clusters of an aborted allocation.',
  defaults: always('off', passes),
  defaultValue: false,
  with: () => ({}),
  helps: 'Hardly ever: these are a few clusters, and the image takes them for its next allocation.',
  useless: 'In everyday work nothing of the kind is freed.',
  hazards: harmless(),
  see: seeCommandLine('pass-discard-other'),
  change: onDrive('pass-discard-other=on', '"pass-discard-other":true'),
  sources: [passes, 'QEMU block/qcow2-refcount.c, qcow2_refcount_area'],
  charts: (lab) => [freedTablesChart(lab)],
};

export const discardNoUnref: Topic = {
  what: 'A trimmed cluster keeps its place in the file: it reads as zeroes, its space may go back to the host as a hole, and when it is written again it is written where it was.',
  defaults: [
    { versions: '8.1 and later', value: 'off', source: 'QEMU qapi/block-core.json, BlockdevOptionsQcow2' },
    { versions: 'before 8.1', value: 'does not exist', source: 'QEMU qapi/block-core.json, BlockdevOptionsQcow2' },
  ],
  values: [false, true],
  defaultValue: false,
  with: (value) => (value === true ? { drive: { discard: 'unmap' } } : {}),
  helps:
    'Where the guest trims much and rewrites: the file keeps its order, writes after a trim allocate nothing in the image, and preallocation survives.',
  useless: 'Without discard=unmap. On a block device without holes the places only count as taken.',
  hazards: harmless({
    powerCut: 'Less to lose: a rewrite after a trim changes an L2 entry and no refcount.',
    olderVersions: 'The image is an ordinary one of version 3; QEMU before 8.1 refuses the option.',
    snapshot: 'A cluster that a snapshot shares cannot keep its place: it is let go.',
    discard:
      'The length of the file never shrinks; only holes come into it. Each cluster is discarded by itself, not merged with its neighbours.',
  }),
  see: seeCommandLine('discard-no-unref'),
  change: onDrive('discard=unmap,discard-no-unref=on', '"discard":"unmap","discard-no-unref":true'),
  sources: [
    'QEMU commit b2b109041e (8.2) for zeroes',
    'QEMU block/qcow2-cluster.c, discard_in_l2_slice',
    'QEMU qapi/block-core.json, BlockdevOptionsQcow2',
  ],
  charts: (lab) => [fragmentationChart(lab)],
};

export const detectZeroes: Topic = {
  what: 'Looks at each write: where all of it is zero, it becomes a request to zero the range, which for whole clusters changes a table and writes no data. With unmap the clusters are freed too.',
  defaults: always('off', schema),
  values: ['off', 'on', 'unmap'],
  defaultValue: 'off',
  with: (value) => (value === 'unmap' ? { drive: { discard: 'unmap' } } : {}),
  helps:
    'Where a guest that cannot trim overwrites freed space with zeroes, and for copies into a new image: zeroes then take no space.',
  useless:
    'For ordinary work: every written byte is looked at until one is not zero, and small zero writes over data are written as data, after a look at the tables.',
  hazards: harmless({
    powerCut:
      'Zeroes that became a mark in a table wait for the flush as the table does; without it they are data that waits in the same way.',
    snapshot: 'Zeroing a cluster that a snapshot shares copies nothing: the disk lets it go.',
    discard: 'unmap needs discard=unmap: QEMU refuses it otherwise.',
  }),
  see: ["QMP query-block     # 'detect_zeroes'"],
  change: [...onDrive('detect-zeroes=on', '"detect-zeroes":"on"'), "libvirt: <driver … detect_zeroes='on'/>"],
  sources: [schema, 'QEMU block/io.c, bdrv_aligned_pwritev; block/qcow2.c, qcow2_co_pwrite_zeroes'],
  charts: (lab) => [zeroesChart(lab)],
};
