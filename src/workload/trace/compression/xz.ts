import type { FileHandle } from 'node:fs/promises';
import { ReadableStream } from 'node:stream/web';
import type { XzReadableStream } from 'xz-decompress';
import { fileChunks, type ReadPosition } from './file-chunks.ts';
import { xzStreams } from './xz-streams.ts';

/**
 * Decompresses a file of xz data, also several streams one behind the other. Dictionaries are of at most 64 MiB, the size
 * of `xz -9`.
 * @throws Error for damaged or truncated data
 */
export async function* unxz(file: FileHandle, progress: ReadPosition): AsyncGenerator<Uint8Array, void, undefined> {
  const { default: module } = await import('xz-decompress');
  const streams = await xzStreams(file);
  if (streams === undefined) {
    yield* asFarAsItGoes(unxzStream(module.XzReadableStream, fileChunks(file, progress)));
    throw new Error('unexpected end of file');
  }
  for (const { from, to } of streams) {
    yield* unxzStream(module.XzReadableStream, fileChunks(file, progress, from, to));
  }
}

function unxzStream(Stream: typeof XzReadableStream, compressed: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  return new Stream(ReadableStream.from<Uint8Array>(compressed));
}

/** What there is of a file without a proper end, so that the error can say what was in it. */
async function* asFarAsItGoes(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  const iterator = bytes[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await iterator.next().catch(() => ({ done: true, value: undefined }) as const);
      if (next.done) return;
      yield next.value;
    }
  } finally {
    await iterator.return?.();
  }
}
