import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';

/** Reads a processor list of Linux, e.g. `0-3,8`; numbers that are not whole are skipped. */
export function parseCpuList(text: string): readonly number[] {
  const list: number[] = [];
  for (const part of text.trim().split(',')) {
    const match = /^(\d+)(?:-(\d+))?$/.exec(part.trim());
    if (!match) continue;
    const last = Number(match[2] ?? match[1]);
    for (let cpu = Number(match[1]); cpu <= last && list.length < 65_536; cpu++) list.push(cpu);
  }
  return list;
}

/**
 * Processors that this process, and so a child, may run on, in ascending order: those that are online and allowed by
 * its affinity and control group. On systems other than Linux all that the runtime counts.
 * @source Linux proc(5), `Cpus_allowed_list`
 */
export function allowedCpus(): readonly number[] {
  try {
    const line = /^Cpus_allowed_list:\s*(.+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
    const allowed = parseCpuList(line ?? '');
    const online = onlineCpus();
    const usable = online === undefined ? allowed : allowed.filter((cpu) => online.includes(cpu));
    if (usable.length > 0) return usable;
  } catch {
    // No /proc: not Linux.
  }
  return cpus().map((_, index) => index);
}

function onlineCpus(): readonly number[] | undefined {
  try {
    return parseCpuList(readFileSync('/sys/devices/system/cpu/online', 'utf8'));
  } catch {
    return undefined;
  }
}

/**
 * The processor that the measured process is pinned to by default: the last one allowed, because interrupts and the
 * rest of the system tend to the first. Undefined where there is only one, as pinning would change nothing but share it with
 * qtune itself.
 */
export function measuringCpu(): number | undefined {
  const allowed = allowedCpus();
  return allowed.length > 1 ? allowed.at(-1) : undefined;
}

/** The frequency governor of a processor, e.g. `performance`; undefined where it cannot be read, as in most guests. */
export function cpuGovernor(cpu: number): string | undefined {
  try {
    return readFileSync(`/sys/devices/system/cpu/cpu${cpu}/cpufreq/scaling_governor`, 'utf8').trim();
  } catch {
    return undefined;
  }
}
