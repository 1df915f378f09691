import { exactBytes, formatBytes } from '../units/bytes.ts';
import { formatCount, formatRatio } from '../units/rate.ts';
import type { FleetClass, FleetReport, FleetSplitReport } from './fleet.ts';
import { mostRows, shown, whole, wrapped } from './fleet-text-parts.ts';
import { renderTable } from './table.ts';

/** How the budget is split best, what that saves, and how it is said; empty without a budget. */
export function splitSection({ split, today: { missesPerSecond } }: FleetReport): string {
  if (split === undefined) return '';
  const { budget, memoryBytes, boundRatio } = split;
  const what = budget.scope === 'all' ? 'in all' : 'on every host';
  const title = `The best split of ${formatBytes(budget.budgetBytes)} ${what}: ${formatBytes(memoryBytes)} are used`;
  const compared = renderTable(
    [{ title: 'L2 misses per second' }, { title: '', align: 'right' }],
    [
      ['with the settings of today', formatCount(missesPerSecond)],
      ['with the least caches', formatCount(split.leastCacheMissesPerSecond)],
      ['budget in equal parts', formatCount(split.evenMissesPerSecond)],
      ['this split', formatCount(split.missesPerSecond)],
    ],
  );
  const quality =
    boundRatio > 0.9995
      ? 'No split of this memory saves more'
      : `It saves ${formatRatio(boundRatio)} of what no split of this memory exceeds`;
  const more = split.nextMebibyteSavesPerSecond;
  const next =
    more < 0.005
      ? 'more memory would save next to nothing'
      : `the next MiB would save ${formatCount(more)} misses a second`;
  return `${wrapped(title)}\n\n${compared}\n${wrapped(`${quality}; ${next}.`)}\n\n${classTable(split)}\n${howToSay(split)}`;
}

function classTable({ classes, classCount }: FleetSplitReport): string {
  const table = renderTable(
    [
      { title: 'Workload' },
      { title: 'disks of', align: 'right' },
      { title: 'clusters', align: 'right' },
      { title: 'disks', align: 'right' },
      { title: 'l2-cache-size', align: 'right' },
      { title: 'in all', align: 'right' },
      { title: 'misses/s', align: 'right' },
    ],
    classes
      .slice(0, mostRows)
      .map((one) => [
        shown(one.workload),
        range(one.smallestDiskBytes, one.largestDiskBytes),
        `${exactBytes(one.clusterBytes)}${one.extendedL2 ? ' ext' : ''}`,
        whole(one.diskCount),
        cacheRange(one),
        formatBytes(one.l2Bytes),
        formatCount(one.missesPerSecond),
      ]),
  );
  const rest = classCount - mostRows;
  return rest > 0 ? `${table}${whole(rest)} more kinds of disks take less; --out FILE.csv lists every disk.\n` : table;
}

/** A value that QEMU takes where all disks of the class have the same. */
function cacheRange({ smallestCacheBytes, largestCacheBytes }: FleetClass): string {
  if (smallestCacheBytes === largestCacheBytes) return exactBytes(smallestCacheBytes);
  return range(smallestCacheBytes, largestCacheBytes);
}

function range(from: number, to: number): string {
  if (from === to) return formatBytes(from);
  const [low, high] = [formatBytes(from), formatBytes(to)];
  const unit = high.slice(high.lastIndexOf(' '));
  return low.endsWith(unit) ? `${low.slice(0, -unit.length)}–${high}` : `${low}–${high}`;
}

function howToSay({ classes }: FleetSplitReport): string {
  const [first] = classes;
  if (!first) return '';
  const { l2CacheBytes, name } = first.example;
  return [
    `How it is said, for ${shown(name)}:`,
    `  -drive file=…,format=qcow2,l2-cache-size=${exactBytes(l2CacheBytes)}`,
    `  -blockdev driver=qcow2,…,l2-cache-size=${l2CacheBytes}`,
    "QEMU rounds to whole entries of 4 KiB; a running guest takes it by QMP's",
    'blockdev-reopen (`qtune apply`).\n',
  ].join('\n');
}
