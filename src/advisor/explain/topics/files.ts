import { firstWriteBars, firstWriteBytesChart } from '../charts/first-writes.ts';
import { extentChart, overwriteChart } from '../charts/host-paths.ts';
import type { Topic } from '../explanation.ts';
import type { Lab } from '../lab/lab.ts';
import { always, harmless } from './phrases.ts';

const dataFileName = 'disk.raw';
const every = 8;

function dataFileChart(lab: Lab) {
  return firstWriteBars(
    lab,
    'Host I/O of a first write of 4 KiB, a flush after eight',
    [
      { name: 'data in the image', create: {}, writesPerFlush: every },
      { name: 'data_file', create: { data_file: dataFileName }, writesPerFlush: every },
      { name: 'data_file_raw=on', create: { data_file: dataFileName, data_file_raw: true }, writesPerFlush: every },
    ],
    'A data file needs no refcounts for its data. data_file_raw=on preallocates the tables: first writes then change none.',
  );
}

const dataFileSources = [
  'QEMU docs/interop/qcow2.txt, "External data file"',
  'QEMU block/qcow2.c, qcow2_do_open and qcow2_co_create; block/qcow2-snapshot.c, qcow2_snapshot_create',
];

export const dataFile: Topic = {
  what: "The guest's data lies in a file or device of its own, each cluster at the guest's own offset; the qcow2 file holds the tables, and with them backing files and dirty bitmaps.",
  defaults: always('none', 'QEMU block/qcow2.c, qcow2_create_opts'),
  values: ['none', dataFileName],
  defaultValue: 'none',
  helps:
    'Where the data lies on a raw volume that other programs read, and QEMU is to keep dirty bitmaps or a backing file beside it.',
  useless: 'For speed: a first write still sets an L2 entry. Reads and rewrites cost the same.',
  hazards: {
    powerCut: 'Two files that both have to reach their disks; QEMU syncs both at each flush.',
    olderVersions:
      'QEMU before 4.0 refuses it: an incompatible feature. Programs that copy images copy the tables alone.',
    snapshot: 'Internal snapshots and compression are refused.',
    discard: 'Punches holes into the data file; no cluster is given to others, since each has its fixed place.',
  },
  see: ['qemu-img info disk.qcow2     # "data file" under format specific information'],
  change: [
    'qemu-img create -f qcow2 -o data_file=disk.raw disk.qcow2 1T     # creates or empties disk.raw',
    'qemu-img amend -o data_file=NEW disk.qcow2     # after the file was moved',
  ],
  sources: dataFileSources,
  charts: (lab) => [dataFileChart(lab)],
};

export const dataFileRaw: Topic = {
  ...dataFile,
  what: 'The external data file is kept readable as a raw image at all times: clusters are mapped from the start, and zeroes are really written to it.',
  defaults: always('off', 'QEMU block/qcow2.c, qcow2_co_create'),
  values: [false, true],
  defaultValue: false,
  with: () => ({ create: { data_file: dataFileName } }),
  helps:
    'Where another program reads the data file while or after QEMU uses it. It preallocates the metadata, so that first writes change no table.',
  useless: 'It excludes a backing file and needs data_file.',
  hazards: {
    ...dataFile.hazards,
    powerCut: 'The data file can be read without the tables, so that nothing of a damaged qcow2 file harms the data.',
  },
  change: ['qemu-img create -f qcow2 -o data_file=disk.raw,data_file_raw=on disk.qcow2 1T'],
};

export const keepDataFile: Topic = {
  ...dataFile,
  what: 'With it qemu-img create takes an external data file as it is; without, it is emptied. It is a word for the creation only and is not stored.',
  defaults: [
    {
      versions: '10.1 and later',
      value: 'off',
      source: 'qemu-devel 2025-05-30, "qcow2: Add keep_data_file command-line option"',
    },
    {
      versions: 'before',
      value: 'does not exist: creation always empties the file',
      source: 'QEMU block/qcow2.c, qcow2_co_create_opts',
    },
  ],
  values: [false, true],
  defaultValue: false,
  with: () => ({ create: { data_file: dataFileName, data_file_raw: true } }),
  helps: 'Where a raw volume with data gets a qcow2 file beside it, for dirty bitmaps.',
  useless:
    'Afterwards: it changes nothing of how the image works. It needs data_file_raw=on or preallocation=metadata, so that what is in the file is mapped.',
  hazards: {
    ...dataFile.hazards,
    powerCut: 'Left out by mistake, it costs the data: creation empties the file that data_file names.',
  },
  change: ['qemu-img create -f qcow2 -o data_file=disk.raw,data_file_raw=on,keep_data_file=on disk.qcow2 1T'],
};

const backingChart = (lab: Lab) =>
  firstWriteBytesChart(
    lab,
    'What a first write of 4 KiB moves, by what is beneath it',
    [
      { name: 'a qcow2 file with data there', backing: { format: 'qcow2', content: 'data' } },
      { name: 'a raw file, even where it is a hole', backing: { format: 'raw', content: 'holes' } },
      { name: 'nothing', backing: 'none' },
    ],
    'A raw file does not say where it is empty, so that its holes are copied too, as zeroes.',
  );

