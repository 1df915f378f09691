import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import type { Environment } from './executable.ts';
import { findProcessGuards } from './process-guard.ts';

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

let atStart: readonly number[] | undefined;

/**
 * Processors that this process, and so a child, may run on, in ascending order: those that are online and allowed by
 * its affinity and control group, as they were when first asked, before {@link keepOff} changed them. On systems other
 * than Linux all that the runtime counts.
 * @source Linux proc(5), `Cpus_allowed_list`
 */
export function allowedCpus(): readonly number[] {
  atStart ??= readAllowedCpus();
  return atStart;
}

function readAllowedCpus(): readonly number[] {
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

/**
 * Moves this program, with all its threads, off the processors that something is measured on, so that its own work never
 * gets in the way. Children that are to run there have to be told so.
 *
 * @param measured processors to leave; nothing is done where none or all of the allowed ones would be left
 * @returns the processors that are left, and how to get all of them back; undefined where it could not be done
 */
export async function keepOff(
  measured: readonly number[],
  pid: number,
  env: Environment | undefined,
): Promise<{ readonly cpus: readonly number[]; restore(): Promise<void> } | undefined> {
  const { taskset } = await findProcessGuards(env);
  const all = allowedCpus();
  const rest = all.filter((cpu) => !measured.includes(cpu));
  if (taskset === undefined || rest.length === 0 || rest.length === all.length) return undefined;
  const move = async (cpus: readonly number[]): Promise<boolean> =>
    new Promise((resolve) => {
      execFile(taskset, ['-a', '-c', '-p', cpus.join(','), String(pid)], { timeout: 5000 }, (error) => {
        resolve(error === null);
      });
    });
  if (!(await move(rest))) return undefined;
  return {
    cpus: rest,
    restore: async () => {
      await move(all);
    },
  };
}

/** The frequency governor of a processor, e.g. `performance`; undefined where it cannot be read, as in most guests. */
export function cpuGovernor(cpu: number): string | undefined {
  try {
    return readFileSync(`/sys/devices/system/cpu/cpu${cpu}/cpufreq/scaling_governor`, 'utf8').trim();
  } catch {
    return undefined;
  }
}
