import { statfsSync } from 'node:fs';
import { EnvironmentError } from '../../errors.ts';
import { formatBytes } from '../../units/bytes.ts';

/** The host's file system is full for us when it has less than this. */
const reserveBytes = 64 * 2 ** 20;
const pollMs = 100;

/**
 * Watches the room for the image. An image is rarely as long as its disk, so a disk larger than what is free is allowed;
 * but where the host's disk is full the program would see its own disk break, and the trace would show that.
 */
export class FreeSpace {
  readonly #directory: string;
  readonly #full = new AbortController();
  #timer: NodeJS.Timeout | undefined;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Aborted when it is full. */
  get signal(): AbortSignal {
    return this.#full.signal;
  }

  watch(): void {
    this.#timer = setInterval(() => {
      if (this.#freeBytes() < reserveBytes) this.#full.abort();
    }, pollMs);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** @throws EnvironmentError where there was not enough once */
  requireSome(cause?: unknown): void {
    if (!this.#full.signal.aborted && this.#freeBytes() >= reserveBytes) return;
    throw new EnvironmentError(
      `the file system of ${this.#directory} had less than ${formatBytes(reserveBytes)} left for the image`,
      { hint: 'Set TMPDIR to a directory with more room, or record less.', cause },
    );
  }

  #freeBytes(): number {
    const { bavail, bsize } = statfsSync(this.#directory);
    return bavail * bsize;
  }
}
