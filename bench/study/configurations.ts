import type { Configuration, SettingValues } from '../../src/settings/configuration.ts';
import { labelConfigurations } from '../../src/settings/matrix.ts';
import { geometryOf } from '../../src/settings/resolve.ts';
import { validateConfiguration } from '../../src/settings/validate.ts';
import { Random } from '../../src/workload/random.ts';
import { ShuffledRange } from '../../src/workload/shuffled-range.ts';
import type { Workload } from '../../src/workload/workload.ts';

/** Enough that every cluster size meets both kinds of L2 entries four times. */
export const configurationCount = 64;
const seed = 20_261;
const kib = 1024;

/** Every cluster size meets both kinds of L2 entries equally often; each further setting has its levels equally often, in random order. */
const clusterBytes = [16, 32, 64, 128, 256, 512, 1024, 2048].map((size) => size * kib);
/** Shares of the L2 entries of the disk that the cache holds; undefined is QEMU's default, which holds all of the study's disks. */
const cacheShares = [1 / 32, 1 / 16, 1 / 8, 1 / 4, 1 / 2, 3 / 4, undefined] as const;
const entryBytes = [4 * kib, 8 * kib, 16 * kib, 64 * kib, undefined] as const;
const preallocations = ['metadata', undefined, undefined] as const;
const caches = ['writeback', undefined, undefined, undefined, undefined] as const;
const overlapChecks = ['none', 'constant', 'all', undefined, undefined] as const;
const lazyRefcounts = [true, undefined, undefined] as const;
const discards = ['unmap', undefined] as const;

/** One point of the sample before it meets a disk. */
interface Point {
  readonly create: SettingValues;
  readonly drive: SettingValues;
  readonly cacheShare: number | undefined;
}

/**
 * The study's configurations on a workload's disk: a latin sample that is the same for all workloads, with cache sizes in
 * proportion to what covers the disk. Preallocation is left out where the workload has a say in it: it makes its image itself, or the
 * image has a backing file.
 * @throws UsageError where QEMU would refuse one, which is a mistake in the lists above
 */
export function studyConfigurations(workload: Workload): Configuration[] {
  const { diskBytes, image } = workload;
  const hasBacking = image.backing !== 'none';
  const configurations = labelConfigurations(
    points().map(({ create, drive, cacheShare }) => {
      const { preallocation, ...rest } = create;
      const kept = image.content !== 'empty' || hasBacking ? rest : create;
      const size = cacheShare === undefined ? {} : { 'l2-cache-size': cacheBytes(diskBytes, kept, cacheShare) };
      return { create: kept, drive: { ...drive, ...size } };
    }),
  );
  for (const configuration of configurations) validateConfiguration(configuration, { diskBytes, hasBacking });
  return configurations;
}

function cacheBytes(diskBytes: number, create: SettingValues, share: number): number {
  const { clusterBytes: cluster, l2EntryBytes } = geometryOf(diskBytes, create);
  return Math.ceil(((diskBytes / cluster) * l2EntryBytes * share) / 512) * 512;
}

function points(): Point[] {
  const levels = <Level>(setting: number, of: readonly Level[]): ((index: number) => Level) => {
    const order = new ShuffledRange(configurationCount, new Random(seed, setting));
    return (index) => of[order.at(index) % of.length] as Level;
  };
  const cacheShare = levels(1, cacheShares);
  const entry = levels(2, entryBytes);
  const preallocation = levels(3, preallocations);
  const cache = levels(4, caches);
  const overlapCheck = levels(5, overlapChecks);
  const lazy = levels(6, lazyRefcounts);
  const discard = levels(7, discards);
  return Array.from({ length: configurationCount }, (_, index) => {
    const cluster = clusterBytes[index % clusterBytes.length] as number;
    const extended = Math.floor(index / clusterBytes.length) % 2 === 1;
    const entrySize = entry(index);
    return {
      create: defined({
        cluster_size: cluster,
        extended_l2: extended || undefined,
        lazy_refcounts: lazy(index),
        preallocation: preallocation(index),
      }),
      drive: defined({
        cache: cache(index),
        discard: discard(index),
        'overlap-check': overlapCheck(index),
        'l2-cache-entry-size': entrySize && Math.min(entrySize, cluster),
      }),
      cacheShare: cacheShare(index),
    };
  });
}

function defined(values: Readonly<Record<string, SettingValues[string] | undefined>>): SettingValues {
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}
