import type { FileHandle } from 'node:fs/promises';
import { fileChunks, reusedFileChunks } from './file-chunks.ts';
import { gunzip } from './gzip.ts';

export type Compression = 'none' | 'gzip' | 'zstd' | 'xz';

/** What the first bytes of a file say. Frames that zstd skips may come before the first that it does not. */
export function compressionOf(head: Uint8Array): Compression {
  const starts = (...bytes: readonly number[]) => bytes.every((byte, index) => head[index] === byte);
  if (starts(0x1f, 0x8b, 0x08)) return 'gzip';
  return 'none';
}

/**
 * The decompressed bytes of a file in pieces, each valid until the next is asked for.
 * @throws Error of the decompressor for data that are damaged or end too early
 */
export function decompressed(file: FileHandle, compression: Compression): AsyncGenerator<Uint8Array, void, undefined> {
  if (compression === 'gzip') return gunzip(fileChunks(file));
  return reusedFileChunks(file);
}
