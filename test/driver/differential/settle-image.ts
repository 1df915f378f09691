import type { Preallocation } from '../../../src/qcow2/measure.ts';
import type { BackingSpec, ImageSpec } from './case.ts';
import type { Has } from './features.ts';
import { layOn } from './placement.ts';
import type { RawBacking, RawImage, RawRequest } from './raw-case.ts';

const kibi = 1024;
const sector = 512;

/** An image filled until its refcount structures are nearly full, so that the requests make them grow. */
export interface Growth {
  readonly clusterBytes: number;
  readonly refcountBits: number;
  /** Clusters written from the start of the disk on. */
  readonly filledClusters: number;
}

/** Free clusters of a disk that is filled. */
const clustersLeft = 400;

/**
 * Fills an image up to about the end of a refcount block, or of the refcount table: the first cluster of blocks, each of few and
 * wide refcounts.
 */
export function settleGrowth(raw: RawImage, has: Has): Growth | undefined {
  if (raw.growth === 'none' || !has('growth')) return undefined;
  const number = raw.growthNumber;
  const ofTable = raw.growth === 'table';
  const clusterBytes = 2 ** (9 + (number % (ofTable ? 2 : 4)));
  const refcountBits = ofTable ? 64 : has('refcounts') ? ([64, 32, 16][(number >> 2) % 3] ?? 64) : 16;
  const perBlock = (clusterBytes * 8) / refcountBits;
  const perTable = clusterBytes / 8;
  const blocks = ofTable ? perTable : 1 + ((number >> 4) % 2);
  const jitter = (number >> 5) % 24;
  const room = perBlock * blocks - blocks - 4;
  return { clusterBytes, refcountBits, filledClusters: Math.max(1, Math.floor(room / (1 + 1 / perTable)) - jitter) };
}

export function settleImage(raw: RawImage, growth: Growth | undefined, has: Has): ImageSpec {
  const extendedL2 = has('extended') && raw.extended && growth === undefined;
  const bits = extendedL2 ? Math.max(14, raw.clusterBits) : raw.clusterBits;
  const clusterBytes = growth?.clusterBytes ?? 2 ** bits;
  const version = has('version') && !extendedL2 && growth === undefined ? raw.version : 3;
  const dataFile = has('data-file') && version === 3 && growth === undefined ? raw.dataFile : 'none';
  const depth = dataFile === 'raw' || !has('backing') ? 0 : Math.min(raw.backingDepth, has('chain') ? 2 : 1);
  const mayPreallocate = has('preallocation') && growth === undefined && (depth === 0 || extendedL2);
  const preallocation = mayPreallocate ? raw.preallocation : 'off';
  const virtualBytes = growth
    ? (growth.filledClusters + clustersLeft) * clusterBytes
    : settleSize(raw, clusterBytes, extendedL2, preallocation, dataFile, has);
  return {
    virtualBytes,
    clusterBytes,
    extendedL2,
    version,
    refcountBits: growth?.refcountBits ?? (version === 3 && has('refcounts') ? raw.refcountBits : 16),
    lazyRefcounts: has('lazy') && version === 3 && raw.lazy,
    preallocation,
    dataFile,
    backing: settleBacking(raw.backings.slice(0, depth), virtualBytes, has),
  };
}

function settleSize(
  raw: RawImage,
  clusterBytes: number,
  extendedL2: boolean,
  preallocation: Preallocation,
  dataFile: string,
  has: Has,
): number {
  const perTable = clusterBytes / (extendedL2 ? 16 : 8);
  let clusters = 1 + (raw.sizeNumber % 40);
  if (raw.size === 'tables') clusters = Math.floor((raw.sizeNumber % (perTable * 400)) / 100) + 1;
  if (raw.size === 'many') clusters = perTable * (4 + (raw.sizeNumber % 200));
  // QEMU's limit of raw files is the host's: 16 TiB on ext4.
  clusters = Math.min(clusters, (8 * kibi ** 4) / clusterBytes);
  if (preallocation === 'metadata' || dataFile === 'raw') clusters = Math.min(clusters, 20_000);
  // Preallocated data is written or at least reserved on the host.
  if (preallocation === 'falloc') clusters = Math.min(clusters, Math.max(2, (16 * kibi ** 2) / clusterBytes));
  if (preallocation === 'full') clusters = Math.min(clusters, Math.max(2, (4 * kibi ** 2) / clusterBytes));
  const odd = has('odd') ? (raw.oddSectors % (clusterBytes / sector)) * sector : 0;
  return clusters * clusterBytes - odd;
}

function settleBacking(raws: readonly RawBacking[], virtualBytes: number, has: Has): BackingSpec | undefined {
  const [raw, ...deeper] = raws;
  if (raw === undefined) return undefined;
  let length = virtualBytes;
  const sectors = virtualBytes / sector;
  if (raw.length === 'shorter') length = (1 + (raw.lengthNumber % sectors)) * sector;
  if (raw.length === 'longer') length = (sectors + 1 + (raw.lengthNumber % 4096)) * sector;
  const extendedL2 = raw.format === 'qcow2' && raw.extended && has('extended');
  // The smallest clusters limit the size of a disk.
  const bits = Math.max(raw.clusterBits, extendedL2 ? 14 : 9, Math.ceil((Math.log2(length) - 18) / 2));
  const place = { virtualBytes: length, clusterBytes: 2 ** bits, extendedL2, has };
  return {
    format: raw.format,
    virtualBytes: length,
    clusterBytes: place.clusterBytes,
    extendedL2,
    commands: raw.requests.map((request) => layOn(place, raw.format === 'raw' ? withoutZeroing(request) : request)),
    backing: raw.format === 'raw' ? undefined : settleBacking(deeper, length, has),
  };
}

/**
 * Zeroing a range of a raw file leaves blocks that are allocated and unwritten; ext4 tells them as data once they were read, as
 * holes before. Punched holes stay holes.
 */
function withoutZeroing(request: RawRequest): RawRequest {
  return request.kind === 'zero' ? { ...request, kind: 'zero-unmap' } : request;
}
