import { exactBytes, formatBytes } from '../../../units/bytes.ts';
import type { FleetReport } from '../../fleet.ts';
import { printable } from '../../printable.ts';
import { escapeHtml } from '../charts/escape.ts';
import { mebibytes, plainNumber, renderTable } from '../table.ts';
import { renderLineFigure } from './line-figure.ts';

/** Which disks to convert first; nothing where no conversion pays. */
export function conversionSection({ conversion: plan }: FleetReport): string {
  if (plan.steps.length === 0) return '';
  const { half, curve } = plan;
  const goal = half
    ? `Half the memory that the working sets need: convert the first ${half.diskCount.toLocaleString('en')} disks in this order, ${formatBytes(half.copiedBytes)} to copy.`
    : `All ${plan.convertibleCount.toLocaleString('en')} disks that pay bring it from ${formatBytes(plan.neededBytes)} to ${formatBytes(plan.leastNeededBytes)}; half is out of reach.`;
  const figure = renderLineFigure({
    id: 'c-convert',
    title: 'Memory that the working sets need, over the data copied',
    description:
      'It falls fastest at first, since disks are in the order of memory saved per byte copied; the first are in the table.',
    xTitle: 'copied',
    yTitle: 'needed',
    x: curve.map(({ copiedBytes }) => copiedBytes),
    lines: [{ name: 'memory needed', values: curve.map(({ neededBytes }) => neededBytes) }],
    limit: { name: 'half of today', value: plan.neededBytes / 2 },
  });
  const table = renderTable({
    caption: `The first ${plan.steps.length}; the guest has to be off`,
    columns: [
      { title: 'Disk' },
      { title: 'Disks', numeric: true },
      { title: 'To clusters' },
      ...['Saves, MiB', 'Copies, GiB', 'Saved so far, MiB'].map((title) => ({ title, numeric: true })),
      { title: 'Command' },
    ],
    groups: [
      {
        rows: plan.steps.map((step) => ({
          cells: [
            printable(step.name),
            plainNumber(step.diskCount),
            `${exactBytes(step.clusterBytes)}${step.extendedL2 ? ', extended' : ''}`,
            mebibytes(step.savedBytes),
            plainNumber(step.copiedBytes / 2 ** 30),
            mebibytes(step.totalSavedBytes),
            { html: `<code>${escapeHtml(printable(step.command, 600))}</code>`, className: 't' },
          ],
        })),
      },
    ],
  });
  const kept =
    plan.keptForSnapshotsCount > 0
      ? `<p class=note>${plan.keptForSnapshotsCount.toLocaleString('en')} more would pay but have internal snapshots, which qemu-img convert does not copy.</p>\n`
      : '';
  return `<h2>Convert first</h2>\n<p class=lead>${escapeHtml(goal)}</p>\n${figure}${table}${kept}`;
}
