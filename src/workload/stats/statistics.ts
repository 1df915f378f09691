import type { AlignmentRatio } from './alignment-counts.ts';
import type { AllocationShape } from './allocation.ts';
import type { KindCounts } from './request-counts.ts';
import type { OrderRatios } from './request-order.ts';
import type { SizeDistribution } from './size-counts.ts';
import type { Timing } from './timing.ts';
import type { WorkloadWindows } from './working-set.ts';

/**
 * What a workload's requests come to, warm-up included. Counts, sizes, order and times are exact; what depends on which parts of
 * the disk were touched before is exact up to a bound of memory, and `estimate` says where it is not.
 */
export interface WorkloadStatistics extends KindCounts {
  readonly requestCount: number;
  /** Distinct bytes that are read or written, in sectors of 512 bytes. */
  readonly footprintBytes: number;
  /** Distinct bytes that are written, and bytes written over what was written before. */
  readonly distinctWrittenBytes: number;
  readonly rewrittenBytes: number;
  /** From the first request to the last; null where requests have no times. */
  readonly durationMs: number | null;
  /** Share of reads, writes and trims that start where the one before ended. */
  readonly sequentialRatio: number;
  /** Reads among reads and writes, by number and by bytes. */
  readonly readRatio: number;
  readonly readBytesRatio: number;
  readonly sizes: {
    readonly read: SizeDistribution | null;
    readonly write: SizeDistribution | null;
    readonly trim: SizeDistribution | null;
  };
  readonly alignment: readonly AlignmentRatio[];
  readonly order: { readonly all: OrderRatios; readonly reads: OrderRatios; readonly writes: OrderRatios };
  readonly timing: Timing | null;
  readonly syncs: {
    /** Null without syncs. */
    readonly writesPerSync: number | null;
    readonly writtenBytesPerSync: number | null;
    /** Null without times. */
    readonly syncsPerSecond: number | null;
  };
  /** Pages of 4 KiB that reads and writes touch, one after the other, and the share of them that was touched before. */
  readonly pages: { readonly accessCount: number; readonly seenBeforeRatio: number };
  readonly windows: WorkloadWindows;
  readonly allocation: readonly AllocationShape[];
  /** Null where everything is exact. */
  readonly estimate: StatisticsEstimate | null;
}

/** How much is estimated. */
export interface StatisticsEstimate {
  /** The keys that hold estimates. */
  readonly keys: readonly string[];
  /** Share of the regions of 2 MiB that was followed to the end. */
  readonly followedRatio: number;
  /** The true value of the distinct bytes lies within this share of the figure at 95 %; the others are about as sure. */
  readonly errorRatio: number;
}
