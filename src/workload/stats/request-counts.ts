import { Operation, type RequestBlock } from '../request.ts';

/** Requests and bytes by kind; a sync has no bytes. */
export interface KindCounts {
  readonly readCount: number;
  readonly writeCount: number;
  readonly trimCount: number;
  readonly syncCount: number;
  readonly readBytes: number;
  readonly writeBytes: number;
  readonly trimBytes: number;
}

/** Adds up requests by kind. */
export class RequestCounts {
  readonly #counts = new Float64Array(4);
  readonly #bytes = new Float64Array(4);

  add({ count, operation, lengthBytes }: RequestBlock): void {
    const [counts, bytes] = [this.#counts, this.#bytes];
    for (let index = 0; index < count; index++) {
      const kind = operation[index] as number;
      counts[kind] = (counts[kind] as number) + 1;
      if (kind !== Operation.sync) bytes[kind] = (bytes[kind] as number) + (lengthBytes[index] as number);
    }
  }

  counts(): KindCounts {
    const [readCount = 0, writeCount = 0, trimCount = 0, syncCount = 0] = this.#counts;
    const [readBytes = 0, writeBytes = 0, trimBytes = 0] = this.#bytes;
    return { readCount, writeCount, trimCount, syncCount, readBytes, writeBytes, trimBytes };
  }
}
