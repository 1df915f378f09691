import { diskChange } from '../advisor/inspection/disk-change.ts';
import { diskFindings, remarkFinding } from '../advisor/inspection/disk-findings.ts';
import type { Finding } from '../advisor/inspection/finding.ts';
import { geometryOfHeader } from '../advisor/inspection/image-findings.ts';
import type { DiskImage, InspectedDisk } from '../advisor/inspection/inspected-disk.ts';
import { UsageError } from '../errors.ts';
import { computeCacheSizes } from '../settings/cache-sizing.ts';
import type { DescribedMachine } from '../settings/described-disk.ts';

/** A domain or a command line with what was found of its disks. */
export interface InspectedMachine {
  readonly name: string;
  readonly machine: DescribedMachine;
  readonly disks: readonly DiskReport[];
  /** Of the whole. */
  readonly problems: readonly Finding[];
}

/** One disk with all that is said of it. */
export interface DiskReport extends InspectedDisk {
  readonly problems: readonly Finding[];
  /** What to write in place of what is there; undefined where nothing is to change. */
  readonly change: string | undefined;
}

/** Judges the disks of a machine. @param name the file as the user named it */
export function inspectedMachine(
  name: string,
  machine: DescribedMachine,
  disks: readonly InspectedDisk[],
): InspectedMachine {
  return {
    name,
    machine,
    disks: disks.map((disk) => {
      const problems = diskFindings(disk, machine.kind);
      return { ...disk, problems, change: diskChange(disk, problems, machine.kind) };
    }),
    problems: machine.remarks.map((remark) => remarkFinding(remark, name)),
  };
}

/** A machine as the JSON document has it. */
export function machineDocument({ name, machine, disks, problems }: InspectedMachine) {
  return {
    kind: machine.kind,
    file: name,
    name: machine.name ?? null,
    disks: disks.map(diskDocument),
    problems,
  };
}

function diskDocument({ disk, image, problems, change }: DiskReport) {
  return {
    name: disk.name,
    where: disk.where,
    device: disk.device,
    format: disk.format ?? null,
    source: disk.source,
    bus: disk.bus ?? null,
    readOnly: disk.readOnly,
    drive: disk.drive,
    layerCount: disk.layers.length,
    image: imagePart(image),
    cache: cachePart({ disk, image }),
    change: change ?? null,
    problems,
  };
}

function imagePart(image: DiskImage) {
  if (image.state === 'not-qcow2') return { state: image.state };
  if (image.state !== 'read') return { state: image.state, why: image.why };
  const { virtualBytes, clusterBytes, extendedL2 } = image.header;
  return { state: image.state, virtualBytes, clusterBytes, extendedL2 };
}

function cachePart({ disk, image }: InspectedDisk) {
  if (image.state !== 'read') return null;
  try {
    const cache = computeCacheSizes(geometryOfHeader(image.header), disk.drive);
    const { l2Bytes, l2FullCoverageBytes, refcountBytes, coveredBytes, coveredRatio } = cache;
    return { l2Bytes, l2FullCoverageBytes, refcountBytes, coveredBytes, coveredRatio };
  } catch (error) {
    if (error instanceof UsageError) return null;
    throw error;
  }
}
