import type { PlannedTrial } from './record.ts';

/**
 * How long the rest of a run takes, from what its trials took so far. A plain mean misleads where cells differ by a
 * hundred times, so a trial is expected to take the mean of its own cell; while its cell has none, its estimate times
 * the factor by which estimates have been wrong so far.
 */
export class RemainingTime {
  readonly #estimateMs: (trial: PlannedTrial) => number;
  readonly #cells = new Map<string, { totalMs: number; count: number }>();
  #measuredMs = 0;
  #estimatedMs = 0;

  /** @param estimateMs a guess for a trial of a cell of which none has ended; above 0, only its proportions matter */
  constructor(estimateMs: (trial: PlannedTrial) => number) {
    this.#estimateMs = estimateMs;
  }

  /** Notes how long a trial took. Trials that did not run are left out. */
  add(trial: PlannedTrial, durationMs: number): void {
    const cell = this.#cells.get(cellKey(trial)) ?? { totalMs: 0, count: 0 };
    cell.totalMs += durationMs;
    cell.count += 1;
    this.#cells.set(cellKey(trial), cell);
    this.#measuredMs += durationMs;
    this.#estimatedMs += this.#estimateMs(trial);
  }

  /** What a trial is expected to take, milliseconds. */
  expectMs(trial: PlannedTrial): number {
    const cell = this.#cells.get(cellKey(trial));
    if (cell) return cell.totalMs / cell.count;
    return this.#estimateMs(trial) * (this.#estimatedMs > 0 ? this.#measuredMs / this.#estimatedMs : 1);
  }

  /** What the given trials are expected to take together, milliseconds. */
  totalMs(trials: Iterable<PlannedTrial>): number {
    let totalMs = 0;
    for (const trial of trials) totalMs += this.expectMs(trial);
    return totalMs;
  }
}

function cellKey(trial: PlannedTrial): string {
  return JSON.stringify([trial.workload, trial.configuration]);
}
