import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { EngineJob, TrialMetrics } from '../engine.ts';
import type { RequestSummary } from '../request-survey.ts';
import { type ImageFiles, imageNames } from './image-files.ts';

/** Length and allocated blocks of an image, bytes. */
export interface ImageSpace {
  readonly fileBytes: number;
  readonly allocatedBytes: number;
}

/** Of the image and of its external data file, as they lie there. @source POSIX stat: blocks of 512 bytes */
export function spaceOf(files: ImageFiles): ImageSpace {
  const names = [imageNames.image, ...(files.hasDataFile ? [imageNames.dataFile] : [])];
  const stats = names.map((name) => statSync(join(files.directory, name)));
  return {
    fileBytes: stats.reduce((sum, stat) => sum + stat.size, 0),
    allocatedBytes: stats.reduce((sum, stat) => sum + stat.blocks * 512, 0),
  };
}

/** The part of a trial's metrics that follows from its requests and the image that they left. */
export function spaceMetrics(
  summary: RequestSummary,
  { workload }: EngineJob,
  space: ImageSpace,
): Pick<
  TrialMetrics,
  'fileBytes' | 'allocatedBytes' | 'guestBytes' | 'guestDistinctBytes' | 'spaceAmplificationRatio' | 'guestSeekBytes'
> {
  const { guestBytes, guestDistinctBytes, guestSeekBytes } = summary;
  const storedBytes = workload.image.content === 'full' ? workload.diskBytes : guestDistinctBytes;
  return {
    ...space,
    guestBytes,
    guestDistinctBytes,
    ...(storedBytes > 0 ? { spaceAmplificationRatio: space.allocatedBytes / storedBytes } : {}),
    guestSeekBytes,
  };
}
