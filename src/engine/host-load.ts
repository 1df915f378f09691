import { readFileSync, statSync } from 'node:fs';
import type { Disturbance, ProcessUsage } from './engine.ts';
import { tickMs } from './process-usage.ts';

/** Counters of the machine at one moment; they only grow. */
export interface HostLoad {
  readonly atMs: number;
  /** Of the measuring processor, or of all where there is none: time in user mode, and time the hypervisor took. */
  readonly userMs: number;
  readonly stealMs: number;
  /** Of the disk with the images; 0 where it is not known. */
  readonly diskBytes: number;
  readonly throttledMs: number;
}

const sectorBytes = 512;

/** Shares of the measured time from which a block counts as disturbed. */
const stealLimit = 0.02;
const waitLimit = 0.1;
const throttledLimit = 0.01;
/** What others may move on the disk, bytes a second, before it counts; a quiet system writes its logs. */
const otherIoBytesPerSecond = 4 << 20;
/** Ticks are coarse: less than this is no evidence, milliseconds. */
const leastMs = 30;

/**
 * Reads the machine's counters. Undefined where there is no /proc.
 * @param cpus processors of the measured process; empty for any
 * @param directory where the images are
 * @source Linux proc(5), /proc/stat and /proc/diskstats; Documentation/admin-guide/cgroup-v2.rst, cpu.stat
 */
export function readHostLoad(cpus: readonly number[], directory: string): HostLoad | undefined {
  try {
    const stat = readFileSync('/proc/stat', 'latin1');
    const name = cpus.length === 1 ? `cpu${cpus[0]}` : 'cpu';
    const ticks = new RegExp(`^${name} +(.*)$`, 'm').exec(stat)?.[1]?.split(' ').map(Number) ?? [];
    const [user = 0, nice = 0, , , , , , steal = 0] = ticks;
    return {
      atMs: performance.now(),
      userMs: (user + nice) * tickMs,
      stealMs: steal * tickMs,
      diskBytes: diskBytes(directory),
      throttledMs: throttledMs(),
    };
  } catch {
    return undefined;
  }
}

/** What came from outside between two moments, given what the measured processes used themselves. */
export function disturbanceBetween(
  before: HostLoad,
  after: HostLoad,
  own: readonly ProcessUsage[],
  pinned: boolean,
): Disturbance {
  const wallMs = after.atMs - before.atMs;
  const ownUserMs = own.reduce((sum, usage) => sum + usage.userMs, 0);
  const ownIoBytes = own.reduce((sum, usage) => sum + usage.ioBytes, 0);
  const stealMs = after.stealMs - before.stealMs;
  const throttledMs = after.throttledMs - before.throttledMs;
  // On a processor of their own; among all of them nobody can say who was in whose way.
  const waitMs = pinned ? Math.max(0, after.userMs - before.userMs - ownUserMs) : 0;
  const otherIoBytes = Math.max(0, after.diskBytes - before.diskBytes - ownIoBytes);
  const exceeds = (ms: number, share: number): boolean => ms >= leastMs && ms > share * wallMs;
  const disturbed =
    exceeds(stealMs, stealLimit) ||
    exceeds(waitMs, waitLimit) ||
    exceeds(throttledMs, throttledLimit) ||
    otherIoBytes > Math.max(ownIoBytes, (otherIoBytesPerSecond * wallMs) / 1000);
  return { disturbed, stealMs, waitMs, otherIoBytes, throttledMs };
}

/** Bytes that the disk of a directory has read and written; 0 for one that the kernel does not count. */
function diskBytes(directory: string): number {
  try {
    const { dev } = statSync(directory);
    // glibc's makedev: the low parts of both numbers are in the low 20 bits.
    const major = (dev >> 8) & 0xfff;
    const minor = (dev & 0xff) | ((dev >> 12) & 0xfff00);
    const line = readFileSync('/proc/diskstats', 'latin1')
      .split('\n')
      .map((text) => text.trim().split(/\s+/))
      .find((fields) => Number(fields[0]) === major && Number(fields[1]) === minor);
    return line === undefined ? 0 : (Number(line[5]) + Number(line[9])) * sectorBytes;
  } catch {
    return 0;
  }
}

function throttledMs(): number {
  try {
    const group = /^0::(.*)$/m.exec(readFileSync('/proc/self/cgroup', 'latin1'))?.[1];
    if (group === undefined) return 0;
    const stat = readFileSync(`/sys/fs/cgroup${group}/cpu.stat`, 'latin1');
    return Number(/^throttled_usec (\d+)$/m.exec(stat)?.[1] ?? 0) / 1000;
  } catch {
    return 0;
  }
}
