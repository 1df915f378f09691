import type { BackingState, ImageState } from './image-state.ts';

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

function cloneBacking(backing: BackingState | undefined): BackingState | undefined {
  if (backing === undefined) return undefined;
  if (backing.format === 'raw') return { ...backing, file: backing.file.clone() };
  return { format: 'qcow2', image: cloneImage(backing.image) };
}
