import { formatBytes } from '../../../units/bytes.ts';
import { formatCount } from '../../../units/rate.ts';
import type { FleetReport } from '../../fleet.ts';
import { printable } from '../../printable.ts';
import { mebibytes, plainNumber, renderTable } from '../table.ts';
import { renderCards } from './cards.ts';

/** What the caches take now, in all and by workload. */
export function todaySection({ today, workloads }: FleetReport): string {
  const each = (bytes: number): string => `${formatBytes(bytes / today.diskCount)} a disk`;
  const whole = (count: number): string => count.toLocaleString('en');
  const cards = renderCards([
    { title: 'All caches full', value: formatBytes(today.worstCaseBytes), note: each(today.worstCaseBytes) },
    { title: 'Expected', value: formatBytes(today.expectedBytes), note: each(today.expectedBytes) },
    {
      title: 'To map every working set',
      value: formatBytes(today.workingSetBytes + today.fixedBytes),
      note: each(today.workingSetBytes + today.fixedBytes),
    },
    {
      title: 'To map every disk whole',
      value: formatBytes(today.fullCoverageBytes + today.fixedBytes),
      note: `${whole(today.belowFullCoverageCount)} of ${whole(today.diskCount)} disks are below`,
    },
    {
      title: 'L2 misses per second',
      value: formatCount(today.missesPerSecond),
      note: `${whole(today.belowWorkingSetCount)} disks below their working set, ${whole(today.idleCount)} idle`,
    },
  ]);
  const parts = renderTable({
    caption: 'All caches full, by kind',
    columns: [{ title: 'Kind' }, { title: 'MiB', numeric: true }],
    groups: [
      {
        rows: [
          ['L2 caches of active images', today.l2Bytes] as const,
          ['L2 caches of backing images (QEMU’s default)', today.backingBytes] as const,
          ['Refcount caches', today.refcountBytes] as const,
        ].map(([name, bytes]) => ({ cells: [name, mebibytes(bytes)] })),
      },
    ],
  });
  const table = renderTable({
    caption: 'By workload',
    columns: [
      { title: 'Workload' },
      ...['Disks', 'All full, MiB', 'Expected, MiB', 'Working sets, MiB', 'Requests/s', 'Misses/s'].map((title) => ({
        title,
        numeric: true,
      })),
    ],
    groups: [
      {
        rows: workloads.map((one) => ({
          cells: [
            printable(one.name),
            plainNumber(one.diskCount),
            mebibytes(one.worstCaseBytes),
            mebibytes(one.expectedBytes),
            mebibytes(one.workingSetBytes + one.fixedBytes),
            plainNumber(one.lookupsPerSecond),
            plainNumber(one.missesPerSecond),
          ],
        })),
      },
    ],
  });
  return `<h2>Metadata caches today</h2>\n${cards}${parts}${table}`;
}
