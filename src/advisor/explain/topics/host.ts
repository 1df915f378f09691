import { ioKindsChart, type ModeVariant, modeSpeedChart, modeSyncChart } from '../charts/host-paths.ts';
import type { Topic } from '../explanation.ts';
import type { Lab } from '../lab/lab.ts';
import { always, harmless, seeCommandLine } from './phrases.ts';

const source = 'QEMU block.c, bdrv_parse_cache_mode';
const modes: readonly ModeVariant[] = [
  { name: 'none', drive: { cache: 'none' }, family: 'direct' },
  { name: 'writeback', drive: { cache: 'writeback' }, family: 'buffered' },
  { name: 'directsync', drive: { cache: 'directsync' }, family: 'direct' },
  { name: 'writethrough', drive: { cache: 'writethrough' }, family: 'buffered' },
  { name: 'unsafe', drive: { cache: 'unsafe' }, family: 'buffered' },
];

const syncs = (lab: Lab) =>
  modeSyncChart(lab, [
    { name: 'none, writeback', drive: { cache: 'none' } },
    { name: 'directsync, writethrough', drive: { cache: 'directsync' } },
    { name: 'unsafe', drive: { cache: 'unsafe' } },
  ]);

const change = [
  '-drive file=disk.qcow2,format=qcow2,if=virtio,cache=none',
  `-blockdev '{"driver":"qcow2","node-name":"disk0","file":{"driver":"file","filename":"disk.qcow2","cache":{"direct":true,"no-flush":false}},"cache":{"direct":true,"no-flush":false}}'     # and write-cache=on on the device`,
  "libvirt: <driver … cache='none'/>; Proxmox: cache=none on the disk, which is its default",
];
const see = ["QMP query-block     # 'cache': writeback, direct, no-flush"];

const hazards = harmless({
  powerCut:
    'none and writeback lose what the guest did not flush, tables and data, as a real disk with a write cache does; the file system in the guest is made for that. writethrough and directsync lose nothing that was answered. unsafe may lose everything: no flush reaches the disk, and the image itself may be damaged.',
  olderVersions: 'The image does not say it.',
  snapshot: 'Nothing changes; a snapshot flushes by itself, but with unsafe not to the disk.',
});

export const cache: Topic = {
  what: "Two questions in one word: does the image go through the host's page cache (writeback, writethrough, unsafe) or past it (none, directsync), and is each write flushed (writethrough, directsync), only what the guest flushes (none, writeback) or nothing (unsafe).",
  defaults: [
    {
      versions: '1.2 and later',
      value: 'writeback for -drive and -blockdev, qemu-img bench and convert, qemu-nbd; qemu-io has writethrough',
      source: 'QEMU qemu-options.hx; qemu-io.c',
    },
    { versions: 'before 1.2', value: 'writethrough', source: 'QEMU qemu-options.hx' },
  ],
  values: ['writeback', 'none', 'writethrough', 'directsync', 'unsafe'],
  defaultValue: 'writeback',
  helps:
    'none where guests have memory of their own and hosts carry many of them: nothing is held twice, and migration is safe with shared storage. writeback where many guests read the same backing file.',
  useless:
    'writethrough and directsync only for guests that never flush. unsafe only for what can be made again: installing an image, tests.',
  hazards,
  see,
  change,
  sources: [source, 'QEMU docs/system/qemu-block-drivers, qemu-options.hx "cache="'],
  charts: (lab) => [syncs(lab), modeSpeedChart(lab, modes)],
};

export const cacheWriteback: Topic = {
  ...cache,
  what: "Whether the guest is told of a write cache that it has to flush. Off: every write ends with a flush. It belongs to the guest's device, where it is write-cache=on|off, not to the image.",
  defaults: always('on; off with cache=writethrough and directsync', source),
  values: [false, true],
  defaultValue: true,
  helps: 'On, for every guest that flushes.',
  useless: 'Off costs a full flush for each write, and two syncs where it allocates.',
  change: ['-drive …,cache.writeback=off', '-device virtio-blk-pci,drive=disk0,write-cache=off     # with -blockdev'],
  charts: (lab) => [syncs(lab)],
};

export const cacheDirect: Topic = {
  ...cache,
  what: "Whether the host's page cache is passed by (O_DIRECT). With it, tables that are not in QEMU's own caches come from the disk at each miss; without, mostly from the host's memory.",
  defaults: always('off; on with cache=none and directsync', source),
  values: [false, true],
  defaultValue: false,
  helps: 'On where memory of the host is short, and for aio=native, which needs it.',
  useless:
    'Where the file system cannot do it (older tmpfs) opening fails. With a warm page cache a miss in the L2 cache is a copy in memory, and its size matters little.',
  hazards: harmless({
    powerCut: 'What was not flushed is lost either way: a disk has a cache too.',
    olderVersions: 'The image does not say it.',
  }),
  change: [...change.slice(1, 2), 'QMP blockdev-reopen of the file node and the qcow2 node, with cache.direct in both'],
  charts: (lab) => [
    modeSpeedChart(
      lab,
      modes.filter(({ name }) => name === 'none' || name === 'writeback'),
    ),
  ],
};

export const cacheNoFlush: Topic = {
  ...cache,
  what: 'Whether flushes are dropped. QEMU still writes its tables in order, but never waits for the disk: fdatasync is not called at all.',
  defaults: always('off; on with cache=unsafe', source),
  values: [false, true],
  defaultValue: false,
  helps: 'For images that can be made again: installations, builds, tests. Sync the file before it is used for good.',
  useless: 'For every disk whose contents matter.',
  hazards: harmless({
    powerCut:
      'After a power cut or a crash of the host anything may be missing in any order, tables included: the image may not open any more. A crash of QEMU alone loses nothing that was written.',
    olderVersions: 'The image does not say it.',
  }),
  change: ['-drive …,cache=unsafe', '-drive …,cache.no-flush=on'],
  charts: (lab) => [syncs(lab)],
};

export const aio: Topic = {
  what: 'How QEMU hands reads and writes of the file to the kernel. threads: up to 64 threads that each make one call. native: Linux AIO. io_uring: a queue shared with the kernel, for syncs too.',
  defaults: [{ versions: 'every version', value: 'threads', source: 'QEMU block/file-posix.c, raw_open_common' }],
  values: ['threads', 'native', 'io_uring'],
  defaultValue: 'threads',
  helps:
    'io_uring (QEMU 5.0) or native with cache=none: less work of the processor for each I/O, and fewer switches between threads.',
  useless:
    'native through the page cache is refused, for it would wait there. No value changes what the driver does: the same I/O in the same order.',
  hazards: harmless({
    powerCut: 'Nothing changes: what is answered, and what a flush means, is the same.',
    olderVersions:
      'io_uring needs QEMU 5.0 and a kernel of 5.1 that allows it: many containers do not. QEMU without it refuses to start.',
  }),
  see: seeCommandLine('aio'),
  change: [
    '-drive file=disk.qcow2,format=qcow2,if=virtio,cache=none,aio=io_uring',
    "libvirt: <driver … io='io_uring'/>; Proxmox: aio=io_uring, its default",
    'not by blockdev-reopen: the file has to be opened anew',
  ],
  sources: [
    'QEMU block/file-posix.c, raw_open_common, raw_thread_pool_submit and mutable_opts',
    'QEMU docs/system, qemu-options.hx "aio="',
  ],
  charts: (lab) => [ioKindsChart(lab)],
};
