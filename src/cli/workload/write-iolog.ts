import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { EnvironmentError, UsageError } from '../../errors.ts';
import { type IologSpelling, IologWriter } from '../../workload/iolog.ts';
import type { Workload } from '../../workload/workload.ts';
import type { Host } from '../host.ts';
import { requestsInTurns } from '../pass-over.ts';

/**
 * The iolog of a workload in pieces.
 * @throws InterruptedError
 */
export async function* spelledIolog(
  workload: Workload,
  spelling: IologSpelling,
  host: Host,
): AsyncGenerator<string, void, undefined> {
  const writer = new IologWriter(spelling);
  yield writer.header();
  for await (const block of requestsInTurns(workload, host)) yield writer.lines(block);
  yield writer.close();
}

/**
 * Makes a file of text, compressed where its name says so. Never writes over one: it may be the user's recording. What was
 * begun and not finished is removed.
 *
 * @throws UsageError where the file is there or its directory is not; EnvironmentError where it cannot be written
 */
export async function writeNewFile(
  host: Pick<Host, 'cwd'>,
  shown: string,
  parts: AsyncIterable<string | Uint8Array>,
): Promise<void> {
  const path = resolve(host.cwd, shown);
  const file = createWriteStream(path, { flags: 'wx' });
  let isOurs = false;
  file.once('open', () => {
    isOurs = true;
  });
  const stages: Writable[] = /\.gz$/i.test(shown) ? [createGzip(), file] : [file];
  try {
    // The stream opens its file by itself; nothing is read before that is known to work.
    await new Promise<void>((opened, failed) => {
      file.once('open', () => opened());
      file.once('error', failed);
    });
    await pipeline([Readable.from(parts, { objectMode: true, highWaterMark: 1 }), ...stages] as const);
  } catch (error) {
    file.destroy();
    if (isOurs) await rm(path, { force: true });
    throw writeError(error, shown);
  }
}

function writeError(error: unknown, shown: string): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : undefined;
  const isSystem = error instanceof Error && 'syscall' in error;
  if (code === undefined || !isSystem) return error;
  if (code === 'EEXIST')
    return new UsageError(`${shown}: the file is there already`, { hint: 'Remove it first, or choose another name.' });
  if (code === 'ENOENT') return new UsageError(`${shown}: there is no such directory`);
  if (code === 'EISDIR') return new UsageError(`${shown}: it is a directory`);
  return new EnvironmentError(`${shown}: cannot be written (${code})`, { cause: error });
}
