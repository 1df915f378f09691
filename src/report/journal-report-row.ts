import type { EngineName, HostIoCounts } from '../engine/engine.ts';
import type { Configuration } from '../settings/configuration.ts';
import type { Verdict } from '../stats/verdict.ts';

/** A median with its interval, or with the range of the values where they are too few for one. */
export interface Figure {
  readonly median: number;
  readonly low: number;
  readonly high: number;
  readonly sufficient: boolean;
}

/** IOPS as a multiple of the baseline row's, from pairs of the same block. */
export interface RelativeFigure {
  readonly ratio: number;
  readonly low: number;
  readonly high: number;
  readonly verdict: Verdict;
}

/** One configuration under one workload and engine; a figure is null where no completed trial has it. */
export interface JournalReportRow {
  readonly configuration: Configuration;
  readonly engine: EngineName;
  readonly source: 'measured' | 'predicted';
  /** Completed trials, and all others. */
  readonly count: number;
  readonly incompleteCount: number;
  readonly isBaseline: boolean;
  readonly iops: Figure | null;
  readonly relativeIops: RelativeFigure | null;
  readonly latencyP50Ms: Figure | null;
  readonly latencyP99Ms: Figure | null;
  readonly fileBytes: Figure | null;
  readonly allocatedBytes: Figure | null;
  readonly spaceAmplificationRatio: Figure | null;
  /** Mean distance from the end of a data request to the next, in the guest's disk and in the image file. */
  readonly guestSeekBytes: Figure | null;
  readonly hostSeekBytes: Figure | null;
  /** Host I/O requests per guest request by kind, warm-up included in both; null where it was not traced. */
  readonly hostIoPerRequest: Readonly<Partial<Record<keyof HostIoCounts, number>>> | null;
}
