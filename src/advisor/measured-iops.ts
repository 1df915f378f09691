import type { TrialMetrics } from '../engine/engine.ts';
import type { TrialRecord } from '../trial/record.ts';
import type { Workload } from '../workload/workload.ts';
import type { MeasuringWorkloads } from './measuring-workloads.ts';
import type { WorkloadTraits } from './workload-traits.ts';

/** What was measured of one configuration. */
export interface MeasuredIops {
  /** Requests per second of the whole workload, by block; only blocks in which every part completed for every configuration. */
  readonly values: readonly number[];
  /** Host bytes per byte stored of its writes; empty where nothing was written. */
  readonly spaceAmplificationRatios: readonly number[];
  /** The range that a prediction is claimed for; absent where values were measured. */
  readonly interval?: { readonly low: number; readonly high: number };
}

type Completed = Extract<TrialRecord, { state: 'completed' }>;

/** What is in the records, by the settings they ran under. */
export interface MeasuredSettings {
  readonly label: string;
  readonly extendedL2: boolean;
}

/** Labels of the two configurations that tell what reading data costs. */
export interface DataReadLabels {
  readonly plain: string;
  readonly subclusters: string;
}

/**
 * Puts the measured parts of a workload together, block by block. The time of a request is the share of reads times a read plus
 * the share of writes times a write with its flushes. Writes are measured where their tables are cached, so a write
 * pays for its lookup what a read takes beyond the fastest configuration's in the same block. Reads of an image with subclusters end
 * before the data, so what reading data takes on a small disk in the same block is added to them.
 *
 * @param configurations every one of them has to be complete in a block for the block to count
 */
export function combineMeasurements(
  traits: WorkloadTraits,
  parts: MeasuringWorkloads,
  records: readonly TrialRecord[],
  configurations: readonly MeasuredSettings[],
  dataRead: DataReadLabels,
): ReadonlyMap<string, MeasuredIops> {
  const completed = records.filter((record): record is Completed => record.state === 'completed');
  const result = new Map<string, Result>(
    configurations.map(({ label }) => [label, { values: [], spaceAmplificationRatios: [] }]),
  );
  for (const block of [...new Set(completed.map((record) => record.block))].sort((a, b) => a - b)) {
    const metrics = (workload: Workload | undefined, label: string): TrialMetrics | undefined =>
      completed.find(
        (record) =>
          record.block === block && record.configuration.label === label && record.workload === workload?.name,
      )?.metrics;
    const dataSeconds =
      seconds(metrics(parts.data, dataRead.plain)) - seconds(metrics(parts.data, dataRead.subclusters));
    const cells = configurations.map(({ label, extendedL2 }) => {
      const skipped = extendedL2 && parts.data ? Math.max(0, dataSeconds) : 0;
      const write = metrics(parts.whole ?? parts.write, label);
      return {
        label,
        readSeconds: parts.whole ? 0 : seconds(metrics(parts.read, label)) + skipped,
        writeSeconds: parts.whole || parts.write ? seconds(write) : 0,
        skippedSeconds: skipped,
        space: write?.spaceAmplificationRatio,
        spread: spreadOf([metrics(parts.read, label), write]),
      };
    });
    if (cells.some((cell) => Number.isNaN(cell.readSeconds + cell.writeSeconds))) continue;
    const rates = combinedRates(traits, parts, cells);
    for (const [index, cell] of cells.entries()) {
      const measured = result.get(cell.label);
      const iops = rates[index] as number;
      measured?.values.push(iops);
      if (measured && cell.spread) measured.interval = { low: iops * cell.spread.low, high: iops * cell.spread.high };
      if (cell.space !== undefined) measured?.spaceAmplificationRatios.push(cell.space);
    }
  }
  return result;
}

/** Seconds of a data request in the parts of one configuration. */
export interface PartSeconds {
  readonly readSeconds: number;
  /** Of the whole workload where it was not measured in parts. */
  readonly writeSeconds: number;
  /** What reads left out because they found nothing allocated. */
  readonly skippedSeconds: number;
}

interface Result {
  readonly values: number[];
  readonly spaceAmplificationRatios: number[];
  interval?: { readonly low: number; readonly high: number };
}

/** Requests per second of the whole workload, of configurations that were run beside each other; see {@link combineMeasurements}. */
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

/** The widest interval of the parts, as shares of the rate; undefined where they were measured. */
function spreadOf(parts: readonly (TrialMetrics | undefined)[]): Spread | undefined {
  return widestSpread(parts.flatMap((part) => (part?.iopsInterval ? [{ iops: part.iops, ...part.iopsInterval }] : [])));
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

/** Per data request; NaN where it was not measured. */
function seconds(metrics: TrialMetrics | undefined): number {
  return metrics ? 1 / metrics.iops : Number.NaN;
}
