import { damaged, hex } from '../qcow2/damage.ts';
import type { ImageHeader } from '../qcow2/header.ts';
import { type ImageSource, readBytes } from '../qcow2/image-source.ts';
import { tableEntryBytes } from '../qcow2/limits.ts';
import { type OffsetTable, readOffsetTable } from '../qcow2/offset-table.ts';
import { decodeRefcountBlock } from '../qcow2/refcount-block.ts';
import { readSnapshotTable } from '../qcow2/snapshot-table.ts';
import type { L2Table } from './l2-table.ts';
import { decodeL2Table } from './load-l2-table.ts';
import { maximumRefcount, Refcounts } from './refcounts.ts';

/** Host clusters are numbered below this. */
const clusterLimit = 2 ** 32;

/** One L1 table: the active one or a snapshot's. */
export interface LoadedL1 extends OffsetTable {
  /** `L1 table at 0x30000` */
  readonly name: string;
  readonly offsetBytes: number;
}

/** Everything that an image file says of where data lies. */
export interface LoadedMetadata {
  readonly header: ImageHeader;
  readonly refcountTable: Float64Array;
  readonly refcounts: Refcounts;
  readonly active: LoadedL1;
  readonly snapshots: readonly LoadedL1[];
  readonly snapshotTableBytes: number;
  /** Every L2 table, active or of a snapshot, by its offset in bytes. */
  readonly l2Tables: Map<number, L2Table>;
}

/**
 * Reads every table of an image, each once.
 * @throws ImageFormatError naming the table and the entry that is damaged or not supported
 */
export function loadMetadata(source: ImageSource, header: ImageHeader): LoadedMetadata {
  const { clusterBytes } = header;
  const { offsets: refcountTable } = readOffsetTable(source, {
    name: `the refcount table at ${hex(header.refcountTableOffsetBytes)}`,
    offset: header.refcountTableOffsetBytes,
    entryCount: (header.refcountTableClusters * clusterBytes) / tableEntryBytes,
    clusterBytes,
    target: 'refcount block',
    wideOffsets: true,
  });
  const active = loadL1(source, header, 'the L1 table', header.l1OffsetBytes, header.l1EntryCount);
  const snapshotTable = readSnapshotTable(source, header);
  const snapshots = snapshotTable.entries.map(({ l1OffsetBytes, l1EntryCount }, index) =>
    loadL1(source, header, `the L1 table of snapshot ${index}`, l1OffsetBytes, l1EntryCount),
  );
  return {
    header,
    refcountTable,
    refcounts: loadRefcounts(source, header, refcountTable),
    active,
    snapshots,
    snapshotTableBytes: snapshotTable.lengthBytes,
    l2Tables: loadL2Tables(source, header, active, snapshots),
  };
}

function loadL1(source: ImageSource, header: ImageHeader, what: string, offset: number, entryCount: number): LoadedL1 {
  const name = `${what} at ${hex(offset)}`;
  const table = { name, offset, entryCount, clusterBytes: header.clusterBytes, target: 'L2 table', wideOffsets: false };
  const loaded = readOffsetTable(source, table);
  refuseTwice(source, name, loaded.offsets);
  return { ...loaded, name, offsetBytes: offset };
}

/** Two entries of one L1 table never share an L2 table. */
function refuseTwice(source: ImageSource, name: string, offsets: Float64Array): void {
  const sorted = offsets.filter((offset) => offset !== 0).sort();
  const at = sorted.findIndex((offset, index) => index > 0 && offset === sorted[index - 1]);
  if (at < 0) return;
  const offset = sorted[at] as number;
  const first = offsets.indexOf(offset);
  const second = offsets.indexOf(offset, first + 1);
  throw damaged(source, `${name}, entries ${first} and ${second}: both name the L2 table at ${hex(offset)}`);
}

function loadRefcounts(source: ImageSource, header: ImageHeader, refcountTable: Float64Array): Refcounts {
  const { clusterBytes, refcountBits } = header;
  const refcounts = new Refcounts();
  const entriesPerBlock = (clusterBytes * 8) / refcountBits;
  const block = readBytes(source, 0, clusterBytes);
  for (const [index, offset] of refcountTable.entries()) {
    if (offset === 0) continue;
    source.read(offset, block);
    decodeRefcountBlock(block, refcountBits, (first, count, refcount) => {
      const cluster = index * entriesPerBlock + first;
      const where = `the refcount block at ${hex(offset)}, entry ${first}`;
      if (refcount > maximumRefcount) {
        throw damaged(
          source,
          `${where}: the refcount of cluster ${cluster} is ${refcount}; qtune takes at most ${maximumRefcount}`,
        );
      }
      if (cluster + count > clusterLimit) {
        throw damaged(source, `${where}: it counts cluster ${cluster + count - 1}, far beyond the end of the file`);
      }
      refcounts.fill(cluster, count, refcount);
    });
  }
  return refcounts;
}

function loadL2Tables(
  source: ImageSource,
  header: ImageHeader,
  active: LoadedL1,
  snapshots: readonly LoadedL1[],
): Map<number, L2Table> {
  const entriesPerTable = header.clusterBytes / (header.extendedL2 ? 16 : 8);
  const tables = new Map<number, L2Table>();
  const bytes = readBytes(source, 0, header.clusterBytes);
  for (const l1 of [active, ...snapshots]) {
    for (let index = 0; index < l1.offsets.length; index++) {
      const offsetBytes = l1.offsets[index] as number;
      if (offsetBytes === 0 || tables.has(offsetBytes)) continue;
      source.read(offsetBytes, bytes);
      const firstGuestCluster = l1 === active ? index * entriesPerTable : undefined;
      tables.set(offsetBytes, decodeL2Table(source, header, { offsetBytes, firstGuestCluster }, bytes));
    }
  }
  return tables;
}
