import type { RunProgress } from '../../trial/runner.ts';
import type { Host } from '../host.ts';
import { Progress } from '../progress.ts';

/** How often the progress line is looked at while a trial runs, milliseconds. */
const tickMs = 1000;

/** Keeps the progress line moving while a trial runs. */
export class ProgressLine {
  readonly #progress: Progress;
  readonly #host: Host;
  readonly #startedMs: number;
  readonly #timer: NodeJS.Timeout;
  #event: RunProgress | undefined;
  #eventMs = 0;

  constructor(host: Host) {
    this.#progress = new Progress(host);
    this.#host = host;
    this.#startedMs = host.now();
    this.#timer = setInterval(() => this.#draw(), tickMs);
    this.#timer.unref();
  }

  show(event: RunProgress): void {
    this.#event = event;
    this.#eventMs = this.#host.now();
    this.#draw();
  }

  close(): void {
    clearInterval(this.#timer);
    this.#progress.done();
  }

  #draw(): void {
    if (!this.#event?.trial) return;
    const { trial, index, count, remainingMs } = this.#event;
    const now = this.#host.now();
    const elapsedMs = now - this.#startedMs;
    const leftMs = Math.max(0, remainingMs - (now - this.#eventMs));
    // The line works out the time left from the share that is done; this share makes it come out as expected.
    const done = elapsedMs === 0 ? 0 : elapsedMs / (elapsedMs + leftMs);
    this.#progress.update(done, `trial ${index} of ${count}: ${trial.workload}, ${trial.configuration}`);
  }
}
