import type { FileHandle } from 'node:fs/promises';
import { fileChunks, type ReadPosition, reusedFileChunks } from './file-chunks.ts';
import { gunzip } from './gzip.ts';
import { unxz } from './xz.ts';
import { beginsLikeXz } from './xz-streams.ts';
import { unzstd } from './zstd.ts';
import { beginsLikeZstd } from './zstd-frames.ts';

export type Compression = 'none' | 'gzip' | 'zstd' | 'xz';

/** The message of every decompressor's error where the file ends too early. */
export const truncatedMessage = 'unexpected end of file';

/** What the first bytes of a file say. Frames that zstd skips may come before the first that it does not. */
export function compressionOf(head: Uint8Array): Compression {
  if (head[0] === 0x1f && head[1] === 0x8b && head[2] === 8) return 'gzip';
  if (beginsLikeZstd(head)) return 'zstd';
  if (beginsLikeXz(head)) return 'xz';
  return 'none';
}

/**
 * The decompressed bytes of a file in pieces, each valid until the next is asked for.
 * @throws Error of the decompressor for data that are damaged or end too early
 */
export function decompressed(
  file: FileHandle,
  compression: Compression,
  progress: ReadPosition,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (compression === 'gzip') return gunzip(fileChunks(file, progress));
  if (compression === 'zstd') return unzstd(fileChunks(file, progress));
  if (compression === 'xz') return unxz(file, progress);
  return reusedFileChunks(file, progress);
}
