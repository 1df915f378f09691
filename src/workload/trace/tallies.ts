import type { Tally } from './survey.ts';

/** More kinds than this come from a file that is not what it seems. */
const mostKinds = 200;

/** Counts by text, in memory that a hostile file cannot fill. */
export class Tallies {
  readonly #counts = new Map<string, number>();

  add(what: string): void {
    const key = this.#counts.has(what) || this.#counts.size < mostKinds ? what : 'others';
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
  }

  list(): readonly Tally[] {
    return Array.from(this.#counts, ([what, count]) => ({ what, count }));
  }
}
