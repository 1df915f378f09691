import type { DiskGroups } from './disk-groups.ts';
import type { CurveBook } from './miss-curve.ts';
import type { BadRow } from './read/bad-rows.ts';
import type { ByteArena } from './read/byte-arena.ts';
import type { ByteNames } from './read/byte-names.ts';
import type { Column } from './read/columns.ts';

/** Many disks, as a file lists them. */
export interface Fleet {
  /** The file as the user named it. */
  readonly file: string;
  readonly format: 'csv' | 'jsonl';
  readonly rowCount: number;
  readonly groups: DiskGroups;
  /** Of the rows; empty where a row has none. */
  readonly names: ByteArena;
  /** The group of each row; longer than there are rows. */
  readonly groupOfRow: Uint32Array;
  readonly hosts: ByteNames;
  readonly curves: CurveBook;
  /** What the file tells of its disks. */
  readonly columns: ReadonlySet<Column>;
  /** Headings that are no column of ours. */
  readonly unknownColumns: readonly string[];
  readonly skipped: { readonly count: number; readonly examples: readonly BadRow[] };
}

/** The name of a row, or its number where it has none. */
export function rowName(fleet: Fleet, row: number): string {
  const name = fleet.names.text(row);
  return name === '' ? `disk ${row + 1}` : name;
}
