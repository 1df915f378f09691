import type { DifferentialCase } from './case.ts';
import type { Outcome } from './outcome.ts';

/** A case that fails, and how. */
export interface Failure {
  readonly tested: DifferentialCase;
  readonly outcome: Outcome & { readonly kind: 'different' };
}

/**
 * Leaves out what a failing case fails without: requests after the failing one, then requests, preparing steps and drive options
 * in ever smaller groups.
 * @param check runs a case
 * @param goesOn false once the time is up
 */
export function reduceCase(
  failure: Failure,
  check: (tested: DifferentialCase) => Outcome,
  goesOn: () => boolean,
): Failure {
  let best = failure;
  const fails = (tested: DifferentialCase): boolean => {
    if (!goesOn()) return false;
    const outcome = check(tested);
    if (outcome.kind === 'different') best = { tested, outcome };
    return outcome.kind === 'different';
  };
  const segment = best.outcome.mismatch.difference?.segment;
  if (segment !== undefined) fails({ ...best.tested, commands: best.tested.commands.slice(0, segment + 1) });
  reduceList(best.tested.steps, (steps) => fails({ ...best.tested, steps }));
  reduceList(best.tested.commands, (commands) => fails({ ...best.tested, commands }));
  const withOptions = (entries: readonly (readonly [string, number | boolean | string])[]): boolean =>
    fails({ ...best.tested, drive: { ...best.tested.drive, options: Object.fromEntries(entries) } });
  reduceList(Object.entries(best.tested.drive.options), withOptions);
  return best;
}

/** Takes out groups of items, half of them first and single ones last, wherever the rest still fails. */
function reduceList<T>(all: readonly T[], fails: (rest: readonly T[]) => boolean): void {
  let items = all;
  for (let size = Math.ceil(items.length / 2); size > 0; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let start = 0; start < items.length; ) {
      const rest = [...items.slice(0, start), ...items.slice(start + size)];
      if (fails(rest)) items = rest;
      else start += size;
    }
  }
}
