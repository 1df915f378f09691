import type { FleetReport } from '../../fleet.ts';
import { mebibytes, plainNumber, renderTable } from '../table.ts';
import { renderLineFigure } from './line-figure.ts';

/** Nothing where the file does not say how disks grow. */
export function growthSection({ growth, split }: FleetReport): string {
  if (growth === undefined) return '';
  const { points } = growth;
  const figure = renderLineFigure({
    id: 'c-growth',
    title: 'Memory over the months to come',
    description:
      'Caches that map the working sets, and all caches full, as the disks grow; the figures are in the table.',
    xTitle: 'month',
    yTitle: 'memory',
    x: points.map(({ month }) => month),
    lines: [
      { name: 'working sets', values: points.map(({ neededBytes }) => neededBytes) },
      { name: 'all caches full', values: points.map(({ worstCaseBytes }) => worstCaseBytes) },
    ],
    formatX: String,
    limit: split?.budget.scope === 'all' ? { name: 'budget', value: split.budget.budgetBytes } : undefined,
  });
  const table = renderTable({
    caption: 'Growth',
    columns: [
      ...['Month', 'Data, GiB', 'Working sets, MiB', 'All full, MiB', 'Disks enlarged'].map((title) => ({
        title,
        numeric: true,
      })),
    ],
    groups: [
      {
        rows: points.map((point) => ({
          cells: [
            String(point.month),
            plainNumber(point.allocatedBytes / 2 ** 30),
            mebibytes(point.neededBytes),
            mebibytes(point.worstCaseBytes),
            plainNumber(point.enlargedCount),
          ],
        })),
      },
    ],
  });
  return `<h2>Growth</h2>\n${figure}${table}`;
}
