import type { BackingState, ImageState } from './image-state.ts';
import type { L2Table } from './l2-table.ts';

/** A copy that shares nothing which the driver changes. The backing chain is only read, but its files are copied too. */
export function cloneImage(image: ImageState): ImageState {
  return {
    ...image,
    l1: image.l1.slice(),
    l1Copied: image.l1Copied.slice(),
    l2Tables: new Map([...image.l2Tables].map(([offset, table]) => [offset, table.clone()])),
    refcountTable: image.refcountTable.slice(),
    refcounts: image.refcounts.clone(),
    snapshots: image.snapshots.map(({ l1OffsetBytes, l1 }) => ({ l1OffsetBytes, l1: l1.slice() })),
    file: image.file.clone(),
    dataFile: image.dataFile?.clone(),
    backing: cloneBacking(image.backing),
  };
}

/**
 * The same at a cost in proportion to the tables and not to their entries: either image may be changed without the other seeing it. The
 * backing chain, which is only read, is one and the same.
 */
export function shareImage(image: ImageState): ImageState {
  const l2Tables = new Map<number, L2Table>();
  for (const [offset, table] of image.l2Tables) l2Tables.set(offset, table.share());
  return shareWith(image, l2Tables);
}

/** An image with these tables that shares with another what was not changed yet. */
export function shareWith(image: ImageState, l2Tables: Map<number, L2Table>): ImageState {
  return {
    ...shareFiles(image),
    l1: image.l1.slice(),
    l1Copied: image.l1Copied.slice(),
    l2Tables,
    refcounts: image.refcounts.clone(),
  };
}

/** An image with the metadata of another, not to be changed, and files of its own. */
export function shareFiles(image: ImageState): ImageState {
  return { ...image, file: image.file.clone(), dataFile: image.dataFile?.clone() };
}

function cloneBacking(backing: BackingState | undefined): BackingState | undefined {
  if (backing === undefined) return undefined;
  if (backing.format === 'raw') return { ...backing, file: backing.file.clone() };
  return { format: 'qcow2', image: cloneImage(backing.image) };
}
