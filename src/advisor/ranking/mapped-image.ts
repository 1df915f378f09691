import { createImage } from '../../driver/create-image.ts';
import type { BackingState, ImageState } from '../../driver/image-state.ts';
import { ALL_SUBCLUSTERS, L2Table } from '../../driver/l2-table.ts';
import { computeGeometry } from '../../qcow2/geometry.ts';
import type { ResolvedCreate } from '../../settings/resolve.ts';
import type { RequestBlock } from '../../workload/request.ts';

/** Ranges of a disk; those of no length are none. */
export type RequestRanges = Pick<RequestBlock, 'count' | 'offsetBytes' | 'lengthBytes'>;

export interface MappedImageOptions {
  readonly create: Pick<ResolvedCreate, 'clusterBytes' | 'extendedL2' | 'refcountBits' | 'lazyRefcounts' | 'compat'>;
  readonly diskBytes: number;
  /** Whether the data was written (`full`), or is a hole behind its mapping (`preallocation=metadata`). */
  readonly written: boolean;
  readonly backing?: BackingState;
}

/**
 * An image whose clusters all have their place, as preallocation leaves it, but with those L2 tables only that the requests
 * look at: its cost is in proportion to the requests and not to the disk, so that hundreds of shapes of a disk of terabytes take no time.
 *
 * Every table is followed by the clusters that it maps. Refcount blocks lie before all of them, where QEMU makes them on the way; the
 * host I/O differs from that of a real image by these few clusters in its offsets, and in nothing else.
 */
export function mappedImage(options: MappedImageOptions, ranges: RequestRanges): ImageState {
  const { create, diskBytes, written, backing } = options;
  const { clusterBytes, extendedL2, refcountBits } = create;
  const image = createImage({
    ...{ virtualBytes: diskBytes, clusterBytes, extendedL2, refcountBits, lazyRefcounts: create.lazyRefcounts },
    version: create.compat === '0.10' ? 2 : 3,
    ...{ preallocation: 'off', externalData: false, dataFileRaw: false },
    ...(backing === undefined ? {} : { backing }),
  });
  const geometry = computeGeometry({ diskBytes, clusterBytes, extendedL2, refcountBits });
  const { l2EntriesPerTable, l2TableCount, clusterCount, refcountBlockEntryCount } = geometry;
  const mappedClusters = l2TableCount + clusterCount;
  const firstCluster = placeRefcounts(image, mappedClusters, refcountBlockEntryCount);
  if (written) image.file.write(firstCluster * clusterBytes, mappedClusters * clusterBytes);
  for (const index of touchedTables(ranges, geometry.l2TableCoverageBytes)) {
    const cluster = firstCluster + index * (l2EntriesPerTable + 1);
    const offsetBytes = cluster * clusterBytes;
    const mapped = Math.min(l2EntriesPerTable, clusterCount - index * l2EntriesPerTable);
    const table = new L2Table(offsetBytes, mapped, extendedL2);
    table.setLinear(cluster + 1, mapped, extendedL2 && written ? ALL_SUBCLUSTERS : 0);
    image.l1[index] = offsetBytes;
    image.l1Copied[index] = 1;
    image.l2Tables.set(offsetBytes, table);
    if (!written) image.file.write(offsetBytes, clusterBytes);
  }
  image.file.lengthBytes = (firstCluster + mappedClusters) * clusterBytes;
  return image;
}

/** Every cluster in use once, and the blocks that say so behind what the image has already. @returns the cluster behind them */
function placeRefcounts(image: ImageState, mappedClusters: number, entriesPerBlock: number): number {
  const clusterBytes = 2 ** image.clusterBits;
  const start = Math.ceil(image.file.lengthBytes / clusterBytes);
  // The blocks and their table need refcounts too.
  const blockCount = Math.ceil(((start + mappedClusters) * (1 + 2 / entriesPerBlock) + 2) / entriesPerBlock);
  const tableClusters = Math.ceil((blockCount * 8) / clusterBytes);
  const table = new Float64Array((tableClusters * clusterBytes) / 8);
  for (let block = 0; block < blockCount; block++) table[block] = (start + block) * clusterBytes;
  const end = start + blockCount + tableClusters;
  image.refcountTable = table;
  image.refcountTableClusters = tableClusters;
  image.refcountTableOffsetBytes = (start + blockCount) * clusterBytes;
  image.refcounts.fill(0, end + mappedClusters, 1);
  image.file.write(start * clusterBytes, (end - start) * clusterBytes);
  return end;
}

function touchedTables(requests: RequestRanges, coverageBytes: number): ReadonlySet<number> {
  const touched = new Set<number>();
  for (let index = 0; index < requests.count; index++) {
    const offset = requests.offsetBytes[index] as number;
    const length = requests.lengthBytes[index] as number;
    if (length === 0) continue;
    const last = Math.floor((offset + length - 1) / coverageBytes);
    for (let table = Math.floor(offset / coverageBytes); table <= last; table++) touched.add(table);
  }
  return touched;
}
