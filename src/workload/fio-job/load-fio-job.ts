import type { FioJobProfile } from '../profile.ts';
import type { ImagePreparation } from '../workload.ts';
import { fixedEndBytes } from './area.ts';
import type { FioJob } from './fio-job.ts';
import { readJobs } from './read-jobs.ts';

const mebibyte = 1024 * 1024;

/**
 * A fio job file as a workload. The disk is as large as the jobs need, in whole MiB, unless the user gives one.
 *
 * Jobs that only read, and jobs that read and write, meet an image whose clusters are all mapped, as fio lays its files out
 * before it reads them; jobs that only write start from an empty image.
 *
 * @param shown the file's name for messages
 * @throws InputError with the line
 */
export function parseFioJob(text: string, shown: string, name: string): FioJobProfile {
  const { jobs, warnings } = readJobs(shown, text);
  const endBytes = Math.max(...jobs.map((job) => fixedEndBytes(job) ?? 0));
  const names = jobs.map((job) => (job.copyCount === 1 ? job.name : `${job.name} (${job.copyCount} times)`));
  const titled = names.slice(0, 5).join(', ') + (names.length > 5 ? ' and others' : '');
  return {
    kind: 'fio-job',
    name: name.replace(/\.(fio|job|ini)$/, ''),
    title: `fio ${names.length === 1 ? 'job' : 'jobs'} ${titled}`,
    about: 'The requests that fio 3.33 makes of these jobs, on one disk.',
    source: `fio job file ${name}`,
    seed: 0,
    diskBytes: Math.max(1, Math.ceil(endBytes / mebibyte)) * mebibyte,
    image: imageOf(jobs),
    warmUp: { requests: 0, because: 'fio measures a job from its first request; its ramp_time is part of the load.' },
    jobs,
    ...(warnings.length === 0 ? {} : { warnings }),
  };
}

function imageOf(jobs: readonly FioJob[]): ImagePreparation {
  const changes = jobs.some((job) => job.writes || job.trims);
  const reads = jobs.some((job) => job.reads);
  if (!changes) return { content: 'mapped', backing: 'none', state: 'shared' };
  return reads
    ? { content: 'mapped', backing: 'none', state: 'restored' }
    : { content: 'empty', backing: 'none', state: 'fresh' };
}
