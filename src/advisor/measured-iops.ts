import type { MeasuringWorkloads } from './measuring-workloads.ts';
import type { WorkloadTraits } from './workload-traits.ts';

/** Seconds of a data request in the parts of one configuration. */
export interface PartSeconds {
  readonly readSeconds: number;
  /** Of the whole workload where it was not measured in parts. */
  readonly writeSeconds: number;
  /** What reads left out because they found nothing allocated. */
  readonly skippedSeconds: number;
}

/**
 * Puts the measured parts of a workload together. The time of a request is the share of reads times a read plus the share of
 * writes times a write with its flushes. Writes are measured where their tables are cached, so a write pays for its lookup what a
 * read takes beyond the fastest configuration's in the same heat. Reads of an image with subclusters end before the data, so what
 * reading data takes on a small disk is added to them.
 *
 * @returns requests per second of the whole workload, of configurations that were run beside each other
 */
export function combinedRates(
  traits: WorkloadTraits,
  parts: Pick<MeasuringWorkloads, 'whole'>,
  cells: readonly PartSeconds[],
): readonly number[] {
  const fastestSeconds = cells.reduce((least, cell) => Math.min(least, cell.readSeconds), Number.POSITIVE_INFINITY);
  return cells.map((cell) => 1 / requestSeconds(traits, parts, cell, fastestSeconds));
}

/** Ends of a predicted interval as shares of the rate. */
interface Spread {
  readonly low: number;
  readonly high: number;
}

/** The widest interval of predicted rates, as shares of the rate; undefined for none. */
export function widestSpread(
  rates: readonly { readonly iops: number; readonly low: number; readonly high: number }[],
): Spread | undefined {
  const spreads = rates.map(({ iops, low, high }) => ({ low: low / iops, high: high / iops }));
  if (spreads.length === 0) return undefined;
  return { low: Math.min(...spreads.map(({ low }) => low)), high: Math.max(...spreads.map(({ high }) => high)) };
}

function requestSeconds(
  traits: WorkloadTraits,
  parts: Pick<MeasuringWorkloads, 'whole'>,
  cell: PartSeconds,
  fastestSeconds: number,
): number {
  if (parts.whole) return cell.writeSeconds + traits.readRatio * cell.skippedSeconds;
  const lookupSeconds = cell.readSeconds - fastestSeconds;
  return traits.readRatio * cell.readSeconds + (1 - traits.readRatio) * (cell.writeSeconds + lookupSeconds);
}
