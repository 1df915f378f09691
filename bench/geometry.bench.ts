import type { Bench } from 'tinybench';
import { recommend } from '../src/advisor/recommendation.ts';
import { findTraits } from '../src/advisor/workload-traits.ts';
import { measureImage } from '../src/qcow2/measure.ts';
import { computeCacheSizes } from '../src/settings/cache-sizing.ts';
import { geometryOf } from '../src/settings/resolve.ts';

const diskCount = 10_000;
const clusterSizes = Array.from({ length: 13 }, (_, index) => 512 << index);

/** Arithmetic that a fleet or a sweep asks for once per disk, and the whole recommendation that rests on it. */
export async function register(bench: Bench): Promise<void> {
  const disks = Array.from({ length: diskCount }, (_, index) => ({
    diskBytes: 2 ** 30 + index * 104_857_600,
    create: { cluster_size: clusterSizes[4 + (index % 9)] ?? 65_536, extended_l2: index % 2 === 0 },
  }));
  const count = diskCount.toLocaleString('en');
  bench.add(`${count} disks: geometry`, () => {
    for (const { diskBytes, create } of disks) geometryOf(diskBytes, create);
  });
  bench.add(`${count} disks: geometry and cache sizes`, () => {
    for (const { diskBytes, create } of disks) computeCacheSizes(geometryOf(diskBytes, create), {});
  });
  bench.add(`${count} disks: metadata as qemu-img measures it`, () => {
    for (const { diskBytes, create } of disks) {
      const clusterBytes = create.cluster_size;
      measureImage({ diskBytes, clusterBytes, extendedL2: create.extended_l2, refcountBits: 16, preallocation: 'off' });
    }
  });
  const traits = findTraits('general');
  if (!traits) throw new Error('there are no traits of general');
  const request = { diskBytes: 2 ** 41, traits, hasBacking: false, priority: 'speed', fileName: 'disk.qcow2' } as const;
  bench.add('one recommendation for 2 TiB', () => {
    recommend(request);
  });
}
