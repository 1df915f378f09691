import type { Finding, Severity } from '../advisor/inspection/finding.ts';
import { findingLines } from './finding-lines.ts';
import { type InspectedItem, problemsOf } from './inspect.ts';
import { renderImage } from './inspect-image-text.ts';
import { renderMachine } from './inspect-machine-text.ts';
import { printable } from './printable.ts';
import { renderTable } from './table.ts';

/** An inspection for people: one thing in full; several as a table, and then what is wrong with each. */
export function renderInspection(items: readonly InspectedItem[], columns: number): string {
  const width = Math.max(60, Math.min(columns, 110));
  const [only, ...others] = items;
  if (only !== undefined && others.length === 0) return renderItem(only, width);
  const graver = items.map(withoutNotes).filter((item) => problemsOf(item).length > 0);
  return [summary(items), ...graver.map((item) => renderItem(item, width))].join('\n');
}

function renderItem(item: InspectedItem, width: number): string {
  if (item.kind === 'image') return renderImage(item, width);
  if (item.kind === 'machine') return renderMachine(item, width);
  return `${[printable(item.name), '', ...findingLines(item.problems, width)].join('\n')}\n`;
}

const longestName = 40;

function summary(items: readonly InspectedItem[]): string {
  const columns = [
    { title: 'file' },
    { title: 'is' },
    { title: 'disks', align: 'right' },
    { title: 'errors', align: 'right' },
    { title: 'warnings', align: 'right' },
    { title: 'notes', align: 'right' },
  ] as const;
  const count = (item: InspectedItem, severity: Severity): string =>
    String(problemsOf(item).filter((problem) => problem.severity === severity).length);
  return renderTable(
    columns,
    items.map((item) => [
      printable(item.name, longestName),
      item.kind === 'machine' ? item.machine.kind : item.kind,
      item.kind === 'machine' ? String(item.disks.length) : item.kind === 'image' ? '1' : '',
      count(item, 'error'),
      count(item, 'warning'),
      count(item, 'note'),
    ]),
  );
}

/** The item with errors and warnings only, and only the disks that have some. */
function withoutNotes(item: InspectedItem): InspectedItem {
  const grave = (problems: readonly Finding[]) => problems.filter(({ severity }) => severity !== 'note');
  const problems = grave(item.problems);
  if (item.kind === 'image') {
    const { recommendation: _, chain: __, ...own } = item;
    return { ...own, problems: grave(problemsOf(item)) };
  }
  if (item.kind === 'failed') return { ...item, problems };
  const disks = item.disks.map((disk) => ({ ...disk, problems: grave(disk.problems) }));
  return { ...item, problems, disks: disks.filter((disk) => disk.problems.length > 0) };
}
