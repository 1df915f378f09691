import type { JobPlan } from './job-plan.ts';

/**
 * When a pass over a job's area ends and whether another one begins: after `loops` passes, or when `io_size`, `number_ios` or
 * the area itself is used up.
 *
 * @source fio 3.33, backend.c, io_bytes_exceeded, do_io and keep_running
 */
export class PassLimits {
  readonly #plan: JobPlan;
  /** How many reads, writes and trims there were, of how many bytes; of all passes. */
  readonly #counts = new Float64Array(3);
  readonly #bytes = new Float64Array(3);
  /** One number: bytes of this pass. */
  readonly #passBytes = new Float64Array(1);
  readonly #limitBytes: number;
  readonly #passLimitBytes: number;
  readonly #largestBytes: number;
  #requestLimit: number;
  #loopsLeft: number;
  #isFirst = true;

  constructor(plan: JobPlan) {
    const { job, passBytes, ioBytes = passBytes } = plan;
    this.#plan = plan;
    this.#limitBytes = ioBytes * job.loopCount;
    this.#requestLimit = job.requestLimit;
    this.#loopsLeft = job.loopCount;
    this.#largestBytes = Math.max(...job.sizes.map((size) => size.maxBytes));
    const isFree = job.writes && job.isRandom && !job.randomMap;
    const own = isFree ? Math.max(passBytes, ioBytes) : passBytes;
    // Only an engine that queues requests counts what it has issued in a pass.
    this.#passLimitBytes = job.queues ? own + (isTrimWrite(plan) ? this.#limitBytes : 0) : Number.POSITIVE_INFINITY;
  }

  /** How many requests of a kind there were. */
  count(kind: number): number {
    return this.#counts[kind] ?? 0;
  }

  add(kind: number, lengthBytes: number): void {
    this.#counts[kind] = (this.#counts[kind] ?? 0) + 1;
    this.#bytes[kind] = (this.#bytes[kind] ?? 0) + lengthBytes;
    this.#passBytes[0] = (this.#passBytes[0] ?? 0) + lengthBytes;
  }

  /**
   * Whether there is a pass to begin, which is then begun.
   * @param exhausted whether the pass before found no more place for a request
   */
  begin(exhausted: boolean): boolean {
    if (!this.#goesOn(exhausted)) return false;
    this.#isFirst = false;
    this.#passBytes[0] = 0;
    if (isTrimWrite(this.#plan)) this.#requestLimit *= 2;
    return true;
  }

  /** Whether the pass has made all of its requests. */
  isReached(): boolean {
    return (
      this.#countedBytes() >= this.#limitBytes ||
      (this.#passBytes[0] ?? 0) >= this.#passLimitBytes ||
      this.#isAtRequestLimit()
    );
  }

  #goesOn(exhausted: boolean): boolean {
    // A pass without a request would be followed by others like it.
    if (!this.#isFirst && this.#passBytes[0] === 0) return false;
    if (this.#loopsLeft > 0) {
      this.#loopsLeft -= 1;
      return true;
    }
    if (this.#isAtRequestLimit()) return false;
    const { passBytes, ioBytes = passBytes } = this.#plan;
    const leftBytes = ioBytes - sum(this.#bytes);
    if (leftBytes < Math.max(1, this.#largestBytes)) return false;
    return !exhausted || this.#plan.ioBytes !== undefined;
  }

  /** What counts against the limit: of a job that writes and trims only the writes. */
  #countedBytes(): number {
    const { reads, writes } = this.#plan.job;
    const bytes = this.#bytes;
    if (reads && writes) return (bytes[0] ?? 0) + (bytes[1] ?? 0);
    return bytes[writes ? 1 : reads ? 0 : 2] ?? 0;
  }

  #isAtRequestLimit(): boolean {
    return this.#requestLimit > 0 && sum(this.#counts) >= this.#requestLimit * this.#plan.job.loopCount;
  }
}

/** Whether the job trims each block and then writes it. */
export function isTrimWrite({ job }: JobPlan): boolean {
  return job.trims && job.writes;
}

function sum(values: Float64Array): number {
  return (values[0] ?? 0) + (values[1] ?? 0) + (values[2] ?? 0);
}
