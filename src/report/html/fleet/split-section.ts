import { exactBytes, formatBytes } from '../../../units/bytes.ts';
import { formatCount, formatRatio } from '../../../units/rate.ts';
import type { FleetReport } from '../../fleet.ts';
import { printable } from '../../printable.ts';
import { escapeHtml } from '../charts/escape.ts';
import { mebibytes, plainNumber, renderTable } from '../table.ts';
import { renderCards } from './cards.ts';

/** The best split of the budget; nothing where there was none. */
export function splitSection({ split, today }: FleetReport): string {
  if (split === undefined) return '';
  const { budget, classes, classCount } = split;
  const title = `The best split of ${formatBytes(budget.budgetBytes)}${budget.scope === 'host' ? ' on every host' : ''}`;
  const cards = renderCards([
    { title: 'Used', value: formatBytes(split.memoryBytes), note: `the least is ${formatBytes(split.leastBytes)}` },
    {
      title: 'L2 misses per second',
      value: formatCount(split.missesPerSecond),
      note: `${formatCount(today.missesPerSecond)} today`,
    },
    {
      title: 'Budget in equal parts',
      value: formatCount(split.evenMissesPerSecond),
      note: 'misses per second, for comparison',
    },
    {
      title: 'Of the best possible',
      value: formatRatio(Math.min(1, split.boundRatio)),
      note: `the next MiB would save ${formatCount(split.nextMebibyteSavesPerSecond)} misses/s`,
    },
  ]);
  const table = renderTable({
    caption: 'l2-cache-size by kind of disk; qtune capacity --out lists every disk',
    columns: [
      { title: 'Workload' },
      ...['Disk from, GiB', 'Disk to, GiB'].map((text) => ({ title: text, numeric: true })),
      { title: 'Clusters' },
      ...['Disks', 'Cache from, MiB', 'Cache to, MiB', 'In all, MiB', 'Today, MiB', 'Misses/s', 'Today'].map(
        (text) => ({
          title: text,
          numeric: true,
        }),
      ),
    ],
    groups: [
      {
        rows: classes.map((one) => ({
          cells: [
            printable(one.workload),
            plainNumber(one.smallestDiskBytes / 2 ** 30),
            plainNumber(one.largestDiskBytes / 2 ** 30),
            `${exactBytes(one.clusterBytes)}${one.extendedL2 ? ', extended' : ''}`,
            plainNumber(one.diskCount),
            mebibytes(one.smallestCacheBytes),
            mebibytes(one.largestCacheBytes),
            mebibytes(one.l2Bytes),
            mebibytes(one.todayL2Bytes),
            plainNumber(one.missesPerSecond),
            plainNumber(one.todayMissesPerSecond),
          ],
        })),
      },
    ],
  });
  const rest = classCount - classes.length;
  const more = rest > 0 ? `<p class=note>${rest.toLocaleString('en')} more kinds take less.</p>\n` : '';
  return `<h2>${escapeHtml(title)}</h2>\n${cards}${table}${more}`;
}
