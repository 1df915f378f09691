import { geometryOf } from '../../../settings/resolve.ts';
import { exactBytes } from '../../../units/bytes.ts';
import { cacheLadder, pauseChart, refcountCacheChart } from '../charts/cache-sizes.ts';
import { speedChart } from '../charts/speed.ts';
import type { Topic } from '../explanation.ts';
import type { Lab } from '../lab/lab.ts';
import { harmless, onDrive, ownCreate, ownSettings, seeCommandLine } from './phrases.ts';

const manual = 'QEMU docs/qcow2-cache.txt';
const sizing = 'QEMU block/qcow2.c, read_cache_sizes';
const mib = 2 ** 20;

const volatileTables =
  'Changed entries wait in the cache until the guest flushes, they are evicted or the image is closed. A larger cache can hold more of them back; what the guest flushed is safe in any case.';

/** Speed over the size of a cache, up to the one that holds every table. */
function speedBySize(lab: Lab, name: string, entries: readonly (number | undefined)[]) {
  const sizes = cacheLadder(lab.request.diskBytes, ownCreate(lab));
  return speedChart(lab, {
    title: `Speed of this workload on this disk, by ${name}`,
    shape: 'lines',
    labels: sizes.map(exactBytes),
    series: entries.map((entry) => ({
      name: entry === undefined ? 'entries as QEMU chooses them' : `entries of ${exactBytes(entry)}`,
      settings: sizes.map((bytes) =>
        ownSettings(lab, {
          drive: { [name]: bytes, ...(entry === undefined ? {} : { 'l2-cache-entry-size': entry }) },
        }),
      ),
    })),
    reading: 'The last size holds every L2 table: QEMU then takes entries of a whole cluster, below it of 4 KiB.',
  });
}

export const l2CacheSize: Topic = {
  what: "Memory for L2 tables, which say where each cluster of the disk lies. A request whose entry is not in it reads it from the file first: one small read more, in front of the guest's. The file's data is not cached by it. Each image of a chain has a cache of its own.",
  defaults: [
    {
      versions: '3.1 and later',
      value: 'as much as the disk can use, at most 32M on Linux and 8M elsewhere',
      source: 'QEMU commits b749562d98, 80668d0fb7',
    },
    { versions: '2.4 to 3.0', value: '1M or 8 clusters, whichever is more', source: 'QEMU commit bc85ef265a' },
    { versions: '2.2 and 2.3', value: '1M', source: 'QEMU commit 440ba08aea' },
    { versions: 'before 2.2', value: '16 tables, not to be changed', source: 'QEMU commit 6c1c8d5d3e' },
  ],
  values: [mib, 8 * mib, 32 * mib, 128 * mib, 512 * mib],
  defaultValue: 32 * mib,
  helps:
    'Where requests go all over more of the disk than the cache maps: then most of them pay for a read of a table, and the cache that maps what is in use is many times faster. With 64 KiB clusters 1 MiB maps 8 GiB.',
  useless:
    'Beyond what the guest uses over and over, and beyond the whole disk (QEMU takes no more than that). Where the host reads through a warm page cache a miss is a copy in memory and nearly free. Sequential work misses once in hundreds of requests.',
  hazards: harmless({
    powerCut: volatileTables,
    snapshot: 'Creating or deleting an internal snapshot goes through every L2 table, whatever the cache.',
    discard: 'A discard changes L2 entries, which wait in the cache as others do.',
  }),
  see: seeCommandLine('l2-cache-size'),
  change: [
    ...onDrive('l2-cache-size=8M', '"l2-cache-size":8388608'),
    "libvirt 7.0: <driver …><metadata_cache><max_size unit='bytes'>N</max_size></metadata_cache></driver>, which is cache-size: L2 and 4 clusters",
  ],
  sources: [manual, sizing, 'QEMU commit af39bd0d9a (4.0), figures by cache and entry size'],
  charts: (lab) => speedBySize(lab, 'l2-cache-size', [undefined]),
};

export const l2CacheEntrySize: Topic = {
  what: 'How much of an L2 table is one entry of the cache: what a miss reads, and what is written for a single changed entry. 4 KiB of a table map 512 clusters, or 256 with extended_l2.',
  defaults: [
    {
      versions: '4.0 and later',
      value: '4K, or a whole cluster where the cache holds all tables',
      source: 'QEMU commit af39bd0d9a',
    },
    { versions: '2.12 to 3.1', value: 'cluster_size', source: 'QEMU commit 1221fe6f63' },
    { versions: 'before 2.12', value: 'a whole cluster, not to be changed', source: manual },
  ],
  values: [512, 4096, 16_384, 65_536],
  helps:
    'Small entries where the cache does not cover the disk: a miss reads 4 KiB and not 64, and a cache of the same size holds more places. With large clusters also where it does: a flush then writes 4 to 64 KiB for a changed entry and not 2 MiB.',
  useless:
    'Where the cache covers the disk and little is written: each table is read once. Smaller than 4K: the host reads a block of 4 KiB anyway.',
  hazards: harmless({ powerCut: `${volatileTables} Smaller entries write less at each flush.` }),
  see: seeCommandLine('l2-cache-entry-size'),
  change: [
    ...onDrive('l2-cache-entry-size=4K', '"l2-cache-entry-size":4096'),
    'libvirt has no word for it: QEMU chooses.',
  ],
  sources: [
    'QEMU commit af39bd0d9a (4.0): 64 KiB clusters, 1 MiB cache, 6545 IOPS with 4 KiB and 2718 with 64 KiB',
    sizing,
    manual,
  ],
  charts: (lab) => {
    const { clusterBytes, l2FullCoverageBytes } = geometryOf(lab.request.diskBytes, ownCreate(lab));
    const entries = [512, 1024, 2048, 4096, 8192, 16_384, 32_768, 65_536, 131_072, 262_144].filter(
      (bytes) => bytes <= clusterBytes,
    );
    const caches = [Math.max(65_536, l2FullCoverageBytes / 16), l2FullCoverageBytes];
    return speedChart(lab, {
      title: 'Speed of this workload on this disk, by l2-cache-entry-size',
      shape: 'lines',
      labels: entries.map(exactBytes),
      series: [...new Set(caches)].map((bytes) => ({
        name: `l2-cache-size=${exactBytes(bytes)}${bytes >= l2FullCoverageBytes ? ', all tables' : ', a part of the tables'}`,
        settings: entries.map((entry) =>
          ownSettings(lab, { drive: { 'l2-cache-size': bytes, 'l2-cache-entry-size': entry } }),
        ),
      })),
      reading: 'Once where the cache holds only a part of the tables, once where it holds all.',
    });
  },
};

