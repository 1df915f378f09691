import { qcow2Magic } from '../header.ts';
import { type ImageSource, readBytes } from '../image-source.ts';
import { maximumClusterBytes, minimumClusterBytes } from '../limits.ts';

/** What the fixed fields of a header say where the rest of it cannot be believed; undefined for what makes no sense. */
export interface BareHeader {
  readonly isQcow2: boolean;
  readonly version: number | undefined;
  readonly clusterBytes: number | undefined;
  readonly virtualBytes: number | undefined;
  readonly refcountBits: number | undefined;
  readonly extendedL2: boolean | undefined;
  readonly snapshotCount: number | undefined;
}

/** Reads fields of the header one by one, each judged alone. */
export function readBareHeader(source: ImageSource): BareHeader {
  const bytes = readBytes(source, 0, 112);
  const nothing = {
    isQcow2: false,
    version: undefined,
    clusterBytes: undefined,
    virtualBytes: undefined,
    refcountBits: undefined,
    extendedL2: undefined,
    snapshotCount: undefined,
  };
  if (bytes.readUInt32BE(0) !== qcow2Magic) return nothing;
  const version = bytes.readUInt32BE(4);
  // Version 1 shares the magic number and nothing behind it but the size.
  if (version !== 2 && version !== 3) return { ...nothing, isQcow2: true, version };
  const clusterBytes = 2 ** bytes.readUInt32BE(20);
  const size = bytes.readBigUInt64BE(24);
  const order = version === 2 ? 4 : bytes.readUInt32BE(96);
  return {
    isQcow2: true,
    version,
    clusterBytes: clusterBytes >= minimumClusterBytes && clusterBytes <= maximumClusterBytes ? clusterBytes : undefined,
    virtualBytes: size <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(size) - (Number(size) % 512) : undefined,
    refcountBits: order <= 6 ? 2 ** order : undefined,
    extendedL2: version === 3 && (bytes.readUInt8(79) & 16) !== 0,
    snapshotCount: bytes.readUInt32BE(60),
  };
}
