import type { Comparison } from '../comparison.ts';
import type { Gate, GateFailure } from '../gate.ts';

/** Something that keeps the gate from passing. */
export interface GateFinding {
  readonly cell: string | null;
  readonly metric: string | null;
  /** `not-compared`: the gate was to judge it and could not. */
  readonly kind: GateFailure['kind'] | 'not-compared';
  /** How much worse, 0.05 for 5 %; null where that has no number. */
  readonly lossRatio: number | null;
  readonly reason: string;
}

/** All that keeps a gate from passing, to be looked up by cell and metric. Empty without a gate. */
export class GateFindings {
  readonly #findings = new Map<string, GateFinding>();

  constructor(gate: Gate | undefined) {
    const obstacles = (gate?.obstacles ?? []).map(
      (obstacle): GateFinding => ({ ...obstacle, kind: 'not-compared', lossRatio: null }),
    );
    // What failed for certain counts before what could not be judged.
    for (const finding of [...obstacles, ...(gate?.failures ?? [])]) {
      this.#findings.set(keyOf(finding.cell, finding.metric), finding);
    }
  }

  /** @param metric null for a cell as a whole */
  of(cell: string, metric: string | null): GateFinding | undefined {
    return this.#findings.get(keyOf(cell, metric));
  }

  /** Those that are about no figure of the document and no cell that was left out of it. */
  beside({ cells, unmatched }: Comparison): readonly GateFinding[] {
    const told = new Set([
      ...cells.map((cell) => keyOf(cell.cell, cell.metric)),
      ...unmatched.map((entry) => keyOf(entry.cell, null)),
    ]);
    return [...this.#findings].filter(([key]) => !told.has(key)).map(([, finding]) => finding);
  }
}

function keyOf(cell: string | null, metric: string | null): string {
  return JSON.stringify([cell, metric]);
}
