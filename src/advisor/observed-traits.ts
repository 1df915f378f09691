import { findTraits, type WorkloadTraits } from './workload-traits.ts';

/** Requests that a disk has served, as the machine that serves it has counted them. */
export interface ObservedCounts {
  readonly readCount: number;
  readonly writeCount: number;
  readonly flushCount: number;
  readonly readBytes: number;
  readonly writeBytes: number;
}

/** Fewer requests than this are the boot of a guest and say little of its work. */
export const tellingRequestCount = 1000;

/**
 * Traits of a disk by its counters: the mix, the mean size and the flushes are counted; which part of the disk is in use, and how often
 * a write is the first to its cluster, no counter tells, and the worst case stands for it. Undefined below 1,000 requests.
 */
export function traitsOfCounts(counts: ObservedCounts): WorkloadTraits | undefined {
  const worst = findTraits('general');
  const dataCount = counts.readCount + counts.writeCount;
  if (worst === undefined || dataCount < tellingRequestCount) return undefined;
  const meanBytes = (counts.readBytes + counts.writeBytes) / dataCount;
  const requestBytes = Math.max(512, Math.ceil(meanBytes / 512) * 512);
  return {
    ...worst,
    name: 'observed',
    title: `what the guest has asked of this disk so far, spread all over it`,
    source: `${dataCount.toLocaleString('en')} reads and writes and ${counts.flushCount.toLocaleString('en')} flushes that QEMU counted; it does not count where on the disk they were, so the whole disk is taken to be in use (--workload says otherwise)`,
    readRatio: counts.readCount / dataCount,
    requestBytes,
    syncsPerWrite: counts.writeCount === 0 ? 0 : counts.flushCount / counts.writeCount,
    // A first write below 64 KiB leaves the rest of the cluster to be filled.
    fillRatio: (worst.firstWriteRatio * Math.max(0, 65_536 - requestBytes)) / requestBytes,
  };
}
