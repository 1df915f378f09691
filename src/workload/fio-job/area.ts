import { UsageError } from '../../errors.ts';
import { formatBytes } from '../../units/bytes.ts';
import type { FioJob } from './fio-job.ts';
import type { Amount } from './units.ts';

/** The part of the disk that one copy of a job works on, and how much it transfers. */
export interface JobArea {
  readonly startBytes: number;
  readonly areaBytes: number;
  /** What a pass transfers. */
  readonly passBytes: number;
  /** What all passes transfer at most; absent: as much as the passes come to. */
  readonly ioBytes?: number;
}

/**
 * Fits a job to a disk with fio's rules for a device of that size: shares are of the disk, a start given as a share is
 * rounded up to a whole block, a length down.
 *
 * @param copy which of the job's copies, from 0
 * @throws UsageError where the disk is too small
 * @source fio 3.33, filesetup.c, setup_files and get_start_offset
 */
export function jobArea(job: FioJob, copy: number, diskBytes: number, where: string): JobArea {
  const blockBytes = smallestBytes(job);
  const startBytes = startOf(job, copy, diskBytes, blockBytes);
  const { size, ioSize } = job;
  if (size !== undefined && 'bytes' in size && size.bytes > 0 && size.bytes < blockBytes) {
    throw new UsageError(`${where}: a size of ${size.bytes} bytes is less than a request of ${blockBytes}`);
  }
  const bytes = size !== undefined && 'bytes' in size ? size.bytes : 0;
  const areaBytes = bytes > 0 ? bytes : areaOf(size, startBytes, diskBytes, blockBytes);
  if (startBytes + areaBytes > diskBytes || areaBytes < blockBytes) {
    const needed = startBytes + Math.max(areaBytes, blockBytes);
    throw new UsageError(
      `${where} needs a disk of at least ${formatBytes(needed)} (${needed} bytes); this one has ${formatBytes(diskBytes)}`,
      { hint: 'Give a larger --disk.' },
    );
  }
  if (ioSize === undefined || !('percent' in ioSize)) {
    const ioBytes = ioSize?.bytes ?? 0;
    return { startBytes, areaBytes, passBytes: areaBytes, ...(ioBytes === 0 ? {} : { ioBytes }) };
  }
  return { startBytes, areaBytes, passBytes: Math.floor((areaBytes * ioSize.percent) / 100) };
}

/** The smallest request of any kind, those that the job does not make included, as in fio. */
export function smallestBytes(job: FioJob): number {
  return Math.min(...job.sizes.map((size) => size.minBytes));
}

/** Whether the job says where it ends without knowing the disk. */
export function fixedEndBytes(job: FioJob): number | undefined {
  const { size, offset, offsetIncrement } = job;
  if (size === undefined || 'percent' in size || size.bytes === 0) return undefined;
  if ('percent' in offset || 'percent' in offsetIncrement) return undefined;
  return startOf(job, job.copyCount - 1, 0, 1) + size.bytes;
}

function startOf(job: FioJob, copy: number, diskBytes: number, blockBytes: number): number {
  const of = (amount: Amount): number =>
    'bytes' in amount ? amount.bytes : Math.floor((diskBytes * amount.percent) / 100);
  const startBytes = of(job.offset) + copy * of(job.offsetIncrement);
  const isShare = isPercent(job.offset) || isPercent(job.offsetIncrement);
  if (!isShare) return startBytes;
  const alignBytes = job.offsetAlignBytes || blockBytes;
  return Math.ceil(startBytes / alignBytes) * alignBytes;
}

function isPercent(amount: Amount): boolean {
  return 'percent' in amount && amount.percent > 0;
}

function areaOf(size: Amount | undefined, startBytes: number, diskBytes: number, blockBytes: number): number {
  const restBytes = Math.max(0, diskBytes - startBytes);
  if (size === undefined || !('percent' in size) || size.percent === 0 || size.percent === 100) return restBytes;
  const share = Math.min(Math.floor((diskBytes * size.percent) / 100), restBytes);
  return share - (share % blockBytes);
}
