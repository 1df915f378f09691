import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { EnvironmentError, InputError } from '../errors.ts';

/** A journal line is a few kilobytes; anything above this is not a journal. */
export const maximumLineBytes = 4 * 1024 * 1024;

const chunkBytes = 1024 * 1024;
const newline = 0x0a;

/** Some whole lines of a file. */
export interface LineBatch {
  /** The lines with their newlines; good until the next batch is asked for. */
  readonly bytes: Buffer;
  /** Where each line's newline is. */
  readonly ends: readonly number[];
  /** Number of the first line, counted from 1. */
  readonly firstLine: number;
  /** Where the last line ends in the file, its newline included. */
  readonly endBytes: number;
  /** Length of a last line that has no newline, in a batch of its own without lines; else 0. */
  readonly tornBytes: number;
}

/**
 * Reads a file's lines in batches, with memory for two chunks and one line; the next chunk is read while the caller works
 * on a batch. Node's readline is not used: it ends the process on a line longer than a string may be.
 *
 * @throws InputError for a line above {@link maximumLineBytes} or a file that cannot be read
 */
export async function* readLineBatches(path: string): AsyncGenerator<LineBatch, void, undefined> {
  const file = await openInput(path);
  let pending: Promise<{ readonly bytesRead: number }> | undefined;
  try {
    let buffer: Buffer = Buffer.allocUnsafe(chunkBytes);
    let other: Buffer = Buffer.allocUnsafe(chunkBytes);
    let filledBytes = 0;
    let endBytes = 0;
    let firstLine = 1;
    for (;;) {
      pending ??= file.read(buffer, filledBytes, buffer.length - filledBytes, null);
      const { bytesRead } = await pending;
      pending = undefined;
      if (bytesRead === 0) break;
      const wholeBytes = buffer.subarray(filledBytes, filledBytes + bytesRead).lastIndexOf(newline) + filledBytes + 1;
      const foundNewline = wholeBytes > filledBytes;
      filledBytes += bytesRead;
      if (!foundNewline) {
        if (filledBytes === buffer.length) buffer = enlarged(buffer, { file: path, line: firstLine });
        continue;
      }
      const bytes = buffer.subarray(0, wholeBytes);
      const ends = findNewlines(bytes);
      endBytes += wholeBytes;
      // The begun line goes to the other buffer, whose batch the caller has done with.
      if (other.length < buffer.length) other = Buffer.allocUnsafe(buffer.length);
      filledBytes = buffer.copy(other, 0, wholeBytes, filledBytes);
      [buffer, other] = [other, buffer];
      pending = file.read(buffer, filledBytes, buffer.length - filledBytes, null);
      yield { bytes, ends, firstLine, endBytes, tornBytes: 0 };
      firstLine += ends.length;
    }
    if (filledBytes > 0) yield { bytes: buffer.subarray(0, 0), ends: [], firstLine, endBytes, tornBytes: filledBytes };
  } finally {
    // A caller who stopped early still has to wait for the read that uses the buffer.
    await pending?.catch(() => undefined);
    await file.close();
  }
}

function findNewlines(bytes: Buffer): number[] {
  const ends: number[] = [];
  for (let end = bytes.indexOf(newline); end !== -1; end = bytes.indexOf(newline, end + 1)) ends.push(end);
  return ends;
}

function enlarged(buffer: Buffer, position: { readonly file: string; readonly line: number }): Buffer {
  if (buffer.length >= maximumLineBytes) {
    throw new InputError(position, `the line is longer than ${maximumLineBytes} bytes`, {
      hint: 'Name a journal that `qtune run` wrote.',
    });
  }
  return Buffer.concat([buffer], 2 * buffer.length);
}

async function openInput(path: string): Promise<FileHandle> {
  let file: FileHandle;
  try {
    // Without O_NONBLOCK the opening of a named pipe would wait for a writer, deaf to signals.
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    if (code === 'ENOENT' || code === 'ENOTDIR') throw new InputError({ file: path }, 'there is no such file');
    if (code === 'EACCES') throw new InputError({ file: path }, 'you may not read it');
    throw new EnvironmentError(`${path}: cannot be opened (${code})`, { cause: error });
  }
  const found = await file.stat();
  if (!found.isFile()) {
    await file.close();
    const kind = found.isDirectory() ? 'a directory' : 'a pipe or a device';
    throw new InputError({ file: path }, `it is ${kind}, not a journal`, {
      hint: 'Name a file that `qtune run` wrote.',
    });
  }
  return file;
}
