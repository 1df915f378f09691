import type { Histogram } from 'hdr-histogram-js';
import type { TrialMetrics } from '../../engine/engine.ts';
import { readTrials } from '../../trial/journal-reader.ts';
import type { CompletedTrial } from '../cell.ts';

/**
 * Percentiles of the latency curves, ascending. The middle is close-meshed, since latencies of a cache have a step where
 * hits end and misses begin.
 */
export const percentiles: readonly number[] = [
  1,
  ...Array.from({ length: 19 }, (_, index) => 5 * (index + 1)),
  96,
  97,
  98,
  99,
  99.5,
  99.9,
  99.95,
  99.99,
  99.999,
];

/** What is kept of a trial's histograms: a hundredth of their size. */
export interface TrialLatency {
  /** Milliseconds at {@link percentiles}, those with at least one slower request; float32. */
  readonly curve: Float32Array;
}

/** What a pass over the trials' histograms gives. */
export interface LatencyPass {
  /** By id of the trial, of its last completed record; trials without a readable histogram are absent. */
  readonly curves: ReadonlyMap<string, TrialLatency>;
  /** Records that a later completed one of the same id replaced, histograms forgotten. */
  readonly replaced: readonly CompletedTrial[];
}

/**
 * Decodes the latency histograms of a journal, one trial at a time, into curves of a few hundred bytes each.
 * @throws InputError as `readTrials`
 */
export async function readLatencies(path: string): Promise<LatencyPass> {
  const { decodeFromCompressedBase64 } = await import('hdr-histogram-js');
  const curves = new Map<string, TrialLatency>();
  const latest = new Map<string, CompletedTrial>();
  const replaced: CompletedTrial[] = [];
  for await (const trial of readTrials(path)) {
    if (trial.state !== 'completed') continue;
    const before = latest.get(trial.id);
    if (before) replaced.push(before);
    const curve = curveOf(trial.metrics, decodeFromCompressedBase64);
    if (curve) curves.set(trial.id, { curve });
    else curves.delete(trial.id);
    latest.set(trial.id, withoutBulk(trial));
  }
  return { curves, replaced };
}

function withoutBulk(trial: CompletedTrial): CompletedTrial {
  const { slices, ...rest } = trial;
  return { ...rest, metrics: { ...trial.metrics, histograms: {} }, command: [] };
}

/** Undefined where there is no histogram or one cannot be read: it is a picture's detail, and no reason to refuse. */
function curveOf({ histograms }: TrialMetrics, decode: (encoded: string) => Histogram): Float32Array | undefined {
  let all: Histogram | undefined;
  try {
    for (const encoded of Object.values(histograms)) {
      const histogram = decode(encoded);
      if (all) all.add(histogram);
      else all = histogram;
    }
  } catch {
    return undefined;
  }
  if (!all || !(all.totalCount > 0)) return undefined;
  const histogram = all;
  const told = percentiles.filter((percent) => histogram.totalCount * (1 - percent / 100) >= 1 - 1e-9);
  return Float32Array.from(told, (percent) => histogram.getValueAtPercentile(percent) / 1e6);
}

/** The middle of several trials at each percentile that all of them have; null where there are none. */
export function medianCurve(curves: readonly TrialLatency[]): readonly number[] | null {
  const length = Math.min(...curves.map(({ curve }) => curve.length));
  if (!Number.isFinite(length) || length === 0) return null;
  return Array.from({ length }, (_, rank) => {
    const values = curves.map(({ curve }) => curve[rank] ?? 0).sort((left, right) => left - right);
    const middle = (values.length - 1) / 2;
    return ((values[Math.floor(middle)] ?? 0) + (values[Math.ceil(middle)] ?? 0)) / 2;
  });
}
