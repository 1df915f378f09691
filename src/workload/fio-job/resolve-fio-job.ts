import { UsageError } from '../../errors.ts';
import { interleaveParts } from '../interleave-parts.ts';
import { type Load, serialLoad, type WorkloadPart } from '../load.ts';
import type { FioJobProfile } from '../profile.ts';
import type { RequestBlock } from '../request.ts';
import type { Workload } from '../workload.ts';
import { fixedEndBytes } from './area.ts';
import type { FioJob } from './fio-job.ts';
import { type JobPlan, planJob } from './job-plan.ts';
import { jobRequests } from './job-requests.ts';
import { plainRequestCount } from './plain-request-count.ts';
import { maximumMapBlockCount } from './random-map.ts';

/** Changes whenever the same jobs and seed give other requests than before. */
const generatorVersion = 1;

/** More than a trial can run in days. */
const maximumRequestCount = 1e9;

type Resolved = Pick<Workload, 'requestCount' | 'warmUpCount' | 'identity' | 'requests' | 'load' | 'parts'>;

/** How a fio job file is fitted to a disk. */
export interface FioJobOptions {
  /** Absent: as much as the jobs need. */
  readonly diskBytes: number | undefined;
  /** In place of the seeds of the file. */
  readonly seed: number | undefined;
}

/**
 * Fits the jobs of a file to a disk: one part for every copy of a job.
 * @throws UsageError where the disk is too small or has to be given, and for more than a thousand million requests
 */
export function resolveFioJobs(profile: FioJobProfile, diskBytes: number, options: FioJobOptions): Resolved {
  if (options.diskBytes === undefined && profile.jobs.some((job) => fixedEndBytes(job) === undefined)) {
    throw new UsageError(`${profile.name}: a job has no size of its own; it takes the whole disk or a share of it`, {
      hint: 'Say how large the disk is: --disk SIZE.',
    });
  }
  const parts = partsOf(profile, diskBytes, options.seed);
  const requestCount = parts.reduce((sum, part) => sum + part.requestCount, 0);
  if (requestCount === 0) throw new UsageError(`${profile.name}: its jobs make no requests on this disk`);
  const [first, ...others] = parts;
  const loads = parts.map(({ load, stage = 0 }) => ({ load, stage }));
  const isPlain = loads.every(({ load, stage }) => stage === 0 && isSerial(load)) && others.length === 0;
  return {
    requestCount,
    warmUpCount: 0,
    identity: {
      fioJobs: profile.jobs.map(({ line: _, load: __, stage: ___, ...job }) => job),
      generatorVersion,
      ...(options.seed === undefined ? {} : { seed: options.seed }),
      ...(isPlain ? {} : { loads }),
    },
    ...(first !== undefined && others.length === 0 && !isSerial(first.load) ? { load: first.load } : {}),
    ...(others.length === 0 ? {} : { parts }),
    requests: () => (first !== undefined && others.length === 0 ? first.requests() : interleaveParts(parts)),
  };
}

function isSerial(load: Load): boolean {
  return Object.keys(load).length === 2 && load.iodepth === serialLoad.iodepth && load.jobCount === serialLoad.jobCount;
}

function partsOf(profile: FioJobProfile, diskBytes: number, seed: number | undefined): readonly WorkloadPart[] {
  const parts: WorkloadPart[] = [];
  const zetas = new Map<string, number>();
  let mapBlockCount = 0;
  for (const job of profile.jobs) {
    for (let made = 0; made < job.copyCount; made++) {
      // fio numbers the copies behind the first one downwards. @source fio 3.33, init.c, add_job
      const copy = made === 0 ? 0 : job.copyCount - made;
      const where = `${profile.name}: [${job.name}]`;
      const plan = planJob(job, { diskBytes, thread: parts.length + 1, copy, seed, where, zetas });
      checkLength(plan, where);
      mapBlockCount += plan.mapBlockCount;
      if (mapBlockCount > maximumMapBlockCount) {
        throw new UsageError(`${where}: the jobs have too many blocks to remember for each which were visited`, {
          hint: 'Give the jobs norandommap, or a larger bs.',
        });
      }
      const requests = (): Iterable<RequestBlock> => jobRequests(plan);
      const name = job.copyCount === 1 ? job.name : `${job.name}.${copy}`;
      parts.push({
        name,
        load: job.load,
        ...(job.stage === 0 ? {} : { stage: job.stage }),
        requestCount: plainRequestCount(plan) ?? countRequests(requests()),
        warmUpCount: 0,
        requests,
      });
    }
  }
  return parts;
}

function countRequests(blocks: Iterable<RequestBlock>): number {
  let count = 0;
  for (const block of blocks) count += block.count;
  return count;
}

/** Before anything is counted: the most requests that the job can make. */
function checkLength({ job, passBytes, ioBytes }: JobPlan, where: string): void {
  const limitBytes = (ioBytes ?? passBytes) * job.loopCount;
  const smallest = Math.min(...usedSizes(job));
  const most = Math.ceil(limitBytes / smallest);
  const bound = job.requestLimit === 0 ? most : Math.min(most, job.requestLimit * job.loopCount);
  if (bound <= maximumRequestCount) return;
  throw new UsageError(`${where} makes ${bound.toExponential(1)} requests, more than ${maximumRequestCount}`, {
    hint: 'Give the job io_size or number_ios.',
  });
}

function usedSizes({ reads, writes, trims, sizes }: FioJob): readonly number[] {
  const [read, write, trim] = sizes;
  return [...(reads ? [read.minBytes] : []), ...(writes ? [write.minBytes] : []), ...(trims ? [trim.minBytes] : [])];
}
