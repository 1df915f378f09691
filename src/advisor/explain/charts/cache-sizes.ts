import type { SettingValues } from '../../../settings/configuration.ts';
import { geometryOf } from '../../../settings/resolve.ts';
import { exactBytes } from '../../../units/bytes.ts';
import { Random } from '../../../workload/random.ts';
import type { ExplainChart } from '../explanation.ts';
import { newImage, writtenImage } from '../lab/images.ts';
import type { Lab } from '../lab/lab.ts';
import { runExperiment } from '../lab/run.ts';

/** Points of a chart over cache sizes. */
const pointCount = 10;
const leastCacheBytes = 16_384;

/** Sizes of an L2 cache in doublings up to the one that holds all tables of the disk. */
export function cacheLadder(diskBytes: number, create: SettingValues): readonly number[] {
  const { l2FullCoverageBytes } = geometryOf(diskBytes, create);
  const top = Math.max(leastCacheBytes, 2 ** Math.ceil(Math.log2(l2FullCoverageBytes)));
  return Array.from({ length: pointCount }, (_, index) => top / 2 ** (pointCount - 1 - index)).filter(
    (bytes) => bytes >= leastCacheBytes,
  );
}

/** A disk whose refcounts fill several blocks, at the default cluster size: 64 blocks of 64 KiB. */
const refcountDiskBytes = 128 * 2 ** 30;
const refcountCacheBytes = [256, 512, 1024, 2048, 4096, 8192].map((kib) => kib * 1024);
const stepCount = 2000;

/** How often the refcount cache misses: for writes that allocate one cluster after the other, and for trims all over a full disk. */
export function refcountCacheChart(lab: Lab): ExplainChart {
  const allocating = refcountCacheBytes.map((bytes) => {
    const result = runExperiment(
      {
        image: newImage({}, { diskBytes: refcountDiskBytes }),
        drive: { 'refcount-cache-size': bytes },
        steps: stepCount,
        step: (driver, index) => driver.write(index * 2 ** 20, 4096),
      },
      lab.basis,
    );
    return result.counters.refcountMisses;
  });
  const trimmed = writtenImage({}, refcountDiskBytes);
  const trims = refcountCacheBytes.map((bytes, point) => {
    const random = new Random(1, point);
    const clusters = refcountDiskBytes / 65_536;
    const trim = () => (random.uint32() % clusters) * 65_536;
    const result = runExperiment(
      {
        image: trimmed,
        drive: { 'refcount-cache-size': bytes, discard: 'unmap' },
        steps: stepCount,
        warmUp: (driver) => {
          for (let index = 0; index < 500; index++) driver.discard(trim(), 65_536);
        },
        step: (driver) => driver.discard(trim(), 65_536),
      },
      lab.basis,
    );
    return result.counters.refcountMisses;
  });
  return {
    title: 'Refcount blocks read per request, by the size of the cache',
    shape: 'lines',
    unit: 'count',
    source: 'counted',
    labels: refcountCacheBytes.map(exactBytes),
    series: [
      { name: 'writes that allocate', values: allocating },
      { name: 'trims of single clusters all over a full disk of 128 GiB', values: trims },
    ],
    about:
      'At 64 KiB clusters a block counts 2 GiB of the file. Allocation goes through the file from its start and needs one block at a time; only freeing or sharing clusters all over it needs many.',
  };
}

const pauseWindows = 8;
const pauseWindowReads = 250;
const pauseDiskBytes = 256 * 2 ** 30;

/** What a guest that comes back from a pause finds: L2 misses of random reads, with the cache kept and with it given back. */
export function pauseChart(lab: Lab): ExplainChart {
  const image = writtenImage({}, pauseDiskBytes);
  const working = pauseDiskBytes / 16;
  const windows = (warm: boolean) => {
    const random = new Random(1);
    const read = () => (random.uint32() % (working / 4096)) * 4096;
    return Array.from({ length: pauseWindows }, (_, window) => {
      const seen = Array.from({ length: window * pauseWindowReads }, read);
      const result = runExperiment(
        {
          image,
          drive: { 'l2-cache-entry-size': 4096 },
          steps: pauseWindowReads,
          warmUp: (driver) => {
            if (warm) for (let offset = 0; offset < working; offset += 2 ** 25) driver.read(offset, 4096);
            for (const offset of seen) driver.read(offset, 4096);
          },
          step: (driver) => driver.read(read(), 4096),
        },
        lab.basis,
      );
      return result.counters.l2Misses;
    });
  };
  return {
    title: 'L2 misses per read after a pause',
    shape: 'lines',
    unit: 'ratio',
    source: 'counted',
    labels: Array.from({ length: pauseWindows }, (_, window) => String(window * pauseWindowReads)),
    series: [
      { name: 'the interval went by: memory given back', values: windows(false) },
      { name: 'within the interval: memory kept', values: windows(true) },
    ],
    about:
      'Random reads of 4 KiB within 16 GiB of a disk of 256 GiB, in windows of 250 since the guest went on. 512 entries of 4 KiB map those 16 GiB: so many reads of a table are what an idle disk pays for having held no memory.',
  };
}
