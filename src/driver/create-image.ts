import { allocateClusters, allocateClustersAt, createRefcountArea } from './allocator.ts';
import { growL1 } from './cluster-map.ts';
import { linkClusters, placeOnly } from './guest-write.ts';
import { HostFileState, hostBlockBytes } from './host-file-state.ts';
import { noSink } from './host-io.ts';
import type { BackingState, ImageState } from './image-state.ts';
import { Qcow2Node } from './node.ts';
import type { DriverOptions } from './options.ts';
import { Refcounts } from './refcounts.ts';

/** What `qemu-img create` is given. Sizes are bytes; options are taken as valid. */
export interface CreateImageOptions {
  /** Rounded up to 512 as QEMU does. */
  readonly virtualBytes: number;
  readonly clusterBytes: number;
  readonly extendedL2: boolean;
  readonly refcountBits: number;
  readonly version: 2 | 3;
  readonly lazyRefcounts: boolean;
  readonly preallocation: 'off' | 'metadata' | 'falloc' | 'full';
  readonly externalData: boolean;
  readonly dataFileRaw: boolean;
  readonly backing?: BackingState;
}

const headerClusters = 3;

/**
 * The image that `qemu-img create` leaves, made by the same steps with the same two small caches.
 * @source QEMU block/qcow2.c, qcow2_co_create, qcow2_co_truncate, preallocate_co
 */
export function createImage(options: CreateImageOptions): ImageState {
  const { clusterBytes } = options;
  const virtualBytes = Math.ceil(options.virtualBytes / 512) * 512;
  const image: ImageState = {
    clusterBits: Math.log2(clusterBytes),
    version: options.version,
    extendedL2: options.extendedL2,
    refcountBits: options.refcountBits,
    virtualBytes,
    lazyRefcounts: options.lazyRefcounts,
    dirty: false,
    externalData: options.externalData,
    dataFileRaw: options.dataFileRaw,
    l1OffsetBytes: 0,
    l1: new Float64Array(0),
    l1Copied: new Uint8Array(0),
    l2Tables: new Map(),
    refcountTableOffsetBytes: clusterBytes,
    refcountTableClusters: 1,
    refcountTable: new Float64Array(clusterBytes / 8),
    refcounts: new Refcounts(),
    snapshots: [],
    snapshotTableOffsetBytes: 0,
    snapshotTableBytes: 0,
    file: new HostFileState(),
    dataFile: options.externalData ? new HostFileState() : undefined,
    backing: options.backing,
  };
  image.refcountTable[0] = 2 * clusterBytes;
  image.file.write(0, headerClusters * clusterBytes);
  const node = new Qcow2Node(image, creationOptions(clusterBytes), noSink);
  allocateClusters(node, headerClusters);
  const entryBytes = options.extendedL2 ? 16 : 8;
  growL1(node, Math.ceil(virtualBytes / (clusterBytes * (clusterBytes / entryBytes))), true);
  preallocate(node, options);
  node.l2Cache.flush();
  node.refcountCache.flush();
  return image;
}

function preallocate(node: Qcow2Node, options: CreateImageOptions): void {
  const { image } = node;
  const mode = options.dataFileRaw && options.preallocation === 'off' ? 'metadata' : options.preallocation;
  if (mode === 'off') {
    if (image.dataFile !== undefined) extend(image.dataFile, image.virtualBytes, 'metadata');
    return;
  }
  if (image.virtualBytes === 0) return;
  if (mode === 'metadata' || image.dataFile !== undefined) {
    const end = placeOnly(node, image.virtualBytes);
    extend(node.dataFile.state, end, mode);
    return;
  }
  const { clusterBytes } = node;
  const dataClusters = Math.ceil(image.virtualBytes / clusterBytes);
  const tables = Math.ceil(dataClusters / node.l2EntriesPerTable) + 1;
  const fileEnd = lastCluster(node) + 1;
  const start = createRefcountArea(node, fileEnd * clusterBytes, dataClusters + tables, true, 0, 0);
  allocateClustersAt(node, start / clusterBytes, dataClusters);
  extend(image.file, start + dataClusters * clusterBytes, mode);
  for (let done = 0; done < dataClusters; ) {
    const count = Math.min(dataClusters - done, node.entriesPerSlice - (done % node.entriesPerSlice));
    linkClusters(node, done * clusterBytes, start + done * clusterBytes, count);
    done += count;
  }
}

/** Makes the file at least that long: with a hole, with reserved blocks, or with written ones. */
function extend(file: HostFileState, lengthBytes: number, mode: 'metadata' | 'falloc' | 'full'): void {
  const from = file.lengthBytes;
  if (lengthBytes <= from) return;
  // A file that was empty gets its first block, so that its alignment can be probed later.
  if (from === 0 && mode !== 'full') file.write(0, Math.min(lengthBytes, hostBlockBytes));
  if (mode === 'falloc') file.zero(file.lengthBytes, lengthBytes - file.lengthBytes);
  if (mode === 'full') file.write(from, lengthBytes - from);
  file.lengthBytes = lengthBytes;
}

/** The last cluster of the file that is in use. */
function lastCluster(node: Qcow2Node): number {
  let cluster = Math.ceil(node.file.lengthBytes / node.clusterBytes) - 1;
  while (cluster > 0 && node.image.refcounts.get(cluster) === 0) cluster--;
  return cluster;
}

/** A new image has no size yet when its caches are set up, so both are as small as they can be. */
function creationOptions(clusterBytes: number): DriverOptions {
  return {
    l2EntryCount: 2,
    l2EntryBytes: clusterBytes,
    refcountTableCount: 4,
    writethrough: false,
    noFlush: true,
    requestAlignment: 1,
    discard: true,
    passDiscardRequest: true,
    passDiscardSnapshot: true,
    passDiscardOther: false,
    discardNoUnref: false,
    lazyRefcounts: false,
    overlapChecks: 0,
    zeroRange: true,
    qemuVersion: 702,
  };
}
