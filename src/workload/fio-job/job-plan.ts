import type { JobArea } from './area.ts';
import { jobArea, smallestBytes } from './area.ts';
import type { FioJob, PerOperation } from './fio-job.ts';
import { zetaSum } from './hot-places.ts';
import { nameHash } from './scatter.ts';
import { type JobSeeds, jobSeeds, repeatsPasses } from './seeds.ts';

/** One copy of a job on a disk: everything that its requests follow from. */
export interface JobPlan extends JobArea {
  readonly job: FioJob;
  readonly diskBytes: number;
  readonly alignBytes: PerOperation<number>;
  /** Blocks of the alignment that random requests of each kind may start at. */
  readonly blockCounts: PerOperation<number>;
  /** Blocks to remember which were visited; 0 where none are. */
  readonly mapBlockCount: number;
  readonly seeds: JobSeeds;
  /** Whether every pass draws the same again. */
  readonly repeats: boolean;
  /** Of uneven distributions. */
  readonly hotPlaceCount: number;
  readonly hotSeed: number;
  readonly zeta: number;
}

export interface PlanOptions {
  readonly diskBytes: number;
  /** The job's number in the file, copies counted, from 1. */
  readonly thread: number;
  /** Which of the job's copies, from 0. */
  readonly copy: number;
  /** In place of the file's seeds. */
  readonly seed: number | undefined;
  /** The job's name, for messages. */
  readonly where: string;
  /** Sums of zipf that are worked out already, by what they depend on; copies of a job have the same. */
  readonly zetas: Map<string, number>;
}

/**
 * Works out one copy of a job.
 * @throws UsageError where the disk is too small
 */
export function planJob(job: FioJob, options: PlanOptions): JobPlan {
  const { diskBytes, thread, copy, seed } = options;
  const area = jobArea(job, copy, diskBytes, options.where);
  const [read, write] = job.sizes;
  const alignOf = (kind: 0 | 1 | 2): number => job.alignBytes[kind] || job.sizes[kind].minBytes;
  const alignBytes = [alignOf(0), alignOf(1), alignOf(2)] as const;
  const seeds = jobSeeds(job, thread, copy, seed);
  const repeats = repeatsPasses(job, seed);
  const hotPlaceCount = Math.ceil(area.areaBytes / Math.min(read.minBytes, write.minBytes));
  const fileName = job.fileName ?? `${job.name}.${copy}.0`;
  return {
    ...area,
    job,
    diskBytes,
    alignBytes,
    blockCounts: [
      blockCount(area.areaBytes, job.sizes[0].minBytes, alignBytes[0]),
      blockCount(area.areaBytes, job.sizes[1].minBytes, alignBytes[1]),
      blockCount(area.areaBytes, job.sizes[2].minBytes, alignBytes[2]),
    ],
    mapBlockCount: job.isRandom && job.randomMap ? Math.floor(area.areaBytes / smallestBytes(job)) : 0,
    seeds,
    repeats,
    hotPlaceCount,
    hotSeed: repeats ? Math.imul(nameHash(fileName), thread) >>> 0 : seeds.places,
    zeta: zetaOf(job, hotPlaceCount, options.zetas),
  };
}

function zetaOf({ isRandom, distribution }: FioJob, count: number, zetas: Map<string, number>): number {
  if (!isRandom || distribution.kind !== 'zipf') return 0;
  const key = `${count} ${distribution.theta}`;
  const zeta = zetas.get(key) ?? zetaSum(count, distribution.theta);
  zetas.set(key, zeta);
  return zeta;
}

/** @source fio 3.33, io_u.c, last_block */
function blockCount(areaBytes: number, minBytes: number, alignBytes: number): number {
  const usableBytes = areaBytes - Math.max(0, minBytes - alignBytes);
  return Math.max(0, Math.floor(usableBytes / alignBytes));
}
