import type { DrawChart, WorkloadChart } from './chart-data.ts';
import { drawHostIo } from './host-io-chart.ts';
import { drawLatency } from './latency-chart.ts';
import { drawPareto } from './pareto-chart.ts';
import { drawRatios } from './ratio-chart.ts';
import { drawOverSetting } from './setting-chart.ts';
import { drawSpeed } from './speed-chart.ts';

export type ChartName = 'ratio' | 'speed' | 'latency' | 'pareto' | 'hostio';

export interface ChartKind {
  readonly draw: DrawChart;
  /** The scale that it has at first; null where it has but one. */
  readonly log: boolean | null;
}

/** Every chart that a workload may have, by the name in the page's markup. */
export const charts: Readonly<Record<ChartName, ChartKind>> = {
  ratio: { draw: drawRatios, log: null },
  speed: {
    draw: (page, workload, view) => (hasSettingAxis(workload) ? drawOverSetting : drawSpeed)(page, workload, view),
    log: false,
  },
  latency: { draw: drawLatency, log: true },
  pareto: { draw: drawPareto, log: false },
  hostio: { draw: drawHostIo, log: null },
};

export function hasSettingAxis(workload: WorkloadChart): boolean {
  return workload.axis !== null;
}
