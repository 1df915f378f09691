import type { Verdict } from '../../../stats/verdict.ts';

/** A median with the ends of its interval. */
export type Interval = readonly [median: number, low: number, high: number];

/** What the charts show of one variant under one workload; null where it was not measured. */
export interface ChartCell {
  /** Index into {@link ChartPage.names}. */
  readonly variant: number;
  readonly baseline: boolean;
  readonly iops: Interval | null;
  /** IOPS over the baseline's. */
  readonly ratio: Interval | null;
  readonly verdict: Verdict | null;
  /** Place on {@link WorkloadChart.axis}, bytes, and index of its line. */
  readonly at: number | null;
  readonly line: number;
  /** Milliseconds at {@link ChartPage.percentiles}, as far as there were requests enough. */
  readonly latency: readonly number[] | null;
  /** L2 and refcount cache, bytes. */
  readonly memory: number | null;
  /** Allocated bytes of the image. */
  readonly space: number | null;
  /** No other variant is better in one of speed, memory and space and as good in the others. */
  readonly front: boolean;
  /** Host I/O per guest request of each of {@link WorkloadChart.kinds}. */
  readonly hostIo: readonly number[] | null;
  /** Completed trials. */
  readonly count: number;
}

/** The charts of one workload. */
export interface WorkloadChart {
  /** The setting over which IOPS are drawn; null where no setting in bytes varies. */
  readonly axis: string | null;
  /** Names of the lines of that chart. */
  readonly lines: readonly string[];
  /** Kinds of host I/O that occurred, as titles, and their places in the palette. */
  readonly kinds: readonly string[];
  readonly kindColors: readonly number[];
  /** In the order of the plan. */
  readonly cells: readonly ChartCell[];
}

/** All that the page's charts are drawn from, here and in the browser, where it stands as JSON. */
export interface ChartPage {
  /** Variants: configurations, with the journal where there are several. Safe to print, not escaped. */
  readonly names: readonly string[];
  /** Percentiles of the latency curves, ascending, below 100. */
  readonly percentiles: readonly number[];
  readonly workloads: readonly WorkloadChart[];
}

/** How a chart is to be drawn. */
export interface ChartView {
  /** Outer width, pixels. */
  readonly width: number;
  /** Scale of the axis of values. */
  readonly log: boolean;
  /** By variant: whether it is to be seen. */
  readonly chosen: readonly boolean[];
  /** Whether marks carry what to say of them: left out of the static page for its weight. */
  readonly tips: boolean;
}

/** A drawn chart. */
export interface Drawing {
  readonly height: number;
  /** Content of the svg element. */
  readonly content: string;
  /** Variants left out because more would be no picture. */
  readonly leftOut: number;
}

export type DrawChart = (page: ChartPage, workload: WorkloadChart, view: ChartView) => Drawing;

/** Widest that charts are drawn, pixels: the static page's, and as wide as its text. */
export const mostWidth = 1080;
