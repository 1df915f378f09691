import fc from 'fast-check';
import { caseArbitrary, type GeneratorOptions } from './arbitrary.ts';
import type { DifferentialCase } from './case.ts';
import type { Bench, Outcome } from './outcome.ts';
import { reduceCase } from './reduce-case.ts';

/** Sums over many cases. */
export interface Summary {
  cases: number;
  ios: number;
  same: number;
  different: number;
  unrepeatable: number;
  refused: number;
}

export interface RunOptions extends GeneratorOptions {
  readonly bench: Bench;
  /** Seeds of the cases: this one and those after it, one a case. */
  readonly firstSeed: number;
  readonly cases: number;
  /** Seconds that making a failed case smaller may take. */
  readonly shrinkSeconds: number;
  readonly check: (tested: DifferentialCase, bench: Bench) => Outcome;
  /** Called after each case; for a failed one with the smallest case that still fails. */
  readonly report: (seed: number, tested: DifferentialCase, outcome: Outcome, summary: Summary) => void;
}

/** Runs cases one after another. A failed case is made smaller, and the next follows. */
export function runMany(options: RunOptions): Summary {
  const summary: Summary = { cases: 0, ios: 0, same: 0, different: 0, unrepeatable: 0, refused: 0 };
  const arbitrary = caseArbitrary(options);
  for (let seed = options.firstSeed; seed < options.firstSeed + options.cases; seed++) {
    let last: { tested: DifferentialCase; outcome: Outcome } | undefined;
    const property = fc.property(arbitrary, (tested) => {
      const outcome = options.check(tested, options.bench);
      if (last === undefined || outcome.kind === 'different') last = { tested, outcome };
      return outcome.kind !== 'different';
    });
    // One half of the time goes into other values, the other into fewer of them.
    const limit = (options.shrinkSeconds * 1000) / 2;
    fc.check(property, {
      seed,
      numRuns: 1,
      ...(limit > 0 ? { interruptAfterTimeLimit: limit } : { endOnFailure: true }),
    });
    if (last === undefined) throw new Error(`no case of seed ${seed} ran`);
    let { tested, outcome } = last;
    if (outcome.kind === 'different') {
      const end = performance.now() + limit;
      const check = (smaller: DifferentialCase): Outcome => options.check(smaller, options.bench);
      ({ tested, outcome } = reduceCase({ tested, outcome }, check, () => performance.now() < end));
    }
    summary.cases++;
    summary[outcome.kind]++;
    if (outcome.kind === 'same') summary.ios += outcome.ios;
    options.report(seed, tested, outcome, summary);
  }
  return summary;
}

/** A summary as a line. */
export function summaryText(summary: Summary): string {
  const { cases, ios, same, different, unrepeatable, refused } = summary;
  return `${cases} cases, ${ios} I/Os compared: ${same} the same, ${different} different, ${unrepeatable} that QEMU does not repeat, ${refused} refused by QEMU`;
}
