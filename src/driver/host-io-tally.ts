import {
  FILE_DATA,
  FILE_IMAGE,
  FOR_COPY_ON_WRITE,
  FOR_DATA,
  HOST_WRITE,
  type HostFileName,
  type HostIoSink,
  type HostOpName,
  type HostPurposeName,
  hostFiles,
  hostOps,
  hostPurposes,
} from './host-io.ts';

const fileCount = hostFiles.length;
const purposeCount = hostPurposes.length;

/** Host I/O of one kind. */
export interface HostIoKind {
  readonly op: HostOpName;
  readonly file: HostFileName;
  readonly purpose: HostPurposeName;
  readonly count: number;
  readonly bytes: number;
}

/** Adds up host I/O by operation, file and purpose, and how far the head would travel between data I/Os. */
export class HostIoTally implements HostIoSink {
  readonly #counts = new Float64Array(hostOps.length * fileCount * purposeCount);
  readonly #bytes = new Float64Array(this.#counts.length);
  readonly #dataFile: number;
  #seekBytes = 0;
  #seekCount = 0;
  #end = -1;

  /** @param externalData where the data lies: distances are counted in that file */
  constructor(externalData: boolean) {
    this.#dataFile = externalData ? FILE_DATA : FILE_IMAGE;
  }

  io(op: number, file: number, offset: number, length: number, purpose: number): void {
    const kind = (op * fileCount + file) * purposeCount + purpose;
    (this.#counts[kind] as number)++;
    (this.#bytes[kind] as number) += length;
    if (file !== this.#dataFile || op > HOST_WRITE || purpose < FOR_DATA || purpose > FOR_COPY_ON_WRITE) return;
    if (this.#end >= 0) {
      this.#seekBytes += Math.abs(offset - this.#end);
      this.#seekCount++;
    }
    this.#end = offset + length;
  }

  /** The kinds that occurred, in the order of operations, files and purposes. */
  kinds(): readonly HostIoKind[] {
    const kinds: HostIoKind[] = [];
    for (const [opIndex, op] of hostOps.entries()) {
      for (const [fileIndex, file] of hostFiles.entries()) {
        for (const [purposeIndex, purpose] of hostPurposes.entries()) {
          const kind = (opIndex * fileCount + fileIndex) * purposeCount + purposeIndex;
          const count = this.#counts[kind] as number;
          if (count > 0) kinds.push({ op, file, purpose, count, bytes: this.#bytes[kind] as number });
        }
      }
    }
    return kinds;
  }

  /**
   * Mean distance in bytes from the end of one data read or write to the start of the next, copies included, in the file
   * that holds the data; undefined where there are fewer than two.
   */
  get seekBytes(): number | undefined {
    return this.#seekCount === 0 ? undefined : this.#seekBytes / this.#seekCount;
  }
}
