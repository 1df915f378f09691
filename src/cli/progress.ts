import { formatDuration } from '../units/duration.ts';
import type { Host } from './host.ts';

/** How often a line is written where standard error is not a terminal, milliseconds. */
const plainIntervalMs = 10_000;
/** How often the line on a terminal is redrawn, milliseconds. */
const terminalIntervalMs = 100;

/**
 * Progress on standard error: one line that is redrawn on a terminal, one line every ten seconds elsewhere (a CI log).
 * Call {@link Progress.done} before anything else is written.
 */
export class Progress {
  readonly #host: Host;
  readonly #startedMs: number;
  readonly #terminal: boolean;
  #lastMs: number;
  #drawn = false;

  constructor(host: Host) {
    this.#host = host;
    this.#startedMs = host.now();
    this.#lastMs = this.#startedMs;
    this.#terminal = host.stderr.isTTY && host.env.TERM !== 'dumb' && !host.env.CI;
  }

  /**
   * @param done part of the work that is finished, 0…1; the remaining time is shown once it is above 0
   * @param text what is going on
   */
  update(done: number, text: string): void {
    const now = this.#host.now();
    if (now - this.#lastMs < (this.#terminal ? terminalIntervalMs : plainIntervalMs)) return;
    this.#lastMs = now;
    const elapsedMs = now - this.#startedMs;
    const left = done > 0 && done < 1 ? `, ${formatDuration((elapsedMs * (1 - done)) / done)} left` : '';
    const line = `${String(Math.floor(done * 100)).padStart(3)} %  ${text}${left}`;
    if (this.#terminal) {
      this.#host.stderr.write(`\r\x1b[K${line.slice(0, Math.max(20, this.#host.stderr.columns - 1))}`);
      this.#drawn = true;
    } else {
      this.#host.stderr.write(`${line}\n`);
    }
  }

  /** Erases the line on a terminal. */
  done(): void {
    if (this.#drawn) this.#host.stderr.write('\r\x1b[K');
    this.#drawn = false;
  }
}
