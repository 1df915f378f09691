import type { ImageFile } from '../qcow2/image-file.ts';
import { HostFileState, hostBlockBytes } from './host-file-state.ts';
import { HAS_OFFSET, type L2Table } from './l2-table.ts';
import type { LoadedMetadata } from './load-metadata.ts';
import type { MetadataExtents } from './load-metadata-extents.ts';

/**
 * What the file system knows of an image file, as far as length and blocks on disk tell. A file that has as many blocks as
 * its length takes is written throughout. Of a sparse one the metadata is written; the mapped clusters are too where there
 * are blocks for at least half of them, else they are holes, as after `preallocation=metadata`. The figure that QEMU asks
 * for, blocks on disk, is exact in any case.
 */
export function imageFileState(file: ImageFile, metadata: LoadedMetadata, extents: MetadataExtents): HostFileState {
  const state = stateOfFile(file);
  if (isSparse(file)) {
    extents.visit((offset, length) => markWritten(state, file, offset, length));
    if (!metadata.header.externalData) markMapped(state, file, metadata);
    markCompressed(state, file, metadata);
    state.setAllocatedBytes(file.allocatedBytes);
  }
  return state;
}

/** The same for an external data file, whose clusters the image maps. */
export function dataFileState(file: ImageFile, metadata: LoadedMetadata): HostFileState {
  const state = stateOfFile(file);
  if (isSparse(file)) {
    // QEMU writes the first block of a file that it makes, so that its alignment can be probed.
    if (file.allocatedBytes > 0) markWritten(state, file, 0, hostBlockBytes);
    markMapped(state, file, metadata);
    state.setAllocatedBytes(file.allocatedBytes);
  }
  return state;
}

/** The same for a raw file: where it is sparse, nothing tells which parts are holes, and it counts as written. */
export function rawFileState(file: ImageFile): HostFileState {
  const state = stateOfFile(file);
  if (isSparse(file)) {
    // A file of one block is what QEMU makes: only its first block is written.
    if (file.allocatedBytes > 0) {
      state.write(0, file.allocatedBytes <= hostBlockBytes ? hostBlockBytes : file.lengthBytes);
    }
    state.setAllocatedBytes(file.allocatedBytes);
  }
  return state;
}

function stateOfFile(file: ImageFile): HostFileState {
  const state = new HostFileState();
  state.lengthBytes = file.lengthBytes;
  if (!isSparse(file)) {
    state.write(0, file.lengthBytes);
    state.setAllocatedBytes(file.allocatedBytes);
  }
  return state;
}

function isSparse(file: ImageFile): boolean {
  return file.allocatedBytes < file.lengthBytes;
}

function markMapped(state: HostFileState, file: ImageFile, metadata: LoadedMetadata): void {
  const { clusterBytes } = metadata.header;
  let mappedClusters = 0;
  for (const table of metadata.l2Tables.values()) {
    forEachRun(table, (_first, count) => {
      mappedClusters += count;
    });
  }
  if (file.allocatedBytes < (mappedClusters * clusterBytes) / 2) return;
  for (const table of metadata.l2Tables.values()) {
    forEachRun(table, (first, count) => markWritten(state, file, first * clusterBytes, count * clusterBytes));
  }
}

function markCompressed(state: HostFileState, file: ImageFile, metadata: LoadedMetadata): void {
  for (const { compressed } of metadata.l2Tables.values()) {
    if (compressed === undefined) continue;
    for (const { offsetBytes, lengthBytes } of compressed.values()) markWritten(state, file, offsetBytes, lengthBytes);
  }
}

/** Calls back for each run of entries that map one run of the file. */
function forEachRun(table: L2Table, run: (firstCluster: number, count: number) => void): void {
  if (table.isLinear) {
    if (table.linearCount > 0) run(table.linearBase, table.linearCount);
    return;
  }
  const { clusters, flags } = table;
  let first = 0;
  let count = 0;
  for (let index = 0; index < table.entryCount; index++) {
    if (((flags[index] as number) & HAS_OFFSET) === 0) continue;
    const cluster = clusters[index] as number;
    if (count > 0 && cluster === first + count) {
      count++;
      continue;
    }
    if (count > 0) run(first, count);
    first = cluster;
    count = 1;
  }
  if (count > 0) run(first, count);
}

function markWritten(state: HostFileState, file: ImageFile, offset: number, length: number): void {
  const end = Math.min(offset + length, file.lengthBytes);
  if (end > offset) state.write(offset, end - offset);
}
