import type { Command } from './case.ts';
import type { Has } from './features.ts';
import type { RawRequest } from './raw-case.ts';

const sector = 512;

/** The disk that requests are laid on; bytes. */
export interface Place {
  readonly virtualBytes: number;
  readonly clusterBytes: number;
  readonly extendedL2: boolean;
  /** Clusters from the start on that are filled: most requests go past them, where something is to be allocated. */
  readonly filledClusters?: number;
  readonly has: Has;
}

/** Lays a raw request on a disk. Without `split`, reads and writes keep to one cluster. */
export function layOn(place: Place, raw: RawRequest): Command {
  const { clusterBytes, virtualBytes, has } = place;
  if (raw.kind === 'flush') return { kind: 'flush', offset: 0, length: 0 };
  let kind = raw.kind;
  if (kind === 'discard' && !has('discard')) kind = 'write';
  if ((kind === 'zero' || kind === 'zero-unmap') && !has('zeroes')) kind = 'write';
  const sectors = clusterBytes / sector;
  const start = clusterOf(place, raw) * clusterBytes;
  let first = raw.sector % sectors;
  let count = 1 + (raw.sectors % (sectors - first));
  const many = has('split') || kind === 'discard' || kind === 'zero' || kind === 'zero-unmap';
  if (raw.shape === 'small') {
    const step = Math.min(8, sectors);
    first -= first % step;
    count = step;
  } else if (raw.shape === 'whole') {
    first = 0;
    count = sectors;
  } else if (raw.shape === 'head') {
    count = 1 + (raw.sectors % sectors);
    first = 0;
  } else if (raw.shape === 'tail') count = sectors - first;
  else if (raw.shape === 'span' && many) count = 1 + (raw.sectors % (sectors * 4));
  else if (raw.shape === 'clusters' && many) {
    first = 0;
    count = sectors * (1 + (raw.sectors % 5));
  }
  // The disk may end inside its last cluster.
  const offset = Math.min(start + first * sector, virtualBytes - sector);
  return { kind, offset, length: Math.min(count * sector, virtualBytes - offset) };
}

function clusterOf(place: Place, raw: RawRequest): number {
  const clusters = Math.ceil(place.virtualBytes / place.clusterBytes);
  const { filledClusters = 0 } = place;
  if (filledClusters > 0 && raw.cluster % 4 > 0) {
    return filledClusters + (Math.floor(raw.cluster / 4) % (clusters - filledClusters));
  }
  const perTable = place.clusterBytes / (place.extendedL2 ? 16 : 8);
  if (raw.region === 'low') return raw.cluster % Math.min(clusters, 12);
  if (raw.region === 'last') return clusters - 1 - (raw.cluster % Math.min(clusters, 3));
  const tables = Math.ceil(clusters / perTable);
  if (raw.region === 'any' || tables < 2) return raw.cluster % clusters;
  const boundary = (1 + (raw.cluster % (tables - 1))) * perTable;
  return Math.min(clusters - 1, boundary - 2 + (raw.sector % 4));
}
