import { readdirSync, readFileSync } from 'node:fs';
import type { ProcessUsage } from './engine.ts';

/** Of Linux's clock ticks in /proc: USER_HZ is 100 on every architecture that QEMU runs on. */
export const tickMs = 10;
/** Place of utime behind the command's name, which may have spaces and parentheses in it. */
const utimePlace = 11;

/**
 * What a process and its threads have used so far; undefined where /proc does not tell.
 * @source Linux proc(5): /proc/PID/task/TID/stat, field 14; /proc/PID/io
 */
export function processUsage(pid: number): ProcessUsage | undefined {
  try {
    let userTicks = 0;
    for (const task of readdirSync(`/proc/${pid}/task`)) {
      const stat = readFileSync(`/proc/${pid}/task/${task}/stat`, 'latin1');
      userTicks += Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[utimePlace]);
    }
    const io = readFileSync(`/proc/${pid}/io`, 'latin1');
    const field = (name: string): number => Number(new RegExp(`^${name}: (\\d+)$`, 'm').exec(io)?.[1] ?? 0);
    return { userMs: userTicks * tickMs, ioBytes: field('read_bytes') + field('write_bytes') };
  } catch {
    return undefined; // It has ended, or this is not Linux.
  }
}
