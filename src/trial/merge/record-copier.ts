import { type FileHandle, open } from 'node:fs/promises';
import { InputError } from '../../errors.ts';
import type { RecordPlace } from './merge-state.ts';

/** Journals that are open at a time; there may be more shards than a process may open files. */
const openFileCount = 48;
const windowBytes = 256 * 1024;

/** A stretch of a journal that was read ahead: within a journal the records are mostly wanted in its own order. */
interface Window {
  readonly handle: FileHandle;
  readonly buffer: Buffer;
  startBytes: number;
  filledBytes: number;
}

/** Reads lines from many files at known places. Memory: a window for each of 48 files. */
export class RecordCopier {
  readonly #paths: readonly string[];
  /** In order of use, the longest unused first. */
  readonly #windows = new Map<number, Window>();

  constructor(paths: readonly string[]) {
    this.#paths = paths;
  }

  /** The bytes of a record, good until the next call. @throws InputError where the file became shorter meanwhile */
  async read({ file, offsetBytes, lengthBytes }: RecordPlace): Promise<Buffer> {
    const window = await this.#window(file);
    const { startBytes, filledBytes } = window;
    if (offsetBytes >= startBytes && offsetBytes + lengthBytes <= startBytes + filledBytes) {
      return window.buffer.subarray(offsetBytes - startBytes, offsetBytes - startBytes + lengthBytes);
    }
    if (lengthBytes > window.buffer.length) {
      const line = Buffer.allocUnsafe(lengthBytes);
      await this.#fill(window, line, offsetBytes, lengthBytes, file);
      return line;
    }
    window.filledBytes = 0;
    window.filledBytes = await this.#fill(window, window.buffer, offsetBytes, lengthBytes, file);
    window.startBytes = offsetBytes;
    return window.buffer.subarray(0, lengthBytes);
  }

  async close(): Promise<void> {
    for (const { handle } of this.#windows.values()) await handle.close();
    this.#windows.clear();
  }

  async #window(file: number): Promise<Window> {
    const known = this.#windows.get(file);
    if (known) {
      this.#windows.delete(file);
      this.#windows.set(file, known);
      return known;
    }
    let buffer: Buffer | undefined;
    if (this.#windows.size >= openFileCount) {
      for (const [oldest, { handle, buffer: free }] of this.#windows) {
        this.#windows.delete(oldest);
        await handle.close();
        buffer = free;
        break;
      }
    }
    const handle = await open(this.#paths[file] ?? '', 'r');
    const window = { handle, buffer: buffer ?? Buffer.allocUnsafe(windowBytes), startBytes: 0, filledBytes: 0 };
    this.#windows.set(file, window);
    return window;
  }

  /** Reads at least `lengthBytes`, and as much more as there is and fits. */
  async #fill(
    { handle }: Window,
    buffer: Buffer,
    offsetBytes: number,
    lengthBytes: number,
    file: number,
  ): Promise<number> {
    let filledBytes = 0;
    while (filledBytes < lengthBytes) {
      const { bytesRead } = await handle.read(
        buffer,
        filledBytes,
        buffer.length - filledBytes,
        offsetBytes + filledBytes,
      );
      if (bytesRead === 0)
        throw new InputError({ file: this.#paths[file] ?? '' }, 'the journal became shorter meanwhile');
      filledBytes += bytesRead;
    }
    return filledBytes;
  }
}
