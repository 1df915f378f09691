import { commonHost } from '../../../driver/driver-options.ts';
import type { ImageState } from '../../../driver/image-state.ts';
import { COPIED, HAS_OFFSET } from '../../../driver/l2-table.ts';
import { prepareImage } from '../../../driver/prepare-image.ts';
import type { SettingValues } from '../../../settings/configuration.ts';
import { resolveCreate } from '../../../settings/resolve.ts';
import type { ImagePreparation } from '../../../workload/workload.ts';
import { mappedImage } from '../../ranking/mapped-image.ts';

/** What experiments that do not depend on the disk's size are run on: some L2 tables at any cluster size, and soon done. */
export const labDiskBytes = 4 * 2 ** 30;

export type LabBacking = ImagePreparation['backing'];

/** A new image, as a `qemu-img create` leaves it that knows every option: what a setting does is told to users of an older one too. */
export function newImage(
  create: SettingValues,
  { backing = 'none', diskBytes = labDiskBytes }: { readonly backing?: LabBacking; readonly diskBytes?: number } = {},
): ImageState {
  const configuration = { label: '', create, drive: {} };
  return prepareImage({ configuration, diskBytes, content: 'empty', backing }, commonHost);
}

/** An image whose clusters were all written once, from the first to the last. */
export function writtenImage(create: SettingValues, diskBytes = labDiskBytes): ImageState {
  const all = { count: 1, offsetBytes: new Float64Array([0]), lengthBytes: new Float64Array([diskBytes]) };
  return mappedImage({ create: resolveCreate(create), diskBytes, written: true }, all);
}

/**
 * What an internal snapshot leaves: every cluster and L2 table counted twice and none marked as the image's own, the L1 table copied
 * to the end of the file.
 * @source QEMU block/qcow2-snapshot.c, qcow2_snapshot_create; block/qcow2-refcount.c, qcow2_update_snapshot_refcount
 */
export function takeSnapshot(image: ImageState): void {
  const clusterBytes = 2 ** image.clusterBits;
  for (const table of image.l2Tables.values()) {
    table.materialize();
    share(image, table.offsetBytes / clusterBytes);
    table.flags.forEach((flags, index) => {
      if ((flags & HAS_OFFSET) === 0) return;
      table.flags[index] = flags & ~COPIED;
      share(image, table.clusters[index] as number);
    });
  }
  image.l1Copied.fill(0);
  const l1OffsetBytes = Math.ceil(image.file.lengthBytes / clusterBytes) * clusterBytes;
  const l1Clusters = Math.ceil((image.l1.length * 8) / clusterBytes);
  image.file.write(l1OffsetBytes, l1Clusters * clusterBytes);
  image.refcounts.fill(l1OffsetBytes / clusterBytes, l1Clusters, 1);
  image.snapshots.push({ l1OffsetBytes, l1: image.l1.slice() });
}

function share({ refcounts }: ImageState, cluster: number): void {
  refcounts.set(cluster, refcounts.get(cluster) + 1);
}
