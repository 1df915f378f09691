import { damaged, hex } from './damage.ts';
import type { ImageHeader } from './header.ts';
import { type ImageSource, readBytes } from './image-source.ts';
import { maximumL1Bytes, maximumSnapshotExtraBytes, maximumSnapshotTableBytes, tableEntryBytes } from './limits.ts';
import { checkTable, safeOffset } from './table.ts';

const fixedBytes = 40;

/** One internal snapshot as its table has it. */
export interface SnapshotEntry {
  readonly l1OffsetBytes: number;
  readonly l1EntryCount: number;
}

/** All internal snapshots in the order of the table. */
export interface SnapshotTable {
  readonly entries: readonly SnapshotEntry[];
  /** From the start of the first entry to the end of the last. */
  readonly lengthBytes: number;
}

/**
 * Reads the snapshot table entry by entry, since the length of each stands in it.
 * @throws ImageFormatError naming the entry
 * @source QEMU docs/interop/qcow2.txt, "Snapshots"; block/qcow2-snapshot.c, qcow2_do_read_snapshots (7.2.0)
 */
export function readSnapshotTable(source: ImageSource, header: ImageHeader): SnapshotTable {
  const start = header.snapshotTableOffsetBytes;
  const entries: SnapshotEntry[] = [];
  let end = start;
  for (let index = 0; index < header.snapshotCount; index++) {
    const offset = Math.ceil(end / 8) * 8;
    const name = `entry ${index} of the snapshot table at ${hex(start)}`;
    if (offset + fixedBytes > source.lengthBytes) {
      throw damaged(source, `${name} starts at ${hex(offset)}, but the file ends at ${hex(source.lengthBytes)}`);
    }
    const fixed = readBytes(source, offset, fixedBytes);
    const extraBytes = fixed.readUInt32BE(36);
    if (extraBytes > maximumSnapshotExtraBytes) {
      throw damaged(source, `${name} has ${extraBytes} bytes of extra data; ${maximumSnapshotExtraBytes} are allowed`);
    }
    const nameBytes = fixed.readUInt16BE(12) + fixed.readUInt16BE(14);
    if (nameBytes === 0) throw damaged(source, `${name} has neither an id nor a name`);
    end = offset + fixedBytes + extraBytes + nameBytes;
    if (end > source.lengthBytes) {
      throw damaged(source, `${name} ends at ${hex(end)}, but the file at ${hex(source.lengthBytes)}`);
    }
    if (end - start > maximumSnapshotTableBytes) {
      throw damaged(source, `${name} ends ${end - start} bytes into it; ${maximumSnapshotTableBytes} are allowed`);
    }
    const l1EntryCount = fixed.readUInt32BE(8);
    const l1OffsetBytes = safeOffset(source, fixed.readBigUInt64BE(0), `the L1 table's offset in ${name}`);
    checkTable(source, {
      name: `L1 table of ${name}`,
      offset: l1OffsetBytes,
      lengthBytes: l1EntryCount * tableEntryBytes,
      maximumBytes: maximumL1Bytes,
      clusterBytes: header.clusterBytes,
    });
    entries.push({ l1OffsetBytes, l1EntryCount });
  }
  return { entries, lengthBytes: end - start };
}
