import type { Gate, GateFailure } from '../gate.ts';

/** Looks up what the gate holds against a cell: by cell and metric, or by the cell alone where it was not measured. */
export function gateFailures(gate: Gate | undefined): (cell: string, metric: string | null) => GateFailure | undefined {
  const key = (cell: string, metric: string | null): string => JSON.stringify([cell, metric]);
  const failures = new Map((gate?.failures ?? []).map((failure) => [key(failure.cell, failure.metric), failure]));
  return (cell, metric) => failures.get(key(cell, metric));
}
