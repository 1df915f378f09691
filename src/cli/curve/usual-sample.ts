import type { SampleSpec } from '../../driver/curve/sampled-lookups.ts';

/** From this many requests on a sample is taken unless the user says otherwise. */
const sampledFromCount = 50_000_000;

/** How the lookups of so many requests are followed: every one of them, or a sample of bounded memory. */
export function usualSample(requestCount: number): SampleSpec | undefined {
  return requestCount >= sampledFromCount ? { rate: 1, maximumSliceCount: 16_384 } : undefined;
}
