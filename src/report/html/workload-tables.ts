import { formatMultiple } from '../figures.ts';
import { hostIoKinds, hostIoTitles } from '../metric.ts';
import { trialsAnchor } from './anchors.ts';
import { memoryOf } from './chart-workload.ts';
import type { WorkloadChart } from './charts/chart-data.ts';
import { formatShare } from './charts/host-io-chart.ts';
import { percentiles } from './latency-curves.ts';
import type { PageCell, PageWorkload } from './page-model.ts';
import { type HtmlCell, mebibytes, microseconds, plainNumber, renderTable } from './table.ts';

/** The figures of the charts of speed and of trade-offs. */
export function speedTable({ cells }: PageWorkload, index: number, chart: WorkloadChart | undefined): string {
  const amplified = cells.some((cell) => cell.row.spaceAmplificationRatio !== null);
  return renderTable({
    caption: 'Speed and size',
    columns: [
      { title: 'configuration' },
      { title: 'IOPS', numeric: true },
      { title: 'low', numeric: true },
      { title: 'high', numeric: true },
      { title: '× baseline', numeric: true },
      { title: 'caches, MiB', numeric: true },
      { title: 'allocated, MiB', numeric: true },
      ...(amplified ? [{ title: 'space per byte stored', numeric: true }] : []),
      { title: 'front' },
      { title: 'trials', numeric: true },
    ],
    groups: [
      {
        rows: cells.map((cell, place) => {
          const { iops, spaceAmplificationRatio } = cell.row;
          const ratio = cell.compared.get('iops')?.ratio ?? null;
          return {
            variant: cell.variant,
            cells: [
              cell.name,
              plainNumber(iops?.median),
              plainNumber(iops?.low),
              plainNumber(iops?.high),
              ratio === null ? '–' : formatMultiple(ratio).slice(1),
              mebibytes(memoryOf(cell)),
              mebibytes(cell.row.allocatedBytes?.median),
              ...(amplified ? [plainNumber(spaceAmplificationRatio?.median)] : []),
              chart?.cells[place]?.front ? 'yes' : '',
              trialsLink(cell, index),
            ],
          };
        }),
      },
    ],
  });
}

/** The number of trials, leading to them. */
function trialsLink(cell: PageCell, index: number): HtmlCell {
  const { count, incompleteCount } = cell.row;
  const text = incompleteCount > 0 ? `${count} of ${count + incompleteCount}` : String(count);
  return { html: `<a href=#${trialsAnchor(index, cell.variant)}>${text}</a>` };
}

/** Percentiles told in the table of latencies; the curve has more. */
const toldPercentiles = [50, 90, 99, 99.9, 99.99] as const;

export function latencyTable({ cells }: PageWorkload): string {
  const told = toldPercentiles.filter((percent) => {
    const rank = percentiles.indexOf(percent);
    return percent === 50 || percent === 99 || cells.some((cell) => (cell.latency?.length ?? 0) > rank);
  });
  return renderTable({
    caption: 'Latency, microseconds',
    columns: [
      { title: 'configuration' },
      ...told.map((percent) => ({ title: `${percent} %, µs`, numeric: true })),
      { title: 'slowest, µs', numeric: true },
    ],
    groups: [
      {
        rows: cells.map((cell) => ({
          variant: cell.variant,
          cells: [
            cell.name,
            ...told.map((percent) => microseconds(latencyAt(cell, percent))),
            microseconds(slowest(cell)),
          ],
        })),
      },
    ],
  });
}

/** As the tables of `report` have it where they do; from the curve elsewhere. */
function latencyAt({ row, latency }: PageCell, percent: number): number | undefined {
  if (percent === 50 && row.latencyP50Ms) return row.latencyP50Ms.median;
  if (percent === 99 && row.latencyP99Ms) return row.latencyP99Ms.median;
  return latency?.[percentiles.indexOf(percent)];
}

function slowest({ trials }: PageCell): number | undefined {
  const values = trials.completed.map((trial) => trial.metrics.latencyMs.max).filter(Number.isFinite);
  return values.length === 0 ? undefined : Math.max(...values);
}

export function hostIoTable({ cells }: PageWorkload): string {
  const kinds = hostIoKinds.filter((kind) => cells.some((cell) => cell.row.hostIoPerRequest?.[kind] !== undefined));
  return renderTable({
    caption: 'Host I/O per guest request',
    columns: [
      { title: 'configuration' },
      ...kinds.map((kind) => ({ title: hostIoTitles[kind], numeric: true })),
      { title: 'all', numeric: true },
    ],
    groups: [
      {
        rows: cells.map(({ variant, name, row }) => {
          const shares = kinds.map((kind) => row.hostIoPerRequest?.[kind] ?? 0);
          const told = row.hostIoPerRequest === null ? kinds.map(() => '–') : shares.map(formatShare);
          const total = shares.reduce((sum, share) => sum + share, 0);
          return { variant, cells: [name, ...told, row.hostIoPerRequest === null ? '–' : formatShare(total)] };
        }),
      },
    ],
  });
}
