import { type AdviceRequest, type Priority, priorities } from '../../advisor/advice-request.ts';
import { UsageError } from '../../errors.ts';
import type { Workload } from '../../workload/workload.ts';
import { flag, optionalBytes, optionalString, qemuVersionOption } from '../args.ts';
import type { Host } from '../host.ts';
import { workloadOf } from './workload-option.ts';

/** What is asked, from the command line. @throws UsageError for what cannot be had, InputError for a trace */
export async function adviceRequest(args: Readonly<Record<string, unknown>>, host: Host): Promise<AdviceRequest> {
  const diskBytes = optionalBytes(args, 'disk');
  if (diskBytes === undefined)
    throw new UsageError('--disk is missing', { hint: 'Give the size of the disk: --disk 2T.' });
  if (diskBytes <= 0) throw new UsageError('--disk: a disk of 0 bytes needs no settings');
  const memoryLimitBytes = optionalBytes(args, 'memory');
  if (memoryLimitBytes === 0) throw new UsageError('--memory: QEMU cannot run a qcow2 disk without caches');
  const qemu = qemuVersionOption(args);
  const { traits, workload } = await workloadOf(args, sectorBytes(diskBytes), host);
  return {
    diskBytes: sectorBytes(diskBytes),
    hasBacking: flag(args, 'backing') || hasOwnBacking(workload),
    traits,
    ...(workload ? { workload } : {}),
    ...(memoryLimitBytes === undefined ? {} : { memoryLimitBytes }),
    priority: priorityOf(optionalString(args, 'priority') ?? 'speed'),
    ...(qemu === undefined ? {} : { qemu }),
    fileName: fileNameOf(optionalString(args, 'file') ?? 'disk.qcow2'),
  };
}

/** QEMU rounds odd sizes up to whole sectors. */
function sectorBytes(bytes: number): number {
  return Math.ceil(bytes / 512) * 512;
}

function hasOwnBacking(workload: Workload | undefined): boolean {
  return workload !== undefined && workload.image.backing !== 'none';
}

function priorityOf(text: string): Priority {
  const priority = priorities.find((name) => name === text);
  if (!priority) throw new UsageError(`--priority: "${text}" is not one of ${priorities.join(', ')}`);
  return priority;
}

function fileNameOf(name: string): string {
  if (/[\0\r\n]/.test(name)) throw new UsageError('--file: a file name with a line break cannot be pasted');
  return name;
}
