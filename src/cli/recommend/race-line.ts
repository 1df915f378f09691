import type { RaceProgress } from '../../advisor/race/types.ts';
import type { Host } from '../host.ts';
import { Progress } from '../progress.ts';

/** The progress of a race: who runs, who leads, how sure that is, and the time that is left. */
export class RaceLine {
  readonly #progress: Progress;
  readonly #host: Host;
  readonly #timeMs: number;
  readonly #startedMs: number;

  constructor(host: Host, { timeMs, startedMs }: { readonly timeMs: number; readonly startedMs: number }) {
    this.#host = host;
    this.#progress = new Progress(host);
    this.#timeMs = timeMs;
    this.#startedMs = startedMs;
  }

  show({ stage, heatCount, leader, probability, contenderCount, entrants }: RaceProgress): void {
    const done = Math.max(0, Math.min(0.99, (this.#host.now() - this.#startedMs) / this.#timeMs));
    const sure = `${Math.floor(100 * probability)} % sure of ${leader}`;
    const what = {
      opening: `heat ${heatCount + 1}, a first look at ${entrants.length - 1}`,
      racing: `heat ${heatCount + 1}, ${contenderCount} may be best, ${sure}`,
      confirming: `confirming ${leader} in fresh blocks`,
    }[stage];
    this.#progress.update(done, what);
  }

  close(): void {
    this.#progress.done();
  }
}
