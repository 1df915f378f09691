import { lineName, speedAxis } from '../curves.ts';
import type { Figure } from '../journal-report-row.ts';
import { hostIoKinds, hostIoTitles } from '../metric.ts';
import { type SettingAxis, settingOf, varyingSettings } from '../setting-axes.ts';
import type { ChartCell, Interval, WorkloadChart } from './charts/chart-data.ts';
import type { PageCell, PageWorkload, Variant } from './page-model.ts';
import { paretoFront } from './pareto.ts';

/** What the charts of a workload need, and no more: it stands in the page a second time as JSON. */
export function chartWorkload(
  { cells }: PageWorkload,
  variants: readonly Variant[],
  severalJournals: boolean,
): WorkloadChart {
  const measured = cells.filter((cell) => cell.row.iops !== null);
  const axes = varyingSettings(measured.map((cell) => cell.row.configuration));
  const axis = speedAxis(axes);
  const nameOf = ({ row, variant }: PageCell): string => {
    const name = axis ? lineName(row.configuration, axis, axes) : '';
    const journal = severalJournals ? `journal ${(variants[variant]?.journal ?? 0) + 1}` : '';
    return [name, journal].filter((part) => part !== '').join(', ');
  };
  const lines = [...new Set(measured.map(nameOf))];
  const places = cells.map((cell) => (axis ? placeOf(cell, axis) : null));
  const onAxis = axis !== undefined && new Set(places.filter((place) => place !== null)).size > 1;
  const kinds = hostIoKinds.filter((kind) => cells.some((cell) => cell.row.hostIoPerRequest?.[kind] !== undefined));
  const front = paretoFront(
    cells.map((cell) => ({
      speed: cell.row.iops?.median ?? null,
      memory: memoryOf(cell),
      space: cell.row.allocatedBytes?.median ?? null,
    })),
  );
  return {
    axis: onAxis ? axis.name : null,
    lines: onAxis ? lines : [],
    kinds: kinds.map((kind) => hostIoTitles[kind]),
    kindColors: kinds.map((kind) => hostIoKinds.indexOf(kind)),
    cells: cells.map((cell, index): ChartCell => {
      const iops = cell.compared.get('iops');
      const { ratio, low, high, verdict } = iops ?? { ratio: null, low: null, high: null, verdict: null };
      return {
        variant: cell.variant,
        baseline: cell.isBaseline,
        iops: intervalOf(cell.row.iops),
        ratio: ratio === null || low === null || high === null ? null : [short(ratio), short(low), short(high)],
        verdict,
        at: onAxis ? (places[index] ?? null) : null,
        line: Math.max(0, lines.indexOf(nameOf(cell))),
        latency: cell.latency === null ? null : cell.latency.map(short),
        memory: memoryOf(cell),
        space: cell.row.allocatedBytes?.median ?? null,
        front: front[index] ?? false,
        hostIo:
          cell.row.hostIoPerRequest === null
            ? null
            : kinds.map((kind) => short(cell.row.hostIoPerRequest?.[kind] ?? 0)),
        count: cell.row.count,
      };
    }),
  };
}

/** Bytes of the L2 and the refcount cache together. */
export function memoryOf({ cache }: Pick<PageCell, 'cache'>): number | null {
  return cache === null ? null : cache.l2Bytes + cache.refcountBytes;
}

/** A value of the setting; where QEMU chooses the size of the L2 cache itself, what it chooses. */
function placeOf({ row, cache }: PageCell, axis: SettingAxis): number | null {
  const value = settingOf(row.configuration, axis);
  if (typeof value === 'number') return value;
  if (axis.name === 'l2-cache-size') return cache?.l2Bytes ?? null;
  return axis.name === 'l2-cache-entry-size' ? (cache?.l2EntryBytes ?? null) : null;
}

function intervalOf(figure: Figure | null): Interval | null {
  return figure && [short(figure.median), short(figure.low), short(figure.high)];
}

/** Four digits are more than a picture can show, and half the weight. */
function short(value: number): number {
  return Number(value.toPrecision(4));
}
