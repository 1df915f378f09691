import { resolve } from 'node:path';
import type { ExistingImage } from '../../advisor/advice-request.ts';
import { UsageError } from '../../errors.ts';
import { formatBytes } from '../../units/bytes.ts';
import { flag, optionalBytes, optionalString } from '../args.ts';
import type { Host } from '../host.ts';

type Args = Readonly<Record<string, unknown>>;

/** An image as `--image` finds it. */
export interface FoundImage {
  readonly image: ExistingImage;
  readonly diskBytes: number;
  readonly hasBacking: boolean;
}

/**
 * Reads the header of an image that exists, and its snapshot table: for reading only, and no file that the image names.
 * @throws ImageFormatError where it is damaged or no qcow2 image, InputError where there is no such file, UsageError for options that
 *   contradict it
 */
export async function readImage(name: string, args: Args, host: Host): Promise<FoundImage> {
  if (args.file !== undefined) {
    throw new UsageError('--file is the name of a new image, and --image is there already', {
      hint: 'Leave out one of the two.',
    });
  }
  const { ImageFile } = await import('../../qcow2/image-file.ts');
  const { readHeader } = await import('../../qcow2/header.ts');
  const { readSnapshotTable } = await import('../../qcow2/snapshot-table.ts');
  const { existingImage } = await import('../../advisor/existing-image.ts');
  const file = ImageFile.open(resolve(host.cwd, name), name);
  try {
    const header = readHeader(file);
    readSnapshotTable(file, header);
    refuseContradictions(args, header.virtualBytes, header.backingName !== '');
    if (header.dirty) host.stderr.write(`qtune: ${name} is in use, or was not closed cleanly\n`);
    const image = existingImage(header, { fileName: name, allocatedBytes: file.allocatedBytes });
    return { image, diskBytes: header.virtualBytes, hasBacking: header.backingName !== '' };
  } finally {
    file.close();
  }
}

function refuseContradictions(args: Args, virtualBytes: number, hasBacking: boolean): void {
  const diskBytes = optionalBytes(args, 'disk');
  if (diskBytes !== undefined && diskBytes !== virtualBytes) {
    const name = optionalString(args, 'image');
    throw new UsageError(`--disk: ${name} is a disk of ${formatBytes(virtualBytes)} (${virtualBytes} bytes)`, {
      hint: 'Leave out --disk: the image says its size.',
    });
  }
  if (virtualBytes === 0) throw new UsageError('--image: a disk of 0 bytes needs no settings');
  if (flag(args, 'backing') && !hasBacking) {
    throw new UsageError('--backing: the image names no backing file', { hint: 'Leave out --backing.' });
  }
}
