import {
  maximumClusterBytes,
  maximumL1Bytes,
  minimumClusterBytes,
  minimumExtendedClusterBytes,
  tableEntryBytes,
} from '../../qcow2/limits.ts';
import { shownBytes } from '../../workload/trace/byte-numbers.ts';
import { type DiskFacts, emptyFacts } from '../disk-groups.ts';
import type { CurveBook } from '../miss-curve.ts';
import type { ByteNames } from './byte-names.ts';
import { Column, columnNames } from './columns.ts';
import { type FieldProblem, type FieldSpan, numberOf, sizeOf, switchOf, trimField, wholeOf } from './field-values.ts';

/** Requests a second of a disk of which the file says nothing. */
export const assumedRequestsPerSecond = 100;
const mostRequestsPerSecond = 1e9;
const mostWeight = 1e6;

export interface RowProblem {
  readonly column: string | undefined;
  readonly why: string;
}

/** Makes facts of the fields of one row, field by field; what is not said has QEMU's default, or the fleet's. */
export class RowReader {
  readonly facts: DiskFacts = emptyFacts();
  problem: RowProblem | undefined;
  readonly #hosts: ByteNames;
  readonly #curves: CurveBook;
  #iops = Number.NaN;
  #weight = 1;
  #allocated = Number.NaN;
  readonly #noHost = new Uint8Array();

  constructor(hosts: ByteNames, curves: CurveBook) {
    this.#hosts = hosts;
    this.#curves = curves;
  }

  begin(): void {
    const { facts } = this;
    facts.host = -1;
    facts.diskBytes = Number.NaN;
    facts.clusterBytes = 65_536;
    facts.extendedL2 = false;
    facts.imageCount = 1;
    facts.snapshotCount = 0;
    facts.curve = 0;
    facts.l2CacheBytes = -1;
    facts.count = 1;
    facts.growthBytes = 0;
    facts.growthRatio = 0;
    this.#iops = Number.NaN;
    this.#weight = 1;
    this.#allocated = Number.NaN;
    this.problem = undefined;
  }

  /** One field, trimmed and not empty; the span is the caller's no more. */
  take(column: Column, field: FieldSpan): void {
    const { facts } = this;
    switch (column) {
      case Column.name:
        return;
      case Column.host:
        facts.host = this.#hosts.numberOf(field.bytes, field.start, field.end);
        return;
      case Column.disk:
        facts.diskBytes = this.#number(column, sizeOf(field));
        return;
      case Column.allocated:
        this.#allocated = this.#number(column, sizeOf(field));
        return;
      case Column.cluster:
        facts.clusterBytes = this.#number(column, sizeOf(field));
        return;
      case Column.extended:
        facts.extendedL2 = this.#switch(column, switchOf(field));
        return;
      case Column.chain:
        facts.imageCount = this.#number(column, wholeOf(field, 1, 1000));
        return;
      case Column.snapshots:
        facts.snapshotCount = this.#number(column, wholeOf(field, 0, 65_536));
        return;
      case Column.workload:
        this.#workload(column, field);
        return;
      case Column.activity:
        if (isDigit(field.bytes[field.start] as number))
          this.#iops = this.#number(column, numberOf(field, mostRequestsPerSecond));
        else this.#workload(column, field);
        return;
      case Column.iops:
        this.#iops = this.#number(column, numberOf(field, mostRequestsPerSecond));
        return;
      case Column.weight:
        this.#weight = this.#number(column, numberOf(field, mostWeight));
        return;
      case Column.l2Cache:
        facts.l2CacheBytes = this.#number(column, sizeOf(field));
        return;
      case Column.count:
        facts.count = this.#number(column, wholeOf(field, 1, 1_000_000));
        return;
      case Column.growth:
        this.#growth(column, field);
        return;
    }
  }

  /** Checks what the fields say together. @returns whether it is a disk */
  finish(): boolean {
    const { facts } = this;
    if (this.problem) return false;
    if (!(facts.diskBytes > 0))
      return this.#fail(Column.disk, Number.isNaN(facts.diskBytes) ? 'is missing' : 'a disk of 0 bytes needs no cache');
    if (!this.#checkShape()) return false;
    facts.allocatedBytes = Math.min(facts.diskBytes, Number.isNaN(this.#allocated) ? facts.diskBytes : this.#allocated);
    facts.requestsPerSecond = (Number.isNaN(this.#iops) ? assumedRequestsPerSecond : this.#iops) * this.#weight;
    if (facts.host === -1) facts.host = this.#hosts.numberOf(this.#noHost, 0, 0);
    return true;
  }

  #checkShape(): boolean {
    const { clusterBytes, extendedL2, diskBytes } = this.facts;
    const least = extendedL2 ? minimumExtendedClusterBytes : minimumClusterBytes;
    // A power of two of at most 31 bits has no bit in common with the number below it.
    if (clusterBytes < least || clusterBytes > maximumClusterBytes || (clusterBytes & (clusterBytes - 1)) !== 0) {
      return this.#fail(
        Column.cluster,
        `${clusterBytes} is not a power of two from ${least}${extendedL2 ? ' (with extended_l2)' : ''} to ${maximumClusterBytes}`,
      );
    }
    const most = (maximumL1Bytes / tableEntryBytes) * (clusterBytes / (extendedL2 ? 16 : 8)) * clusterBytes;
    if (diskBytes <= most) return true;
    return this.#fail(
      Column.disk,
      `${diskBytes} is more than the format takes with clusters of ${clusterBytes} (${most})`,
    );
  }

  #workload(column: Column, { bytes, start, end }: FieldSpan): void {
    const number = this.#curves.numberOf(bytes, start, end);
    if (number === -1) {
      const known = this.#curves.curves.map(({ name }) => name).join(', ');
      this.#fail(column, `"${shownBytes(bytes, start, end)}" is no workload (${known}; or --curve NAME=FILE)`);
    } else {
      this.facts.curve = number;
    }
  }

  #growth(column: Column, field: FieldSpan): void {
    if (field.bytes[field.end - 1] !== 0x25) {
      this.facts.growthBytes = this.#number(column, sizeOf(field));
      return;
    }
    field.end -= 1;
    trimField(field);
    this.facts.growthRatio = this.#number(column, numberOf(field, 1000)) / 100;
  }

  #number(column: Column, value: number | FieldProblem): number {
    if (typeof value === 'number') return value;
    this.#fail(column, value.why);
    return Number.NaN;
  }

  #switch(column: Column, value: boolean | FieldProblem): boolean {
    if (typeof value === 'boolean') return value;
    return this.#fail(column, value.why);
  }

  #fail(column: Column, why: string): false {
    this.problem ??= { column: columnNames[column], why };
    return false;
  }
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}
