import type { JobPlan } from './job-plan.ts';

/**
 * How many requests a job makes, where that is no more than a division: requests of one size, one pass over a whole number of
 * them, no syncs, nothing that may end the pass before. Undefined for all others, whose requests have to be counted.
 */
export function plainRequestCount({ job, areaBytes, passBytes, ioBytes = passBytes }: JobPlan): number | undefined {
  const [{ minBytes: blockBytes }] = job.sizes;
  const isOneSize = job.sizes.every((size) => size.minBytes === blockBytes && size.maxBytes === blockBytes);
  const isAligned = job.alignBytes.every((bytes) => bytes === 0 || bytes === blockBytes);
  const isWhole = areaBytes % blockBytes === 0 && ioBytes % blockBytes === 0 && ioBytes <= passBytes;
  const isSteady =
    job.randomEvery === 1 && job.holeBytes === 0 && job.randomPercent.every((percent) => percent === 100);
  const hasSyncs = job.writes && (job.syncEvery > 0 || job.dataSyncEvery > 0);
  const isPlain = !hasSyncs && !(job.writes && job.trims) && job.loopCount === 1 && job.distribution.kind !== 'zoned';
  if (!isOneSize || !isAligned || !isWhole || !isSteady || !isPlain) return undefined;
  const count = ioBytes / blockBytes;
  return job.requestLimit === 0 ? count : Math.min(count, job.requestLimit);
}
