/** Compressed data is counted in sectors of this size. */
const sectorBytes = 512;

/**
 * Where the data of a compressed cluster lies. `lengthBytes` ends with a whole sector, so it is at least the length of the
 * compressed data: the entry does not tell that.
 */
export interface CompressedPlace {
  readonly offsetBytes: number;
  readonly lengthBytes: number;
}

/**
 * Splits an L2 entry with bit 62 set. The offset takes the low 70 − cluster_bits bits; above it, up to bit 61, stands the
 * number of sectors beyond the first. 64 KiB clusters: bits 0 to 53, and 54 to 61.
 * @param high bits 32 to 63 @param low bits 0 to 31
 * @returns an offset of 2^53 or more where the entry names no place in any file
 * @source QEMU docs/interop/qcow2.txt, "Compressed Clusters Descriptor"; block/qcow2-cluster.c,
 * qcow2_parse_compressed_l2_entry (7.2.0)
 */
export function compressedPlace(high: number, low: number, clusterBits: number): CompressedPlace {
  const highOffsetBits = 70 - clusterBits - 32;
  const size = 2 ** highOffsetBits;
  const descriptor = high & 0x3fff_ffff;
  const offsetBytes = (descriptor % size) * 2 ** 32 + (low >>> 0);
  const extraSectors = Math.floor(descriptor / size);
  return { offsetBytes, lengthBytes: (extraSectors + 1) * sectorBytes - (offsetBytes % sectorBytes) };
}
