import type { Configuration } from '../../src/settings/configuration.ts';

/** The settings of a disk as `capacity --disk` takes them. */
export function printConfiguration(disk: {
  readonly clusterBytes: number;
  readonly extendedL2: boolean;
  readonly l2CacheBytes: number;
}): Configuration {
  return {
    label: 'disk',
    create: { cluster_size: disk.clusterBytes, extended_l2: disk.extendedL2 },
    drive: disk.l2CacheBytes === -1 ? {} : { 'l2-cache-size': disk.l2CacheBytes },
  };
}
