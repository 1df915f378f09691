import { type Footprint, measureFootprint } from '../workload/footprint.ts';
import { estimateBacking, estimateImage } from './image-estimate.ts';
import type { Plan } from './plan.ts';
import type { PlannedTrial } from './record.ts';
import { imageKey } from './trial-id.ts';

/**
 * The rough cost model behind the times that a plan announces, before anything was measured. Orders of magnitude of a small
 * virtual machine on an SSD; the remaining time of a run corrects them after its first trials.
 */
export const costModel = {
  /** Making an image, starting and ending a tool: several processes a trial. */
  trialMs: 200,
  /** A request of 4 KiB that goes to the disk. */
  requestMs: 0.06,
  syncMs: 0.5,
  /** Data moved by requests, on top of that, and data written while an image is filled or copied. */
  bytesPerMs: 500_000,
  /** The untimed replay under trace events, as a multiple of the measured one. */
  hostIoFactor: 2,
} as const;

/** What one cell takes. */
export interface CellEstimate {
  readonly workload: string;
  readonly configuration: string;
  /** One trial without the making of an image that trials share. */
  readonly trialMs: number;
  /** The image after the trial at worst, allocated bytes. */
  readonly imageBytes: number;
  /** Its length, holes included. */
  readonly fileBytes: number;
}

/** What a plan takes, at worst in space and roughly in time. */
export interface PlanEstimate {
  readonly totalMs: number;
  /** Allocated bytes at the same time: images and backing files that are kept, and the largest trial's own image. */
  readonly diskBytes: number;
  /** The longest file, holes included. */
  readonly longestFileBytes: number;
  readonly cells: readonly CellEstimate[];
  /** @throws RangeError for a trial of another plan */
  trialMs(trial: PlannedTrial): number;
}

/**
 * Adds up what a plan is going to take. Space is an upper bound: every allocating write takes whole clusters, and no two
 * images share anything. Runs once over each workload's requests.
 */
export function estimatePlan(plan: Plan, options: { readonly traceHostIo: boolean }): PlanEstimate {
  const cells = new Map<string, CellEstimate>();
  const kept = new Map<string, { readonly bytes: number; readonly ms: number }>();
  let ownBytes = 0;
  let longestFileBytes = 0;
  const present = new Set(plan.trials.map((trial) => trial.workload));
  for (const entry of plan.summary.workloads) {
    if (!present.has(entry.name)) continue; // Another shard runs it.
    const workload = plan.workload(entry.name);
    const configurations = (entry.configurations ?? plan.summary.configurations.map((one) => one.label)).map((label) =>
      plan.configuration(label),
    );
    const footprint = measureFootprint(workload);
    for (const configuration of configurations) {
      const image = estimateImage(workload, configuration, footprint);
      const fillMs = image.filledBytes / costModel.bytesPerMs;
      const { state } = workload.image;
      if (state !== 'fresh') {
        kept.set(imageKey(workload, configuration, plan.backing?.path), { bytes: image.startBytes, ms: fillMs });
      }
      if (state !== 'shared') ownBytes = Math.max(ownBytes, image.endBytes);
      const copyMs = image.startBytes / costModel.bytesPerMs;
      const prepareMs = { fresh: fillMs, restored: copyMs, shared: 0 }[state];
      cells.set(cellKey(workload.name, configuration.label), {
        workload: workload.name,
        configuration: configuration.label,
        trialMs: costModel.trialMs + prepareMs + replayMs(footprint, options.traceHostIo),
        imageBytes: image.endBytes,
        fileBytes: image.fileBytes,
      });
      longestFileBytes = Math.max(longestFileBytes, image.fileBytes);
    }
    const backing = plan.backing ? undefined : estimateBacking(workload);
    if (backing) {
      kept.set(backing.key, { bytes: backing.bytes, ms: backing.bytes / costModel.bytesPerMs });
      longestFileBytes = Math.max(longestFileBytes, workload.diskBytes);
    }
  }
  const trialMs = (trial: PlannedTrial): number => {
    const cell = cells.get(cellKey(trial.workload, trial.configuration));
    if (!cell) throw new RangeError(`the plan has no trial of ${trial.workload} with ${trial.configuration}`);
    return cell.trialMs;
  };
  const keptMs = sum([...kept.values()].map((one) => one.ms));
  return {
    totalMs: keptMs + sum(plan.trials.map(trialMs)),
    diskBytes: ownBytes + sum([...kept.values()].map((one) => one.bytes)),
    longestFileBytes,
    cells: [...cells.values()],
    trialMs,
  };
}

function replayMs(footprint: Footprint, traceHostIo: boolean): number {
  const { readCount, writeCount, trimCount, syncCount, readBytes, writeBytes } = footprint;
  const onceMs =
    (readCount + writeCount + trimCount) * costModel.requestMs +
    syncCount * costModel.syncMs +
    (readBytes + writeBytes) / costModel.bytesPerMs;
  return onceMs * (traceHostIo ? 1 + costModel.hostIoFactor : 1);
}

function cellKey(workload: string, configuration: string): string {
  return JSON.stringify([workload, configuration]);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
