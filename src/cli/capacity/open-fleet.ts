import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { resolve } from 'node:path';
import { InputError, UsageError } from '../../errors.ts';
import { compressionOf, decompressed } from '../../workload/trace/compression/decompress.ts';
import type { Host } from '../host.ts';

/** The bytes of a fleet file, decompressed where its first bytes say so; `-` is standard input. */
export async function* fleetBytes(
  host: Pick<Host, 'cwd' | 'descriptors'>,
  name: string,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (name === '-') {
    yield* standardInput(host);
    return;
  }
  const file = await openFile(host, name);
  try {
    const head = new Uint8Array(16);
    const { bytesRead } = await file.read(head, 0, head.length, 0);
    const compression = compressionOf(head.subarray(0, bytesRead));
    const progress = { readBytes: 0 };
    try {
      yield* decompressed(file, compression, progress);
    } catch (error) {
      if (compression === 'none' || !(error instanceof Error) || !isDecompression(error)) throw error;
      throw new InputError(
        { file: name, offsetBytes: progress.readBytes },
        `its ${compression} data are damaged: ${error.message}`,
        { cause: error },
      );
    }
  } finally {
    await file.close();
  }
}

/** Errors of readers further on come back through the generator too. */
function isDecompression(error: Error): boolean {
  return 'code' in error ? String(error.code).startsWith('Z_') : error.message === 'unexpected end of file';
}

function standardInput({ descriptors }: Pick<Host, 'descriptors'>): AsyncIterable<Uint8Array> {
  if (descriptors === undefined) throw new UsageError('there is no standard input to read', { hint: 'Name a file.' });
  return createReadStream('', { fd: descriptors.stdin, autoClose: false, highWaterMark: 256 * 1024 });
}

async function openFile({ cwd }: Pick<Host, 'cwd'>, name: string): Promise<FileHandle> {
  const file = await open(resolve(cwd, name)).catch((error: NodeJS.ErrnoException) => {
    const why = error.code === 'ENOENT' ? 'there is no such file' : `cannot be read (${error.code ?? 'unknown error'})`;
    throw new InputError({ file: name }, why, { cause: error });
  });
  if (!(await file.stat()).isDirectory()) return file;
  await file.close();
  throw new InputError({ file: name }, 'this is a directory', { hint: 'Name a CSV file or JSON lines.' });
}
