import { createWriteStream } from 'node:fs';
import { link, open, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants, createGzip } from 'node:zlib';
import { EnvironmentError, UsageError } from '../../errors.ts';
import { printable } from '../../report/printable.ts';
import { IologWriter } from '../../workload/iolog.ts';
import type { RequestBlock } from '../../workload/request.ts';
import type { Host } from '../host.ts';

/**
 * The file of a new trace, which never replaces one. It has its name only when it is whole and on disk; until then it is
 * a temporary file beside it.
 */
export class NewTrace {
  /** The absolute path that is written until the trace is whole. */
  readonly temporary: string;
  readonly #path: string;
  readonly #shown: string;

  private constructor(path: string, shown: string, temporary: string) {
    this.#path = path;
    this.#shown = shown;
    this.temporary = temporary;
  }

  /**
   * Makes sure that it can be written, before the work.
   * @throws UsageError where it is there or its directory is not; EnvironmentError where it cannot be written
   */
  static async prepare(host: Pick<Host, 'cwd' | 'pid'>, shown: string): Promise<NewTrace> {
    const path = resolve(host.cwd, shown);
    const found = await stat(path).catch(() => undefined);
    if (found !== undefined) throw thereAlready(shown);
    const temporary = join(dirname(path), `.${basename(path)}.${host.pid}.tmp`);
    try {
      await (await open(temporary, 'w', 0o666)).close();
      await rm(temporary);
    } catch (error) {
      throw writeError(error, shown);
    }
    return new NewTrace(path, shown, temporary);
  }

  /** Writes a fio iolog of version 3, compressed where the name says so. @throws as {@link prepare} */
  async write(blocks: Iterable<RequestBlock>): Promise<void> {
    const file = createWriteStream(this.temporary, { flags: 'wx', flush: true });
    // Node's gzip header has neither a time nor a name: the same requests are the same file.
    const gzip = /\.gz$/i.test(this.#shown) ? [createGzip({ level: constants.Z_BEST_COMPRESSION })] : [];
    const stages: Writable[] = [...gzip, file];
    try {
      await pipeline([Readable.from(pieces(blocks), { objectMode: true, highWaterMark: 1 }), ...stages] as const);
      // Unlike a rename this fails where somebody else has made the file by now.
      await link(this.temporary, this.#path);
    } catch (error) {
      throw writeError(error, this.#shown);
    } finally {
      await rm(this.temporary, { force: true });
    }
    await syncDirectory(dirname(this.#path));
  }
}

function* pieces(blocks: Iterable<RequestBlock>): Generator<string, void, undefined> {
  const writer = new IologWriter({ version: 3 });
  yield writer.header();
  for (const block of blocks) yield writer.lines(block);
  yield writer.close();
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

function thereAlready(shown: string): UsageError {
  return new UsageError(`--out: ${printable(shown)} is there already`, {
    hint: 'Remove it first, or choose another name.',
  });
}

function writeError(error: unknown, shown: string): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : undefined;
  if (code === undefined) return error;
  if (code === 'EEXIST') return thereAlready(shown);
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new UsageError(`--out: ${printable(shown)}: there is no such directory`);
  }
  return new EnvironmentError(`--out: ${printable(shown)} cannot be written (${code})`, { cause: error });
}
