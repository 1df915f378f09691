import { createImage } from '../../../src/driver/create-image.ts';
import { driverOptions } from '../../../src/driver/driver-options.ts';
import { type HostIoSink, hostFiles, hostOps, noSink } from '../../../src/driver/host-io.ts';
import type { ImageState } from '../../../src/driver/image-state.ts';
import type { DriverOptions } from '../../../src/driver/options.ts';
import { Qcow2Driver } from '../../../src/driver/qcow2-driver.ts';
import { type Command, type DifferentialCase, type DriveSpec, isCommand, maySplit, type Step } from './case.ts';
import type { HostIo } from './strace-log.ts';

export interface ModelRun {
  /** Host I/O of each request, and at last of the closing. */
  readonly segments: HostIo[][];
  /** Parts that each request was served in. */
  readonly parts: number[];
}

/** Runs the measured requests through the model; the image state is changed in place. */
export function measureModel(tested: DifferentialCase, state: ImageState, qemuVersion: number): ModelRun {
  let segment: HostIo[] = [];
  const sink: HostIoSink = {
    io(op, file, offset, length) {
      segment.push({ op: hostOps[op] ?? 'sync', file: hostFiles[file] ?? 'image', offset, length });
    },
  };
  const driver = new Qcow2Driver(state, optionsOf(state, tested.drive, qemuVersion), sink);
  const segments: HostIo[][] = [];
  const parts: number[] = [];
  for (const command of tested.commands) {
    segment = [];
    const before = driver.counters.parts;
    perform(driver, command);
    segments.push(segment);
    parts.push(driver.counters.parts - before);
  }
  segment = [];
  driver.close();
  segments.push(segment);
  return { segments, parts };
}

/** True where the model can make the prepared image by itself, without reading what QEMU made. */
export function canBuild({ image, steps }: DifferentialCase): boolean {
  const simple = (step: Step): boolean => isCommand(step) && step.kind !== 'write-compressed' && !maySplit(step, image);
  return image.backing === undefined && steps.every(simple);
}

/** The prepared image from the model alone: the layout of a new image, then the preparing requests. */
export function buildImage(tested: DifferentialCase, qemuVersion: number): ImageState {
  const { image } = tested;
  const state = createImage({
    virtualBytes: image.virtualBytes,
    clusterBytes: image.clusterBytes,
    extendedL2: image.extendedL2,
    refcountBits: image.refcountBits,
    version: image.version,
    lazyRefcounts: image.lazyRefcounts,
    preallocation: image.preallocation,
    externalData: image.dataFile !== 'none',
    dataFileRaw: image.dataFile === 'raw',
  });
  const commands = tested.steps.filter(isCommand);
  if (commands.length === 0) return state;
  const drive: DriveSpec = { mode: 'unsafe', discard: true, options: {} };
  const driver = new Qcow2Driver(state, optionsOf(state, drive, qemuVersion), noSink);
  for (const command of commands) perform(driver, command);
  driver.close();
  return state;
}

function optionsOf(state: ImageState, drive: DriveSpec, qemuVersion: number): DriverOptions {
  const settings = { ...drive.options, cache: drive.mode, discard: drive.discard ? 'unmap' : 'ignore' };
  const qemu = { major: Math.floor(qemuVersion / 100), minor: qemuVersion % 100 };
  return driverOptions(state, settings, { qemu, directAlignmentBytes: 512, zeroRange: true });
}

function perform(driver: Qcow2Driver, command: Command): void {
  const { kind, offset, length } = command;
  if (kind === 'read') driver.read(offset, length);
  else if (kind === 'write') driver.write(offset, length);
  else if (kind === 'flush') driver.flush();
  else if (kind === 'discard') driver.discard(offset, length);
  else if (kind === 'write-compressed') throw new Error('a measured run has no compressed writes');
  else driver.writeZeroes(offset, length, kind === 'zero-unmap');
}
