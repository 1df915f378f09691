import { type AdviceRequest, type Priority, priorities, type TargetName } from '../../advisor/advice-request.ts';
import { UsageError } from '../../errors.ts';
import type { Workload } from '../../workload/workload.ts';
import { flag, optionalBytes, optionalString, qemuVersionOption } from '../args.ts';
import type { Host } from '../host.ts';
import { heldSettings } from './held.ts';
import { type FoundImage, readImage } from './image.ts';
import type { RunningFacts } from './qmp.ts';
import { workloadsOf } from './workload-option.ts';

type Args = Readonly<Record<string, unknown>>;

/**
 * What is asked, from the command line.
 * @param running what a running QEMU says of the disk, where it was asked: its image is not read then
 * @throws UsageError for what cannot be had, InputError for a trace or an image
 */
export async function adviceRequest(args: Args, host: Host, running?: RunningFacts): Promise<AdviceRequest> {
  const found = running ?? (await foundImage(args, host));
  const diskBytes = found?.diskBytes ?? newDiskBytes(args);
  const memoryLimitBytes = optionalBytes(args, 'memory');
  if (memoryLimitBytes === 0) throw new UsageError('--memory: QEMU cannot run a qcow2 disk without caches');
  const qemu = qemuVersionOption(args) ?? running?.qemu;
  const target = running ? 'qmp' : await targetOf(optionalString(args, 'target'));
  const held = await heldSettings(args);
  const { traits, workload, blend } = await workloadsOf(args, diskBytes, host, running?.observed);
  return {
    diskBytes,
    hasBacking: hasBacking(args, found, [workload, ...(blend?.parts.map((part) => part.workload) ?? [])]),
    traits,
    ...(workload ? { workload } : {}),
    ...(blend ? { blend } : {}),
    ...(memoryLimitBytes === undefined ? {} : { memoryLimitBytes }),
    priority: priorityOf(optionalString(args, 'priority') ?? 'speed'),
    ...(qemu === undefined ? {} : { qemu }),
    ...(target === undefined ? {} : { target }),
    ...(held === undefined ? {} : { held }),
    ...(found === undefined ? {} : { image: found.image }),
    fileName: fileNameOf(found?.image.fileName ?? optionalString(args, 'file') ?? 'disk.qcow2'),
  };
}

async function foundImage(args: Args, host: Host): Promise<FoundImage | undefined> {
  const name = optionalString(args, 'image');
  return name === undefined ? undefined : readImage(name, args, host);
}

function newDiskBytes(args: Args): number {
  const diskBytes = optionalBytes(args, 'disk');
  if (diskBytes === undefined) {
    throw new UsageError('--disk is missing', {
      hint: 'Give the size of the disk: --disk 2T; or an image that exists: --image disk.qcow2.',
    });
  }
  if (diskBytes <= 0) throw new UsageError('--disk: a disk of 0 bytes needs no settings');
  // QEMU rounds odd sizes up to whole sectors.
  return Math.ceil(diskBytes / 512) * 512;
}

/** An image that exists says so itself; a workload of its own brings one along. */
function hasBacking(args: Args, found: FoundImage | undefined, workloads: readonly (Workload | undefined)[]): boolean {
  if (found) return found.hasBacking;
  const own = workloads.some((workload) => workload !== undefined && workload.image.backing !== 'none');
  return flag(args, 'backing') || own;
}

async function targetOf(text: string | undefined): Promise<TargetName | undefined> {
  if (text === undefined) return undefined;
  const { targetNames } = await import('../../advisor/commands/target-limits.ts');
  const target = targetNames.find((name) => name === text);
  if (!target) throw new UsageError(`--target: "${text}" is not one of ${targetNames.join(', ')}`);
  return target;
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
