import type { SampleSpec } from '../../driver/curve/sampled-lookups.ts';

/** From this many requests on a sample is taken unless the user says otherwise. */
const sampledFromCount = 50_000_000;

/** A sample that needs a few megabytes, and is exact where no more slices than that are looked up. */
export const boundedSample: SampleSpec = { rate: 1, maximumSliceCount: 16_384 };

/** How the lookups of so many requests are followed: every one of them, or a sample. */
export function usualSample(requestCount: number): SampleSpec | undefined {
  return requestCount >= sampledFromCount ? boundedSample : undefined;
}
