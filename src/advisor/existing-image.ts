import type { ImageHeader } from '../qcow2/header.ts';
import { defaultClusterBytes } from '../qcow2/limits.ts';
import type { SettingValues } from '../settings/configuration.ts';
import type { ExistingImage } from './advice-request.ts';

/**
 * What an image that is there already means for a recommendation.
 * @param file its name for the commands, and what it takes on its host's disk where that is known
 */
export function existingImage(
  header: ImageHeader,
  file: { readonly fileName: string; readonly allocatedBytes?: number },
): ExistingImage {
  return {
    create: createSettingsOf(header),
    fileName: file.fileName,
    ...(file.allocatedBytes === undefined ? {} : { allocatedBytes: file.allocatedBytes }),
    ...(header.backingName === '' ? {} : { backingName: header.backingName }),
    hasSnapshots: header.snapshotCount > 0,
  };
}

/** The create-time settings that the image's header tells, where they differ from QEMU's defaults. */
export function createSettingsOf(header: ImageHeader): SettingValues {
  const { clusterBytes, extendedL2, refcountBits, version, extensions } = header;
  return {
    ...(clusterBytes === defaultClusterBytes ? {} : { cluster_size: clusterBytes }),
    ...(extendedL2 ? { extended_l2: true } : {}),
    ...(refcountBits === 16 ? {} : { refcount_bits: refcountBits }),
    ...(version === 2 ? { compat: '0.10' } : {}),
    ...(header.lazyRefcounts ? { lazy_refcounts: true } : {}),
    ...(header.compression === 'zstd' ? { compression_type: 'zstd' } : {}),
    ...(header.externalData && extensions.dataFileName !== undefined ? { data_file: extensions.dataFileName } : {}),
    ...(header.dataFileRaw ? { data_file_raw: true } : {}),
  };
}
