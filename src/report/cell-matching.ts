import { InputError } from '../errors.ts';
import type { Warning } from '../warnings.ts';
import { cellKey } from './cell.ts';
import type { MeasuredCell } from './measured-cell.ts';
import { printable } from './printable.ts';

export interface CellPair {
  /** For people and scripts, unique within a comparison: `l2-cache-20g/l2-cache-size=1M`. */
  readonly name: string;
  readonly base: MeasuredCell;
  readonly head: MeasuredCell;
}

export interface UnmatchedCell {
  readonly cell: string;
  readonly workload: string;
  readonly configuration: string;
  /** The side that has it. */
  readonly side: 'base' | 'head';
  /** `missing`: the other journal does not have the cell. `not-completed`: it has, but completed no trial of it. */
  readonly state: 'missing' | 'not-completed';
  readonly reason: string;
}

export interface CellMatching {
  readonly pairs: readonly CellPair[];
  readonly unmatched: readonly UnmatchedCell[];
  readonly warnings: readonly Warning[];
}

/**
 * Finds the cells that both sides have, by workload, configuration's label and engine. Where no label is on both
 * sides, but each side has one configuration for a workload, these are taken for the two things to compare.
 *
 * @throws InputError where nothing matches
 */
export function matchCells(
  base: readonly MeasuredCell[],
  head: readonly MeasuredCell[],
  headPath: string,
): CellMatching {
  const engines = new Set([...base, ...head].map((cell) => cell.engine));
  const suffix = (cell: MeasuredCell): string => (engines.size > 1 ? ` (${cell.engine})` : '');
  const nameOf = (cell: MeasuredCell): string => cellName(cell, engines.size > 1);
  const byLabel = pairUp(base, head, (cell) => cellKey(cell.workload, cell.configuration.label, cell.engine));
  let pairs: readonly CellPair[] = byLabel.map(([left, right]) => ({ name: nameOf(left), base: left, head: right }));
  const warnings: Warning[] = [];
  if (pairs.length === 0) {
    const byWorkload = (cell: MeasuredCell): string => cellKey(cell.workload, '', cell.engine);
    if (areDistinct(base.map(byWorkload)) && areDistinct(head.map(byWorkload))) {
      pairs = pairUp(base, head, byWorkload).map(([left, right]) => ({
        name: `${left.workload}/${left.configuration.label} → ${right.configuration.label}${suffix(left)}`,
        base: left,
        head: right,
      }));
    }
    if (pairs.length === 0) throw nothingInCommon(base, head, headPath);
    warnings.push({
      code: 'matched-by-workload',
      subject: 'cells',
      message: 'no configuration is on both sides; the only one of each side is compared per workload',
    });
  }
  const paired = new Set(pairs.flatMap((pair) => [pair.base, pair.head]));
  const rest = (side: 'base' | 'head', cells: readonly MeasuredCell[]): readonly UnmatchedCell[] =>
    cells
      .filter((cell) => !paired.has(cell))
      .map((cell) => ({
        cell: nameOf(cell),
        workload: cell.workload,
        configuration: cell.configuration.label,
        side,
        state: 'missing',
        reason: side === 'base' ? 'not in head' : 'not in base',
      }));
  return { pairs, unmatched: [...rest('base', base), ...rest('head', head)], warnings };
}

/** Workload and configuration, and the engine where there are several. */
export function cellName({ workload, configuration, engine }: MeasuredCell, severalEngines: boolean): string {
  return `${workload}/${configuration.label}${severalEngines ? ` (${engine})` : ''}`;
}

function pairUp(
  base: readonly MeasuredCell[],
  head: readonly MeasuredCell[],
  key: (cell: MeasuredCell) => string,
): readonly (readonly [MeasuredCell, MeasuredCell])[] {
  const partners = new Map(head.map((cell) => [key(cell), cell]));
  return base.flatMap((cell) => {
    const partner = partners.get(key(cell));
    return partner ? [[cell, partner] as const] : [];
  });
}

function areDistinct(keys: readonly string[]): boolean {
  return new Set(keys).size === keys.length;
}

function nothingInCommon(base: readonly MeasuredCell[], head: readonly MeasuredCell[], headPath: string): InputError {
  const list = (cells: readonly MeasuredCell[]): string => {
    const names = cells.slice(0, 3).map((cell) => printable(`${cell.workload}/${cell.configuration.label}`, 60));
    if (names.length === 0) return 'no trials';
    return cells.length > 3 ? `${names.join(', ')} and ${cells.length - 3} more` : names.join(', ');
  };
  return new InputError({ file: headPath }, 'no cell of the baseline is in this journal', {
    hint: `The baseline has ${list(base)}; this has ${list(head)}. Compare runs of the same workloads, configurations and engine.`,
  });
}
