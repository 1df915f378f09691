import type { ImageState } from '../../src/driver/image-state.ts';
import { COMPRESSED, HAS_OFFSET, ZERO } from '../../src/driver/l2-table.ts';

/** An entry of `qemu-img map --output=json`. */
export interface MapEntry {
  readonly start: number;
  readonly length: number;
  readonly depth: number;
  readonly present: boolean;
  readonly zero: boolean;
  readonly data: boolean;
  readonly offset?: number;
}

/** One word for what a subcluster or cluster holds: `at N` (host offset), `compressed`, `zero`, `absent` or `raw`. */
export type UnitMap = string[];

/** The size of the units that maps are compared in: subclusters of the finest image of the chain. */
export function unitBytes(image: ImageState): number {
  const own = 2 ** image.clusterBits / (image.extendedL2 ? 32 : 1);
  return image.backing?.format === 'qcow2' ? Math.min(own, unitBytes(image.backing.image)) : own;
}

/** What QEMU says, unit by unit. */
export function qemuUnits(map: readonly MapEntry[], unit: number): UnitMap {
  const units: UnitMap = [];
  for (const { start, length, present, offset, zero, depth } of map) {
    for (let at = start; at < start + length; at += unit) {
      const held = offset !== undefined ? `at ${offset + at - start}` : zero ? 'zero' : 'compressed';
      units.push(present ? `${held} depth ${depth}` : 'absent');
    }
  }
  return units;
}

/** What the loaded image says, unit by unit, down its chain. */
export function loadedUnits(image: ImageState, unit: number): UnitMap {
  const units: UnitMap = [];
  for (let at = 0; at < image.virtualBytes; at += unit) units.push(unitAt(image, at, 0));
  return units;
}

function unitAt(image: ImageState, at: number, depth: number): string {
  if (at >= image.virtualBytes) return 'absent';
  const held = heldAt(image, at);
  if (held !== 'absent') return `${held} depth ${depth}`;
  const { backing } = image;
  if (backing === undefined) return 'absent';
  return backing.format === 'raw' ? 'raw' : unitAt(backing.image, at, depth + 1);
}

function heldAt(image: ImageState, at: number): string {
  const clusterBytes = 2 ** image.clusterBits;
  const entries = clusterBytes / (image.extendedL2 ? 16 : 8);
  const cluster = Math.floor(at / clusterBytes);
  const table = image.l2Tables.get(image.l1[Math.floor(cluster / entries)] as number)?.clone();
  if (table === undefined) return 'absent';
  table.materialize();
  const index = cluster % entries;
  const flags = table.flags[index] as number;
  if (flags & COMPRESSED) return 'compressed';
  const place = `at ${(table.clusters[index] as number) * clusterBytes + (at % clusterBytes)}`;
  const hasPlace = (flags & HAS_OFFSET) !== 0;
  if (!image.extendedL2) {
    if (hasPlace) return place;
    return flags & ZERO ? 'zero' : 'absent';
  }
  const bit = 1 << Math.floor(((at % clusterBytes) * 32) / clusterBytes);
  if (((table.allocated[index] as number) | (table.zeroes[index] as number)) & bit) return hasPlace ? place : 'zero';
  return 'absent';
}
