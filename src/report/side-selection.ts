import { InputError } from '../errors.ts';
import { closest } from '../settings/suggest.ts';
import { type CellMatching, type CellPair, cellName, type UnmatchedCell } from './cell-matching.ts';
import type { MeasuredCell } from './measured-cell.ts';
import type { MeasuredJournal } from './measured-journal.ts';
import { printable } from './printable.ts';

/** A journal with the cells of one configuration only. @throws InputError where it has none of that label */
export function onlyConfiguration(journal: MeasuredJournal, label: string): MeasuredJournal {
  const cells = journal.cells.filter((cell) => cell.configuration.label === label);
  if (cells.length === 0) throw noSuchConfiguration(journal, label);
  return { ...journal, cells };
}

/**
 * Pairs every other configuration of a journal with its base: the one of the given label, else, for each workload, the
 * first of the plan that it was run with. A cell is named after its workload and the configuration that is looked at.
 *
 * @throws InputError where no configuration has the label, or there is nothing to compare with the base
 */
export function matchWithin(journal: MeasuredJournal, baseLabel: string | undefined): CellMatching {
  const { cells } = journal;
  if (baseLabel !== undefined && !cells.some((cell) => cell.configuration.label === baseLabel)) {
    throw noSuchConfiguration(journal, baseLabel);
  }
  const severalEngines = new Set(cells.map((cell) => cell.engine)).size > 1;
  const pairs: CellPair[] = [];
  const unmatched: UnmatchedCell[] = [];
  for (const cell of cells) {
    const base = baseOf(cell, cells, baseLabel);
    const name = cellName(cell, severalEngines);
    if (base === undefined) {
      const reason = `its workload was not run with ${printable(String(baseLabel), 60)}`;
      const { workload, configuration } = cell;
      unmatched.push({
        cell: name,
        workload,
        configuration: configuration.label,
        side: 'head',
        state: 'missing',
        reason,
      });
    } else if (base !== cell) pairs.push({ name, base, head: cell });
  }
  if (pairs.length === 0) {
    throw new InputError({ file: journal.path }, 'it has no two configurations of one workload to compare', {
      hint: 'Name a second journal, or run the workload with several configurations.',
    });
  }
  return { pairs, unmatched, warnings: [] };
}

/** Cells are in the order of the plan, so the first of the workload is that of its first configuration. */
function baseOf(
  { workload, engine }: MeasuredCell,
  cells: readonly MeasuredCell[],
  label: string | undefined,
): MeasuredCell | undefined {
  return cells.find(
    (cell) =>
      cell.workload === workload &&
      cell.engine === engine &&
      (label === undefined || cell.configuration.label === label),
  );
}

function noSuchConfiguration({ path, cells }: MeasuredJournal, label: string): InputError {
  const labels = [...new Set(cells.map((cell) => cell.configuration.label))];
  const near = closest(label, labels);
  const shown = labels.slice(0, 5).map((known) => `"${printable(known, 60)}"`);
  const list =
    labels.length > shown.length ? `${shown.join(', ')} and ${labels.length - shown.length} more` : shown.join(', ');
  const hint = near === undefined ? `It has ${list}.` : `Did you mean "${printable(near, 60)}"?`;
  const message = `no trial has the configuration "${printable(label, 60)}"`;
  return new InputError({ file: path }, message, labels.length === 0 ? {} : { hint });
}
