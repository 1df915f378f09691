import type { ImageState } from '../../../src/driver/image-state.ts';
import { COMPRESSED, HAS_OFFSET, type L2Table } from '../../../src/driver/l2-table.ts';

/** Tells the first thing that differs between the metadata of two images, undefined where they are equal. */
export function stateDifference(model: ImageState, real: ImageState): string | undefined {
  const scalar = (name: 'l1OffsetBytes' | 'refcountTableOffsetBytes' | 'refcountTableClusters' | 'dirty') =>
    model[name] === real[name] ? undefined : `${name}: model ${model[name]}, real ${real[name]}`;
  return (
    scalar('l1OffsetBytes') ??
    scalar('refcountTableOffsetBytes') ??
    scalar('refcountTableClusters') ??
    scalar('dirty') ??
    numbers('L1 entry', model.l1, real.l1) ??
    numbers('COPIED bit of L1 entry', model.l1Copied, real.l1Copied) ??
    numbers('refcount table entry', model.refcountTable, real.refcountTable) ??
    tables(model, real) ??
    refcounts(model, real) ??
    fileLength('image', model.file.lengthBytes, real.file.lengthBytes) ??
    fileLength('data file', model.dataFile?.lengthBytes ?? 0, real.dataFile?.lengthBytes ?? 0)
  );
}

function fileLength(name: string, model: number, real: number): string | undefined {
  return model === real ? undefined : `length of the ${name}: model ${model}, real ${real}`;
}

function numbers(what: string, model: ArrayLike<number>, real: ArrayLike<number>): string | undefined {
  for (let index = 0; index < Math.max(model.length, real.length); index++) {
    if ((model[index] ?? 0) !== (real[index] ?? 0)) {
      return `${what} ${index}: model ${model[index]}, real ${real[index]}`;
    }
  }
  return undefined;
}

function tables(model: ImageState, real: ImageState): string | undefined {
  for (const [index, offset] of real.l1.entries()) {
    if (offset === 0) continue;
    const pair = [model.l2Tables.get(offset), real.l2Tables.get(offset)] as const;
    if (pair[0] === undefined || pair[1] === undefined) return `L2 table at ${offset}: missing in one`;
    const entries = pair[1].entryCount;
    for (let entry = 0; entry < entries; entry++) {
      const [ours, theirs] = [entryText(pair[0], entry), entryText(pair[1], entry)];
      if (ours !== theirs) return `L2 entry of cluster ${index * entries + entry}: model ${ours}, real ${theirs}`;
    }
  }
  return undefined;
}

/** An entry as text, whichever form its table is kept in. */
function entryText(table: L2Table, entry: number): string {
  if (table.isLinear) {
    if (entry >= table.linearCount) return '0 at - 0/0';
    const allocated = table.extended ? table.linearAllocated : 0;
    return `3 at ${table.linearBase + entry} ${allocated >>> 0}/0`;
  }
  const flags = table.flags[entry] ?? 0;
  const packed = table.compressed?.get(entry);
  let place: string | number = '-';
  if (flags & COMPRESSED) place = `${packed?.offsetBytes}+${packed?.lengthBytes}`;
  else if (flags & HAS_OFFSET) place = table.clusters[entry] ?? 0;
  const bits = table.extended ? `${(table.allocated[entry] ?? 0) >>> 0}/${(table.zeroes[entry] ?? 0) >>> 0}` : '0/0';
  return `${flags} at ${place} ${bits}`;
}

function refcounts(model: ImageState, real: ImageState): string | undefined {
  const clusters = Math.ceil(Math.max(model.file.lengthBytes, real.file.lengthBytes) / 2 ** real.clusterBits) + 8;
  for (let cluster = 0; cluster < clusters; cluster++) {
    const [ours, theirs] = [model.refcounts.get(cluster), real.refcounts.get(cluster)];
    if (ours !== theirs) return `refcount of cluster ${cluster}: model ${ours}, real ${theirs}`;
  }
  return undefined;
}
