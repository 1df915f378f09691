/** Kinds of request that cost differently on a qcow2 image, so that each is estimated by its own. */
export const RequestKind = {
  /** Of something that was written, and of nothing. */
  read: 0,
  readNothing: 1,
  /** Into blocks that were all written before. */
  write: 2,
  /** The first into a block or subcluster, into a cluster, and into the part of the disk that an L2 table maps. */
  writeBlock: 3,
  writeCluster: 4,
  writeTable: 5,
  trim: 6,
  /** With nothing written since the last one, with writes in place, and with clusters or subclusters allocated. */
  syncNothing: 7,
  sync: 8,
  syncChanges: 9,
} as const;

export const requestKindCount = Object.keys(RequestKind).length;

/** The kind to be estimated together with where a kind was seen too rarely. */
export const nextKind: readonly (number | undefined)[] = [
  undefined,
  RequestKind.read,
  undefined,
  RequestKind.write,
  RequestKind.writeBlock,
  RequestKind.writeCluster,
  RequestKind.write,
  RequestKind.sync,
  undefined,
  RequestKind.sync,
];