export const refcountCacheSize: Topic = {
  what: 'Memory for refcount blocks, which say how often each cluster of the file is used. They are needed to allocate and to free, never to read or to write in place. Each entry is one cluster.',
  defaults: [
    { versions: '3.0 and later', value: '4 clusters', source: 'QEMU commit 52253998ec' },
    {
      versions: '2.2 to 2.12',
      value: 'a quarter of the L2 cache, at least 4 clusters',
      source: 'QEMU commits 440ba08aea, bc85ef265a',
    },
    { versions: 'before 2.2', value: '4 tables, not to be changed', source: 'QEMU commit 6c1c8d5d3e' },
  ],
  values: [262_144, mib, 4 * mib, 16 * mib],
  defaultValue: 262_144,
  helps:
    'Where clusters are freed or shared all over a large file: heavy trimming with discard=unmap, or internal snapshots taken and deleted often.',
  useless:
    'Otherwise: allocation walks through the file and needs one block, 2 GiB of the file at 64 KiB clusters, at a time. With one number for both caches (cache-size, libvirt) what the L2 cache cannot use ends up here, wasted.',
  hazards: harmless({
    powerCut:
      'Changed blocks wait for the flush as L2 entries do, and are written before the entries that rely on them. Blocks that are lost leave leaks or need a check, no wrong data.',
    snapshot:
      'Creating and deleting one goes through every block; a cache that holds them all reads and writes each once.',
    discard: 'Each freed cluster lowers a count: with trims all over the disk every one may need another block.',
  }),
  see: seeCommandLine('refcount-cache-size'),
  change: onDrive('refcount-cache-size=1M', '"refcount-cache-size":1048576'),
  sources: [`${manual}, "Choosing the right cache sizes"`, sizing, 'QEMU block/qcow2-refcount.c, alloc_clusters_noref'],
  charts: (lab) => [refcountCacheChart(lab)],
};

export const cacheSize: Topic = {
  what: 'One number for both metadata caches: the L2 cache takes what the disk can use, as long as four clusters are left for refcounts; the rest is the refcount cache. It may stand beside one of the two sizes, not beside both.',
  defaults: [
    { versions: '3.1 and later', value: 'not set; 32M for L2 on Linux and 4 clusters of refcounts', source: sizing },
    { versions: '2.2 to 3.0', value: 'not set', source: sizing },
  ],
  values: [mib, 8 * mib, 32 * mib, 128 * mib, 512 * mib],
  helps: "Where the platform has only one number: libvirt's metadata_cache is this. Give L2 and four clusters.",
  useless:
    'Where l2-cache-size can be said: cache-size beyond all tables and four clusters goes to refcounts, where it is of no use, and is not cut down to what the disk needs.',
  hazards: harmless({ powerCut: volatileTables }),
  see: seeCommandLine('cache-size'),
  change: [
    ...onDrive('cache-size=8650752', '"cache-size":8650752'),
    "libvirt 7.0: <driver …><metadata_cache><max_size unit='bytes'>8650752</max_size></metadata_cache></driver>",
  ],
  sources: [sizing, manual, 'libvirt src/qemu/qemu_block.c: max_size becomes cache-size'],
  charts: (lab) => speedBySize(lab, 'cache-size', [undefined]),
};

export const cacheCleanInterval: Topic = {
  what: 'Every so many seconds QEMU gives the memory of entries back that were not used since the last time and are not changed. 0 keeps everything. The caches are as large as before and fill again when they are needed.',
  defaults: [
    { versions: '3.1 and later', value: '600 on Linux, 0 elsewhere', source: 'QEMU commit e957b50b8d' },
    { versions: '2.5 to 3.0', value: '0', source: 'QEMU qapi/block-core.json, BlockdevOptionsQcow2' },
  ],
  values: [0, 60, 600, 900],
  defaultValue: 600,
  helps: 'Where many guests idle on one host: a large cache then costs its memory only while it is used.',
  useless:
    'For a guest that is always busy. In qemu-img, qemu-io, qemu-nbd and qemu-storage-daemon the timer never fires up to 10.1: it runs on the clock of a guest.',
  hazards: harmless({
    powerCut: 'Changed entries are never dropped: nothing more is lost.',
    olderVersions:
      'The image does not say it. QEMU before 2.5 does not know the option; other systems than Linux refuse any value but 0.',
  }),
  see: seeCommandLine('cache-clean-interval'),
  change: onDrive('cache-clean-interval=60', '"cache-clean-interval":60'),
  sources: [
    `${manual}, "Reducing the memory usage"`,
    'QEMU block/qcow2.c, cache_clean_timer_cb; block/qcow2-cache.c, qcow2_cache_clean_unused',
  ],
  charts: (lab) => [pauseChart(lab)],
};
