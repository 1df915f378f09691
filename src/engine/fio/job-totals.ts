import { Operation, operationNames } from '../../workload/request.ts';

/** What one job is to do, by {@link Operation}; fio's own totals are held against it. */
export class JobTotals {
  readonly counts: [number, number, number, number] = [0, 0, 0, 0];
  readonly bytes: [number, number, number, number] = [0, 0, 0, 0];
  /** The longest request: fio keeps a buffer of this size for every request in flight, trims included. */
  longestBytes = 0;
  /** Syncs behind the last data request. */
  trailingSyncCount = 0;
  /** Whether all offsets and lengths are whole sectors of 512 bytes. */
  isSectorAligned = true;

  /** @param operation one of {@link Operation} */
  add(operation: number, offsetBytes: number, lengthBytes: number): void {
    const kind = operation as Operation;
    this.counts[kind]++;
    if (kind === Operation.sync) {
      this.trailingSyncCount++;
      return;
    }
    this.trailingSyncCount = 0;
    this.bytes[kind] += lengthBytes;
    if (lengthBytes > this.longestBytes) this.longestBytes = lengthBytes;
    if (offsetBytes % 512 !== 0 || lengthBytes % 512 !== 0) this.isSectorAligned = false;
  }

  /** Reads, writes and trims. */
  get dataCount(): number {
    return this.counts[Operation.read] + this.counts[Operation.write] + this.counts[Operation.trim];
  }

  get requestCount(): number {
    return this.dataCount + this.counts[Operation.sync];
  }

  /** The first difference between what was to be done and what was, in words; undefined where there is none. */
  difference(done: Pick<JobTotals, 'counts' | 'bytes'>): string | undefined {
    for (const [kind, name] of operationNames.entries()) {
      const operation = kind as Operation;
      if (done.counts[operation] !== this.counts[operation]) {
        return `${done.counts[operation]} of ${this.counts[operation]} ${name} requests`;
      }
      if (done.bytes[operation] !== this.bytes[operation]) {
        return `${done.bytes[operation]} of ${this.bytes[operation]} bytes of ${name} requests`;
      }
    }
    return undefined;
  }
}
