import type { ChartCell, ChartPage, WorkloadChart } from './chart-data.ts';

/** A list of records as a record of lists: each key stands once instead of once a record. */
type Columns<Row> = { readonly [Key in keyof Row]: readonly Row[Key][] };

interface PackedWorkload extends Omit<WorkloadChart, 'cells'> {
  /** Latencies in microseconds of three digits: more than a picture shows, and what most of the weight would be. */
  readonly cells: Columns<ChartCell>;
}

/** {@link ChartPage} as it stands in the page: half the weight. */
export interface PackedPage extends Omit<ChartPage, 'workloads'> {
  readonly workloads: readonly PackedWorkload[];
}

const keys = [
  'variant',
  'baseline',
  'iops',
  'ratio',
  'verdict',
  'at',
  'line',
  'latency',
  'memory',
  'space',
  'front',
  'hostIo',
  'count',
] as const satisfies readonly (keyof ChartCell)[];

export function packPage(page: ChartPage): PackedPage {
  return {
    ...page,
    workloads: page.workloads.map((workload) => ({
      ...workload,
      cells: Object.fromEntries(
        keys.map((key) => [
          key,
          workload.cells.map((cell) => (key === 'latency' ? scaled(cell.latency, 1000) : cell[key])),
        ]),
      ) as unknown as Columns<ChartCell>, // the keys are all of a cell's
    })),
  };
}

export function unpackPage(page: PackedPage): ChartPage {
  return {
    ...page,
    workloads: page.workloads.map(({ cells, ...workload }) => ({
      ...workload,
      cells: cells.variant.map((_, index) => {
        const cell = Object.fromEntries(keys.map((key) => [key, cells[key][index]])) as unknown as ChartCell;
        return { ...cell, latency: scaled(cell.latency, 0.001) };
      }),
    })),
  };
}

function scaled(latency: readonly number[] | null, factor: number): readonly number[] | null {
  return latency === null ? null : latency.map((value) => Number((value * factor).toPrecision(3)));
}
