import { quantile } from '../../src/stats/quantiles.ts';
import { toSample } from '../../src/stats/sample.ts';
import { type Cell, measuredRate, medianOf, relativeError } from './cell.ts';
import { kendallTau } from './kendall.ts';

/** How good predictions are over a group of cells. Errors are relative, of data requests a second. */
export interface Summary {
  readonly name: string;
  readonly cellCount: number;
  readonly medianError: number;
  readonly p90Error: number;
  /** Median of predicted over measured, less one: which way the predictions lean. */
  readonly bias: number;
  /** Share of cells whose measured rate lies within the predicted interval, which claims 0.9. */
  readonly covered: number;
  readonly tau: number;
  /** The same over those pairs that measuring tells apart: every repetition of one is faster than every one of the other. */
  readonly separatedTau: number;
  /** What measuring achieves against itself: the mean tau, and the median error, of one repetition against another. */
  readonly repeatTau: number;
  readonly repeatError: number;
  /** Measured rate that is lost by taking the cell with the best prediction in place of the one measured best, 0…1. */
  readonly regret: number;
  /** The same where the best of one repetition is taken and judged by the others: what choosing by measuring loses. */
  readonly repeatRegret: number;
}

/** One summary a workload; in the last one errors are over all cells, and the figures that rank are means over workloads. */
export function summarize(cells: readonly Cell[]): readonly Summary[] {
  const names = [...new Set(cells.map(({ workload }) => workload))];
  const each = names.map((name) => ({ name, ...groupOf(cells.filter(({ workload }) => workload === name)) }));
  const meanOf = (of: (summary: Summary) => number): number => mean(each.map(of));
  const all = {
    ...groupOf(cells),
    name: 'all',
    tau: meanOf(({ tau }) => tau),
    separatedTau: meanOf(({ separatedTau }) => separatedTau),
    repeatTau: meanOf(({ repeatTau }) => repeatTau),
    regret: meanOf(({ regret }) => regret),
    repeatRegret: meanOf(({ repeatRegret }) => repeatRegret),
  };
  return [...each, all];
}

function groupOf(cells: readonly Cell[]): Omit<Summary, 'name'> {
  const rates = cells.map(measuredRate);
  const predicted = cells.map((cell) => cell.predicted);
  const errors = cells.map((cell) => Math.abs(relativeError(cell)));
  const repetitions = Math.min(...cells.map(({ measured }) => measured.length));
  const pairs = pairsBelow(repetitions);
  const column = (index: number): number[] => cells.map(({ measured }) => measured[index] ?? 0);
  const others = (index: number): number[] =>
    cells.map(({ measured }) => medianOf(measured.filter((_, repetition) => repetition !== index)));
  return {
    cellCount: cells.length,
    medianError: medianOf(errors),
    p90Error: quantileOf(errors, 0.9),
    bias: medianOf(cells.map(relativeError)),
    covered: cells.filter((cell, index) => within(cell, rates[index] ?? 0)).length / cells.length,
    tau: kendallTau(predicted, rates),
    separatedTau: separatedTauOf(cells),
    repeatTau: mean(pairs.map(([one, other]) => kendallTau(column(one), column(other)))),
    repeatError: medianOf(
      pairs.flatMap(([one, other]) =>
        cells.map(({ measured }) => Math.abs((measured[one] ?? 0) / (measured[other] ?? 1) - 1)),
      ),
    ),
    regret: regretOf(predicted, rates),
    repeatRegret: mean(
      pairs.length === 0 ? [] : range(repetitions).map((index) => regretOf(column(index), others(index))),
    ),
  };
}

function separatedTauOf(cells: readonly Cell[]): number {
  let agreed = 0;
  let pairs = 0;
  for (const one of cells) {
    for (const other of cells) {
      if (Math.min(...one.measured) <= Math.max(...other.measured)) continue;
      pairs++;
      agreed += Math.sign(one.predicted - other.predicted);
    }
  }
  return agreed / pairs;
}

function within({ low, high }: Cell, rate: number): boolean {
  return low <= rate && rate <= high;
}

/** @param chooseBy rates that decide @param judgeBy rates that count */
function regretOf(chooseBy: readonly number[], judgeBy: readonly number[]): number {
  const chosen = chooseBy.indexOf(Math.max(...chooseBy));
  return 1 - (judgeBy[chosen] ?? 0) / Math.max(...judgeBy);
}

function pairsBelow(count: number): readonly (readonly [number, number])[] {
  return range(count).flatMap((one) => range(one).map((other) => [other, one] as const));
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

function quantileOf(values: readonly number[], probability: number): number {
  const sample = toSample(values);
  return sample === undefined ? Number.NaN : quantile(sample, probability);
}

/** NaN of none. */
function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
