import type { Configuration } from '../settings/configuration.ts';
import { resolveCreate } from '../settings/resolve.ts';
import { validateConfiguration } from '../settings/validate.ts';
import type { ImagePreparation } from '../workload/workload.ts';
import { createImage } from './create-image.ts';
import { driverOptions, type ModelHost, refuseUnsupported } from './driver-options.ts';
import { HostFileState } from './host-file-state.ts';
import { noSink } from './host-io.ts';
import type { BackingState, ImageState } from './image-state.ts';
import { Qcow2Driver } from './qcow2-driver.ts';

/** An image as a trial finds it. */
export interface PreparedImage {
  readonly configuration: Configuration;
  /** Virtual size; rounded up to whole sectors of 512 bytes, as QEMU does. */
  readonly diskBytes: number;
  readonly content: ImagePreparation['content'];
  /** Made for the image, or a state read from a file. */
  readonly backing: ImagePreparation['backing'] | BackingState;
}

const sectorBytes = 512;
/** Length of the sequential writes that fill an image. */
const fillBytes = 2 * 1024 * 1024;

/**
 * The state that `qemu-img create`, and for `full` a sequential fill through the driver, would leave: the same steps in which
 * images of measured trials are made.
 * @throws UsageError for settings that QEMU refuses, and for those that the model does not know, by name
 */
export function prepareImage(
  { configuration, diskBytes, content, backing }: PreparedImage,
  host: ModelHost,
): ImageState {
  refuseUnsupported(configuration.create);
  const virtualBytes = roundToSectors(diskBytes);
  const beneath = isState(backing) ? backing : makeBacking(backing, virtualBytes);
  const create = withPreallocation(configuration, content);
  const context = { diskBytes: virtualBytes, hasBacking: beneath !== undefined, qemu: host.qemu };
  validateConfiguration({ ...configuration, create }, context);
  const image = emptyImage(create, virtualBytes, beneath);
  if (content === 'full') fill(image, host);
  return image;
}

/** What is made for a workload whose image is to be `mapped`. */
function withPreallocation({ create }: Configuration, content: ImagePreparation['content']): Configuration['create'] {
  return content === 'mapped' && create.preallocation === undefined ? { ...create, preallocation: 'metadata' } : create;
}

function emptyImage(
  create: Configuration['create'],
  virtualBytes: number,
  backing: BackingState | undefined,
): ImageState {
  const { compat, dataFile, ...resolved } = resolveCreate(create);
  return createImage({
    ...resolved,
    virtualBytes,
    version: compat === '0.10' ? 2 : 3,
    externalData: dataFile !== undefined,
    ...(backing === undefined ? {} : { backing }),
  });
}

/** Writes the whole disk once from its start to its end, with QEMU's default caches. */
function fill(image: ImageState, host: ModelHost): void {
  const driver = new Qcow2Driver(image, driverOptions(image, { cache: 'unsafe' }, host), noSink);
  for (let offset = 0; offset < image.virtualBytes; offset += fillBytes) {
    driver.write(offset, Math.min(fillBytes, image.virtualBytes - offset));
  }
  driver.close();
}

function makeBacking(backing: ImagePreparation['backing'], virtualBytes: number): BackingState | undefined {
  if (backing === 'none') return undefined;
  if (backing.format === 'qcow2') {
    const preallocation = backing.content === 'data' ? 'full' : 'metadata';
    return { format: 'qcow2', image: emptyImage({ preallocation }, virtualBytes, undefined) };
  }
  const file = new HostFileState();
  if (backing.content === 'data') file.write(0, virtualBytes);
  file.lengthBytes = virtualBytes;
  return { format: 'raw', virtualBytes, file };
}

function isState(backing: PreparedImage['backing']): backing is BackingState {
  return backing !== 'none' && !('content' in backing);
}

/** QEMU rounds odd sizes up. @source QEMU block/qcow2.c, qcow2_co_create: sizes are whole sectors */
function roundToSectors(bytes: number): number {
  return Math.ceil(bytes / sectorBytes) * sectorBytes;
}
