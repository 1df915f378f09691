import type { CostComponent } from '../../src/driver/cost/components.ts';
import type { TrialMetrics } from '../../src/engine/engine.ts';
import type { SettingValues } from '../../src/settings/configuration.ts';
import { median } from '../../src/stats/quantiles.ts';
import { toSample } from '../../src/stats/sample.ts';
import type { OperationName } from '../../src/workload/request.ts';

/** Milliseconds inside the driver by kind of request. */
export type TimeByOperation = Readonly<Partial<Record<OperationName, number>>>;

/** One workload under one configuration: what was measured and what the model says. */
export interface Cell {
  readonly workload: string;
  readonly create: SettingValues;
  readonly drive: SettingValues;
  /** Data requests a second of each repetition, in the order in which they ran. */
  readonly measured: readonly number[];
  readonly predicted: number;
  /** The range that the prediction is claimed for. */
  readonly low: number;
  readonly high: number;
  readonly requestCount: number;
  /** Medians over the repetitions. */
  readonly measuredMs: TimeByOperation;
  readonly predictedMs: TimeByOperation;
  /** What the predicted time is made of, milliseconds; `overlap` is what parts at once saved. */
  readonly componentsMs: Readonly<Partial<Record<CostComponent | 'overlap', number>>>;
}

export function measuredRate({ measured }: Cell): number {
  return medianOf(measured);
}

/** Predicted over measured, less one: 0.1 is a prediction that is 10 % too fast. */
export function relativeError(cell: Cell): number {
  return cell.predicted / measuredRate(cell) - 1;
}

/** Time by kind of request of one run. */
export function timeByOperation({ latencyByOperationMs, syncMs, syncCount }: Times): TimeByOperation {
  const times: Partial<Record<OperationName, number>> = {};
  for (const name of ['read', 'write', 'trim'] as const) {
    const latency = latencyByOperationMs[name];
    if (latency !== undefined) times[name] = latency.count * latency.mean;
  }
  return syncCount > 0 ? { ...times, sync: syncMs } : times;
}

type Times = Pick<TrialMetrics, 'latencyByOperationMs' | 'syncMs' | 'syncCount'>;

/** Middle value; NaN of none. */
export function medianOf(values: readonly number[]): number {
  const sample = toSample(values);
  return sample === undefined ? Number.NaN : median(sample);
}
