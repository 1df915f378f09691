import { Operation } from '../request.ts';
import { largestRequestBytes } from './parameters.ts';

/** One request to the disk that is not handed out yet. */
interface PendingRequest {
  readonly operation: Operation;
  readonly offsetBytes: number;
  lengthBytes: number;
}

/**
 * The block layer between file system and driver: a request that continues the one before it grows that one, up to a
 * limit. Like the kernel's plug it looks at the last request only.
 *
 * The kernel's plug is also sent after 32 requests or one of 128 KiB, but only when a request comes that could not be
 * joined, so nothing is joined less for it.
 *
 * @source Linux, block/blk-mq.c as described for 6.x: blk_add_rq_to_plug; block/blk-merge.c: blk_attempt_plug_merge, not
 *   read in 6.18
 */
export class PendingRequests {
  readonly #startBytes: number;
  #requests: PendingRequest[] = [];
  #isCut = false;

  constructor(startBytes: number) {
    this.#startBytes = startBytes;
  }

  get length(): number {
    return this.#requests.length;
  }

  /** @param offsetBytes from the start of the file system @param limitBytes longest request that may come of it */
  add(operation: Operation, offsetBytes: number, lengthBytes: number, limitBytes = largestRequestBytes): void {
    const last = this.#requests.at(-1);
    let at = this.#startBytes + offsetBytes;
    let remaining = lengthBytes;
    if (!this.#isCut && last?.operation === operation && last.offsetBytes + last.lengthBytes === at) {
      const taken = Math.min(remaining, Math.max(0, limitBytes - last.lengthBytes));
      last.lengthBytes += taken;
      at += taken;
      remaining -= taken;
    }
    this.#isCut = false;
    while (remaining > 0) {
      const taken = Math.min(remaining, limitBytes);
      this.#requests.push({ operation, offsetBytes: at, lengthBytes: taken });
      at += taken;
      remaining -= taken;
    }
  }

  /** What was added is sent: nothing grows it any more. */
  cut(): void {
    this.#isCut = true;
  }

  /** A flush of the disk's write cache. */
  flush(): void {
    this.#requests.push({ operation: Operation.sync, offsetBytes: 0, lengthBytes: 0 });
  }

  /** All of them in order; afterwards there are none. */
  take(): readonly PendingRequest[] {
    const requests = this.#requests;
    this.#requests = [];
    return requests;
  }
}
