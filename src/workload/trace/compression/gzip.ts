import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';

const outputBytes = 256 * 1024;

/** Decompresses gzip data, also several members one behind the other. @throws Error of node:zlib for damaged data */
export async function* gunzip(compressed: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  const output = createGunzip({ chunkSize: outputBytes });
  // The error reaches the reader through the stream itself; a pipeline also stops the source where the reader stops.
  pipeline(Readable.from(compressed, { objectMode: true, highWaterMark: 1 }), output, () => {});
  yield* output;
}