const backingHazards = {
  powerCut: 'The backing file is only read. A commit or a rebase that is cut has to be repeated.',
  olderVersions: 'Every version. Since 6.1 the format of the backing file has to be named.',
  snapshot:
    'An external snapshot is exactly this: a new overlay on the image so far. Each layer has tables and caches of its own.',
  discard: 'What is trimmed in the overlay reads as zeroes; the backing file keeps its space.',
};

export const backingFile: Topic = {
  what: 'The image that everything comes from that this one does not have. It may have one itself: a chain. It is opened read-only and must not change as long as there are overlays on it.',
  defaults: always('none', 'QEMU block.c, bdrv_img_create'),
  values: ['none'],
  defaultValue: 'none',
  helps: 'Many guests from one image, and snapshots: an overlay takes only what differs.',
  useless:
    'For speed it costs: each first write below a cluster copies the rest, and a read may look through every layer. extended_l2=on takes most of the copying away.',
  hazards: backingHazards,
  see: ['qemu-img info --backing-chain disk.qcow2'],
  change: [
    'qemu-img create -f qcow2 -b base.qcow2 -F qcow2 disk.qcow2',
    'qemu-img rebase -u -b NEW -F qcow2 disk.qcow2     # after base was moved; without -u the contents are compared and copied',
    'qemu-img commit disk.qcow2     # down into the base; QMP block-stream copies up',
  ],
  sources: ['QEMU docs/system/images.rst', 'QEMU block/qcow2-cluster.c, perform_cow; block/qcow2.c, is_zero_cow'],
  charts: (lab) => [backingChart(lab)],
};

export const backingFormat: Topic = {
  ...backingFile,
  what: 'The format of the backing file: qcow2 or raw. It is stored in the image, and QEMU does not have to guess.',
  defaults: [
    { versions: '6.1 and later', value: 'none, and required with backing_file', source: 'QEMU 6.1, qemu-img create' },
    { versions: 'before 6.1', value: 'guessed from the content', source: 'QEMU block.c, find_image_format' },
  ],
  helps:
    'Always name it. A guest that can write to a raw disk can make its first bytes look like another format, and a guess would follow it to any file of the host.',
  useless: 'It costs nothing. Naming a qcow2 file raw makes its tables appear as the disk.',
  see: ['qemu-img info disk.qcow2     # "backing file format"'],
  change: ['qemu-img rebase -u -b base.qcow2 -F qcow2 disk.qcow2     # names it afterwards'],
  sources: ['QEMU docs/about/removed-features.rst, backing files without a format', ...backingFile.sources],
};

export const nocow: Topic = {
  what: 'On btrfs the file of the image is marked so that writes go over the old blocks and not to new ones. Other file systems ignore it; the mark works on new, empty files only, so that it is set at creation.',
  defaults: always('off', 'QEMU qapi/block-core.json, BlockdevCreateOptionsFile'),
  values: [false, true],
  defaultValue: false,
  helps:
    'On btrfs, for every image that a guest rewrites: without it each rewrite puts 4 KiB elsewhere and the file falls to pieces.',
  useless: 'On ext4 and XFS. A directory that has the mark (chattr +C) gives it to new files by itself.',
  hazards: harmless({
    powerCut:
      'btrfs keeps no checksums of such a file, so that it cannot notice or repair what a broken disk does to it.',
    snapshot: 'A btrfs snapshot or reflink of the file still copies each block once at its next write.',
  }),
  see: ['lsattr disk.qcow2     # a capital C'],
  change: ['qemu-img create -f qcow2 -o nocow=on disk.qcow2 1T     # only a new file'],
  sources: ['QEMU docs/system/images.rst, "nocow"', 'QEMU block/file-posix.c, raw_co_create'],
  charts: (lab) => [overwriteChart(lab)],
};

export const extentSizeHint: Topic = {
  what: 'On XFS the file of the image grows in extents of this size, so that it lies in few pieces. Other file systems ignore it. 0 sets no hint.',
  defaults: [
    { versions: '5.1 and later', value: '1M', source: 'QEMU qapi/block-core.json, BlockdevCreateOptionsFile' },
    { versions: 'before 5.1', value: 'none', source: 'QEMU block/file-posix.c, raw_co_create' },
  ],
  values: [0, 2 ** 20, 16 * 2 ** 20],
  defaultValue: 2 ** 20,
  helps:
    'On XFS with an image that grows by small allocations: a million extents make the file slow to open and to delete.',
  useless: 'With falloc and full, which reserve the file in one go; on other file systems.',
  hazards: harmless({
    discard: 'What a discard frees within an extent becomes a hole; XFS frees blocks, not whole extents of the hint.',
  }),
  see: ['xfs_io -c extsize disk.qcow2', 'qemu-img info disk.qcow2     # since QEMU 8.0, under "Child node"'],
  change: [
    'qemu-img create -f qcow2 -o extent_size_hint=16M disk.qcow2 1T',
    "xfs_io -c 'extsize 16m' disk.qcow2     # while it is empty",
  ],
  sources: [
    'QEMU block/file-posix.c, raw_co_create',
    'QEMU commit ffa244c84a (5.1), "file-posix: Mitigate file fragmentation with extent size hints"',
  ],
  charts: (lab) => [extentChart(lab)],
};
