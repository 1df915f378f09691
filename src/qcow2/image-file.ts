import { closeSync, constants, fstatSync, openSync, readFileSync, readSync, type Stats } from 'node:fs';
import { EnvironmentError, ImageFormatError, InputError } from '../errors.ts';
import type { ImageSource } from './image-source.ts';

const mebibyte = 1024 ** 2;

/**
 * How much more than a file holds on disk its tables may take: holes read as zeroes at no cost to whoever made the file, so
 * what is read of them is limited. Room for tables that a file system compressed.
 */
const readAllowanceBytes = 256 * mebibyte;

/** An image file that is open for reading. Nothing here writes. */
export class ImageFile implements ImageSource {
  readonly name: string;
  readonly lengthBytes: number;
  readonly allocatedBytes: number;
  /** Device and inode, to tell whether two names are one file. */
  readonly identity: string;
  readonly #descriptor: number;
  readonly #changedMs: number;
  #unreadBytes: number;

  private constructor(name: string, descriptor: number, status: Stats) {
    this.name = name;
    this.#descriptor = descriptor;
    this.#changedMs = status.mtimeMs;
    this.identity = `${status.dev}:${status.ino}`;
    if (status.isFile()) {
      this.lengthBytes = status.size;
      this.allocatedBytes = status.blocks * 512;
    } else {
      this.lengthBytes = deviceBytes(name, status.rdev);
      this.allocatedBytes = this.lengthBytes;
    }
    this.#unreadBytes = this.allocatedBytes + readAllowanceBytes;
  }

  /**
   * Opens a file for reading only. Pipes, sockets and character devices are refused, and opening one does not wait.
   * @param path where the file is @param name how messages call it
   * @throws InputError where there is no such file or it is no regular file or block device
   * @throws EnvironmentError where the system fails otherwise
   */
  static open(path: string, name: string): ImageFile {
    let descriptor: number;
    try {
      // O_NONBLOCK: else opening a pipe waits for a writer.
      descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    } catch (error) {
      throw openError(error, name);
    }
    try {
      const status = fstatSync(descriptor);
      if (!status.isFile() && !status.isBlockDevice()) {
        const kind = status.isDirectory() ? 'a directory' : 'no regular file';
        throw new InputError({ file: name }, `it is ${kind}, not an image`);
      }
      return new ImageFile(name, descriptor, status);
    } catch (error) {
      closeSync(descriptor);
      throw error;
    }
  }

  read(offset: number, target: Uint8Array): void {
    this.#unreadBytes -= target.length;
    if (this.#unreadBytes < -mebibyte) {
      throw new ImageFormatError(
        `${this.name}: its tables claim far more than the ${this.allocatedBytes} bytes that the file takes on disk`,
        { hint: 'The image is damaged, or made to be read for ever.' },
      );
    }
    let done = 0;
    while (done < target.length && offset + done < this.lengthBytes) {
      const count = this.#readSome(offset + done, target, done);
      if (count === 0) break;
      done += count;
    }
    target.fill(0, done);
  }

  /** True where the file was written to or changed its length since it was opened. */
  hasChanged(): boolean {
    const status = fstatSync(this.#descriptor);
    return status.mtimeMs !== this.#changedMs || (status.isFile() && status.size !== this.lengthBytes);
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  #readSome(offset: number, target: Uint8Array, done: number): number {
    try {
      return readSync(this.#descriptor, target, done, target.length - done, offset);
    } catch (error) {
      throw new EnvironmentError(`${this.name}: cannot be read at byte ${offset} (${errorCode(error)})`, {
        cause: error,
      });
    }
  }
}

/** Length of a block device in bytes, from the kernel's count of sectors. */
function deviceBytes(name: string, device: number): number {
  // The numbering of Linux's makedev for device numbers of 32 bits.
  const major = (device >>> 8) & 0xfff;
  const minor = (device & 0xff) | ((device >>> 12) & 0xfff00);
  try {
    return Number(readFileSync(`/sys/dev/block/${major}:${minor}/size`, 'utf8')) * 512;
  } catch (error) {
    throw new EnvironmentError(`${name}: the length of this block device is unknown`, { cause: error });
  }
}

function openError(error: unknown, name: string): Error {
  const code = errorCode(error);
  if (code === 'ENOENT' || code === 'ENOTDIR') return new InputError({ file: name }, 'there is no such file');
  if (code === 'EACCES') return new InputError({ file: name }, 'it may not be read', { cause: error });
  if (code === 'ENXIO') return new InputError({ file: name }, 'it is no regular file, not an image');
  if (code === 'ERR_INVALID_ARG_VALUE') return new InputError({ file: name }, 'this is no file name');
  return new EnvironmentError(`${name}: cannot be opened (${code})`, { cause: error });
}

function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
}
