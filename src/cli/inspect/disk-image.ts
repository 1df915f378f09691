import { resolve } from 'node:path';
import type { DiskImage } from '../../advisor/inspection/inspected-disk.ts';
import { ImageFormatError, QtuneError } from '../../errors.ts';
import { qcow2Magic, readHeader } from '../../qcow2/header.ts';
import { ImageFile } from '../../qcow2/image-file.ts';
import { readBytes } from '../../qcow2/image-source.ts';
import type { DescribedDisk } from '../../settings/described-disk.ts';

/**
 * Reads the header of the image that a disk names, and nothing else of it: a guest may be running on it. Files that the image names
 * are not opened.
 */
export function readDiskImage({ source }: DescribedDisk, cwd: string): DiskImage {
  if (source.kind === 'empty') return { state: 'unread', why: 'there is none' };
  if (source.kind === 'elsewhere') return { state: 'unread', why: `it is no file of this machine (${source.text})` };
  let file: ImageFile;
  try {
    file = ImageFile.open(resolve(cwd, source.path), source.path);
  } catch (error) {
    if (!(error instanceof QtuneError)) throw error;
    return { state: 'unread', why: withoutName(error.message, source.path) };
  }
  try {
    if (readBytes(file, 0, 4).readUInt32BE(0) !== qcow2Magic) return { state: 'not-qcow2' };
    return { state: 'read', header: readHeader(file, { describe: true }) };
  } catch (error) {
    if (!(error instanceof QtuneError)) throw error;
    const why = withoutName(error.message, source.path);
    return { state: error instanceof ImageFormatError ? 'damaged' : 'unread', why };
  } finally {
    file.close();
  }
}

function withoutName(message: string, name: string): string {
  return message.startsWith(`${name}: `) ? message.slice(name.length + 2) : message;
}
