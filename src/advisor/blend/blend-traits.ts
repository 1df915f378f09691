import { formatRatio } from '../../units/rate.ts';
import { type WorkloadTraits, workingSetBytes } from '../workload-traits.ts';
import type { BlendPart } from './blend.ts';

/**
 * Traits of all workloads of a blend together, for the rules that explain settings and for which settings are looked at: means by
 * weight, and the largest working set. Speeds are not predicted from them, but workload by workload.
 */
export function blendTraits(parts: readonly BlendPart[], diskBytes: number): WorkloadTraits {
  const total = parts.reduce((sum, { weight }) => sum + weight, 0);
  const mean = (value: (traits: WorkloadTraits) => number) =>
    parts.reduce((sum, { traits, weight }) => sum + (weight / total) * value(traits), 0);
  const names = parts.map(({ traits, weight }) => `${traits.name} (${formatRatio(weight / total)})`);
  return {
    name: parts.map(({ traits }) => traits.name).join('+'),
    title: `a blend of ${names.join(', ')}`,
    source: parts.map(({ traits }) => `${traits.name}: ${traits.source}`).join('; '),
    readRatio: mean(({ readRatio }) => readRatio),
    requestBytes: Math.max(512, Math.round(2 ** mean(({ requestBytes }) => Math.log2(requestBytes)))),
    firstWriteRatio: mean(({ firstWriteRatio }) => firstWriteRatio),
    syncsPerWrite: mean(({ syncsPerWrite }) => syncsPerWrite),
    workingSet: { bytes: Math.max(...parts.map(({ traits }) => workingSetBytes(traits, diskBytes))) },
    missScale: mean(({ missScale }) => missScale),
    missSkew: mean(({ missSkew }) => missSkew),
    fillRatio: mean(({ fillRatio }) => fillRatio),
    trims: parts.some(({ traits }) => traits.trims),
  };
}
