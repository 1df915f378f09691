import { type FileHandle, open } from 'node:fs/promises';
import { resolve } from 'node:path';
import { InterruptedError } from '../../errors.ts';
import type { RecordedProfile } from '../../workload/profile.ts';
import { shippedNames } from '../../workload/shipped-profiles.ts';
import { decompressed } from '../../workload/trace/compression/decompress.ts';
import { recogniseTrace } from '../../workload/trace/open-trace.ts';
import type { TraceOptions } from '../../workload/trace/trace-options.ts';
import type { Host } from '../host.ts';

/** What an iolog of version 2 begins with. */
const opening = 'fio version 2 iolog';

/**
 * The text of a trace that is an iolog of version 2 already and of which everything was taken as it is: names, waits and
 * empty lines stay where they are.
 * @param source its file, which was read before
 * @returns undefined for any other trace
 */
export async function standingIolog(
  { survey }: RecordedProfile,
  source: string,
  options: TraceOptions,
  host: Host,
): Promise<AsyncIterable<Uint8Array> | undefined> {
  const { format, device, skippedCount, outsideWindowCount, movedCount } = survey;
  const isWhole = device === undefined && skippedCount + outsideWindowCount + movedCount === 0 && options.speed === 1;
  if (format !== 'iolog' || !isWhole || (await isShipped(source))) return undefined;
  const file = await open(resolve(host.cwd, source), 'r');
  const { compression } = await recogniseTrace(file, source, format);
  const chunks = decompressed(file, compression, { readBytes: 0 });
  const first = await chunks.next();
  if (first.done || !Buffer.from(first.value.subarray(0, opening.length)).equals(Buffer.from(opening))) {
    await chunks.return();
    await file.close();
    return undefined;
  }
  return copied(file, first.value, chunks, host);
}

/** A shipped recording is named, and is no file of that name. */
async function isShipped(source: string): Promise<boolean> {
  return (await shippedNames()).includes(source);
}

async function* copied(
  file: FileHandle,
  first: Uint8Array,
  rest: AsyncIterable<Uint8Array>,
  host: Host,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    // The decompressor uses its memory again; a stream may hold on to what it was handed.
    yield Uint8Array.from(first);
    for await (const chunk of rest) {
      if (host.signal.aborted) throw new InterruptedError();
      yield Uint8Array.from(chunk);
    }
  } finally {
    await file.close();
  }
}
