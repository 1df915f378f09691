import { readdirSync, readFileSync } from 'node:fs';
import type { ProcessUsage } from './engine.ts';

/**
 * What a process and its threads have used so far; undefined where /proc does not tell.
 * @source Linux proc(5): /proc/PID/task/TID/schedstat, nanoseconds on the processor first; /proc/PID/io
 */
export function processUsage(pid: number): ProcessUsage | undefined {
  try {
    let cpuNs = 0;
    for (const task of readdirSync(`/proc/${pid}/task`)) {
      cpuNs += Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'latin1').split(' ')[0]);
    }
    const io = readFileSync(`/proc/${pid}/io`, 'latin1');
    const field = (name: string): number => Number(new RegExp(`^${name}: (\\d+)$`, 'm').exec(io)?.[1] ?? 0);
    return { cpuMs: cpuNs / 1e6, ioBytes: field('read_bytes') + field('write_bytes') };
  } catch {
    return undefined; // It has ended, or this is not Linux.
  }
}
