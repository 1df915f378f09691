import type { TrialSlices } from '../trial/record.ts';
import { GrowingColumn } from './growing-column.ts';

/** Numbers in one block of memory; a trial's slices lie in one. */
const chunkLength = 128 * 1024;

/** The slices of many trials by row, in memory that grows by blocks and is never copied. */
export class SliceStore {
  private readonly chunks: Float64Array[] = [];
  private used = chunkLength;
  private readonly sessions: string[] = [];
  private readonly sessionIndices = new Map<string, number>();
  private readonly sessionOf = new GrowingColumn();
  private readonly chunkOf = new GrowingColumn();
  private readonly startOf = new GrowingColumn();
  private readonly lengthOf = new GrowingColumn();
  /** 1 where the times without stalls follow. */
  private readonly isRobust = new GrowingColumn();

  /** Adds a row without slices. */
  grow(): void {
    this.sessionOf.push(-1);
    this.chunkOf.push(0);
    this.startOf.push(0);
    this.lengthOf.push(0);
    this.isRobust.push(0);
  }

  set(row: number, slices: TrialSlices | undefined): void {
    if (slices === undefined) {
      this.sessionOf.set(row, -1);
      return;
    }
    const { session, driverMs, robustMs } = slices;
    const robust = robustMs?.length === driverMs.length ? robustMs : [];
    const length = driverMs.length + robust.length;
    let chunk = this.chunks.at(-1);
    if (chunk === undefined || this.used + length > chunk.length) {
      chunk = new Float64Array(Math.max(chunkLength, length));
      this.chunks.push(chunk);
      this.used = 0;
    }
    chunk.set(driverMs, this.used);
    chunk.set(robust, this.used + driverMs.length);
    this.sessionOf.set(row, this.indexOf(session));
    this.chunkOf.set(row, this.chunks.length - 1);
    this.startOf.set(row, this.used);
    this.lengthOf.set(row, driverMs.length);
    this.isRobust.set(row, robust.length > 0 ? 1 : 0);
    this.used += length;
  }

  get(row: number): TrialSlices | undefined {
    const session = this.sessions[this.sessionOf.at(row)];
    const chunk = this.chunks[this.chunkOf.at(row)];
    if (session === undefined || chunk === undefined) return undefined;
    const start = this.startOf.at(row);
    const length = this.lengthOf.at(row);
    const driverMs = Array.from(chunk.subarray(start, start + length));
    if (this.isRobust.at(row) === 0) return { session, driverMs };
    return { session, driverMs, robustMs: Array.from(chunk.subarray(start + length, start + 2 * length)) };
  }

  private indexOf(session: string): number {
    const known = this.sessionIndices.get(session);
    if (known !== undefined) return known;
    this.sessionIndices.set(session, this.sessions.length);
    return this.sessions.push(session) - 1;
  }
}
