import { ZstdFrames } from './zstd-frames.ts';

/** Decompresses zstd data, also several frames one behind the other. @throws Error for damaged or truncated data */
export async function* unzstd(compressed: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  const { Decompress } = await import('fzstd');
  const output: Uint8Array[] = [];
  let frame = new Decompress();
  const frames = new ZstdFrames({
    open: () => {
      frame = new Decompress((bytes) => void output.push(bytes));
    },
    push: (bytes, last) => frame.push(bytes, last),
  });
  for await (const bytes of compressed) {
    for (const _ of frames.push(bytes)) yield* output.splice(0);
  }
  if (!frames.isComplete) throw new Error('unexpected end of file');
}
