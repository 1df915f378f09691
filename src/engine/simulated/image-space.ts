import type { ImageState } from '../../driver/image-state.ts';

/** What an image takes on the host, its external data file included, backing files left out. */
export interface ImageSpace {
  /** Length of the file, holes included. */
  readonly fileBytes: number;
  readonly allocatedBytes: number;
  /** Clusters of the image file with a reference count above zero. */
  readonly usedClusterCount: number;
}

export function imageSpace({ file, dataFile, refcounts, clusterBits }: ImageState): ImageSpace {
  const clusters = Math.ceil(file.lengthBytes / 2 ** clusterBits);
  let usedClusterCount = 0;
  for (let cluster = 0; cluster < clusters; ) {
    const used = refcounts.usedRun(cluster, clusters - cluster);
    usedClusterCount += used;
    cluster += used;
    cluster += refcounts.freeRun(cluster, clusters - cluster);
  }
  return {
    fileBytes: file.lengthBytes + (dataFile?.lengthBytes ?? 0),
    allocatedBytes: file.allocatedBytes + (dataFile?.allocatedBytes ?? 0),
    usedClusterCount,
  };
}
