import { longestRequestBytes, Operation, type RequestBlock } from '../workload/request.ts';
import type { Workload } from '../workload/workload.ts';
import { CommonAlignment, SectorSet } from './sector-set.ts';

/** What a workload's requests add up to. Warm-up and measured requests alike. */
export interface RequestSummary {
  /** All requests, syncs included. */
  readonly requestCount: number;
  readonly writeCount: number;
  readonly trimCount: number;
  readonly syncCount: number;
  /** Bytes that the guest writes, and the distinct bytes among them. */
  readonly guestBytes: number;
  readonly guestDistinctBytes: number;
  /** Mean distance from the end of one read or write to the start of the next. */
  readonly guestSeekBytes: number;
}

/** A request that cannot be run, found before anything is started. */
export class UnrunnableRequest extends Error {}

/** Surveys a whole workload. @throws UnrunnableRequest as {@link RequestSurvey.add} */
export function surveyRequests(workload: Workload): RequestSummary {
  const survey = new RequestSurvey(workload.diskBytes);
  for (const block of workload.requests()) survey.add(block);
  return survey.summary(distinctWrittenBytes(workload, survey));
}

/** A second pass, as the granule is known only at the end of the first. */
export function distinctWrittenBytes(workload: Workload, survey: RequestSurvey): number {
  if (survey.writeCount === 0) return 0;
  const written = new SectorSet(survey.alignment.granuleBytes);
  for (const block of workload.requests()) {
    for (let index = 0; index < block.count; index++) {
      if (block.operation[index] === Operation.write) {
        written.add(block.offsetBytes[index] ?? 0, block.lengthBytes[index] ?? 0);
      }
    }
  }
  return written.bytes;
}

/** Adds up requests block by block. */
export class RequestSurvey {
  readonly alignment = new CommonAlignment();
  readonly #diskBytes: number;
  writeCount = 0;
  #requestCount = 0;
  #trimCount = 0;
  #syncCount = 0;
  #guestBytes = 0;
  #seekBytes = 0;
  #seekCount = 0;
  #lastEnd = -1;

  constructor(diskBytes: number) {
    this.#diskBytes = diskBytes;
  }

  /** @throws UnrunnableRequest where a request is longer than QEMU takes or beyond the disk's end */
  add(block: RequestBlock): void {
    for (let index = 0; index < block.count; index++) {
      const operation = block.operation[index] ?? 0;
      const offset = block.offsetBytes[index] ?? 0;
      const length = block.lengthBytes[index] ?? 0;
      this.#requestCount++;
      if (operation === Operation.sync) {
        this.#syncCount++;
        continue;
      }
      if (length > longestRequestBytes || offset + length > this.#diskBytes) this.#refuse(offset, length);
      if (operation === Operation.trim) {
        this.#trimCount++;
        continue;
      }
      if (this.#lastEnd >= 0) {
        this.#seekBytes += Math.abs(offset - this.#lastEnd);
        this.#seekCount++;
      }
      this.#lastEnd = offset + length;
      if (operation === Operation.write) {
        this.writeCount++;
        this.#guestBytes += length;
        this.alignment.add(offset);
        this.alignment.add(length);
      }
    }
  }

  #refuse(offset: number, length: number): never {
    const where = `request ${this.#requestCount} (offset ${offset}, length ${length})`;
    throw new UnrunnableRequest(
      length > longestRequestBytes
        ? `${where} is longer than the ${longestRequestBytes} bytes that qemu-io takes at once`
        : `${where} ends beyond the disk of ${this.#diskBytes} bytes`,
    );
  }

  summary(guestDistinctBytes: number): RequestSummary {
    return {
      requestCount: this.#requestCount,
      writeCount: this.writeCount,
      trimCount: this.#trimCount,
      syncCount: this.#syncCount,
      guestBytes: this.#guestBytes,
      guestDistinctBytes,
      guestSeekBytes: this.#seekCount === 0 ? 0 : this.#seekBytes / this.#seekCount,
    };
  }
}
