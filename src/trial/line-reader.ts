import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { EnvironmentError, InputError } from '../errors.ts';

/** A journal line is a few kilobytes; anything above this is not a journal. */
export const maximumLineBytes = 4 * 1024 * 1024;

const chunkBytes = 256 * 1024;
const newline = 0x0a;

/** Some whole lines of a file. */
export interface LineBatch {
  /** Without their newlines. */
  readonly lines: readonly string[];
  /** Number of the first line, counted from 1. */
  readonly firstLine: number;
  /** Where the last line ends in the file, its newline included. */
  readonly endBytes: number;
  /** Length of a last line that has no newline, in a batch of its own without lines; else 0. */
  readonly tornBytes: number;
}

/**
 * Reads a file's lines in batches, with memory for one chunk and one line. Node's readline is not used: it ends the
 * process on a line longer than a string may be.
 *
 * @throws InputError for a line above {@link maximumLineBytes} or a file that cannot be read
 */
export async function* readLineBatches(path: string): AsyncGenerator<LineBatch, void, undefined> {
  const file = await openInput(path);
  try {
    let buffer: Buffer = Buffer.allocUnsafe(chunkBytes);
    let filledBytes = 0;
    let endBytes = 0;
    let firstLine = 1;
    for (;;) {
      if (filledBytes === buffer.length) buffer = enlarged(buffer, { file: path, line: firstLine });
      const { bytesRead } = await file.read(buffer, filledBytes, buffer.length - filledBytes, null);
      if (bytesRead === 0) break;
      const wholeBytes = buffer.subarray(filledBytes, filledBytes + bytesRead).lastIndexOf(newline) + filledBytes + 1;
      const foundNewline = wholeBytes > filledBytes;
      filledBytes += bytesRead;
      if (!foundNewline) continue;
      const lines = splitLines(buffer.subarray(0, wholeBytes));
      endBytes += wholeBytes;
      buffer.copyWithin(0, wholeBytes, filledBytes);
      filledBytes -= wholeBytes;
      yield { lines, firstLine, endBytes, tornBytes: 0 };
      firstLine += lines.length;
    }
    if (filledBytes > 0) yield { lines: [], firstLine, endBytes, tornBytes: filledBytes };
  } finally {
    await file.close();
  }
}

/** Line by line: parsing the slices of one large decoded text was measured to be an eighth slower. */
function splitLines(bytes: Buffer): string[] {
  const lines: string[] = [];
  let start = 0;
  for (let end = bytes.indexOf(newline); end !== -1; end = bytes.indexOf(newline, start)) {
    lines.push(bytes.toString('utf8', start, end));
    start = end + 1;
  }
  return lines;
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
