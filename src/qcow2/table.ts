import { damaged, hex, unsupported } from './damage.ts';
import type { ImageSource } from './image-source.ts';

/** A table that the image claims to have, before anything is allocated for it. */
export interface ClaimedTable {
  /** What it is and which fields say so. */
  readonly name: string;
  readonly offset: number;
  readonly lengthBytes: number;
  /** QEMU's limit. */
  readonly maximumBytes: number;
  readonly clusterBytes: number;
}

/**
 * Refuses a table that is longer than QEMU allows, does not start at a cluster, or whose last cluster starts beyond the end
 * of the file. QEMU reads zeroes there; but then the file was cut off, and a prediction from zeroes would be wrong. The rest
 * of a last cluster may be missing, since a file need not end with a whole one. So memory for a table is bounded by the file.
 * @source QEMU block/qcow2.c, qcow2_validate_table (7.2.0)
 */
export function checkTable(source: ImageSource, table: ClaimedTable): void {
  const { name, offset, lengthBytes, maximumBytes, clusterBytes } = table;
  if (lengthBytes > maximumBytes) {
    throw damaged(source, `the ${name} takes ${lengthBytes} bytes; at most ${maximumBytes} are allowed`);
  }
  if (offset % clusterBytes !== 0) {
    throw damaged(
      source,
      `the ${name} starts at ${hex(offset)}, which is no multiple of the cluster size ${clusterBytes}`,
    );
  }
  const lastCluster = Math.ceil((offset + lengthBytes) / clusterBytes) - 1;
  if (lengthBytes > 0 && lastCluster * clusterBytes >= source.lengthBytes) {
    throw damaged(
      source,
      `the ${name} takes ${lengthBytes} bytes from ${hex(offset)} on, but the file ends at ${hex(source.lengthBytes)}`,
    );
  }
}

/** A 64-bit field as a number. @throws ImageFormatError from 2^53 on, which no real disk needs and no number here holds */
export function safeOffset(source: ImageSource, value: bigint, field: string): number {
  if (value > Number.MAX_SAFE_INTEGER) {
    throw unsupported(source, `${field} is ${hex(value)}; qtune reads images up to 2^53 bytes (8 PiB)`);
  }
  return Number(value);
}
