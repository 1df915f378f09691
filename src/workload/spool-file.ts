import { closeSync, mkdtempSync, openSync, readSync, rmdirSync, unlinkSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EnvironmentError } from '../errors.ts';

/** Closes the file of a recording that nobody holds any more. */
const abandoned = new FinalizationRegistry<number>((descriptor) => closeSync(descriptor));

/** A temporary file that has no name any more, so that it is gone with the process, however that ends. */
export class SpoolFile {
  readonly #descriptor: number;
  #lengthBytes = 0;

  /** @throws EnvironmentError where there is no room for it */
  constructor() {
    this.#descriptor = attempt(() => {
      const directory = mkdtempSync(join(tmpdir(), 'qtune-requests-'));
      const path = join(directory, 'requests');
      const descriptor = openSync(path, 'wx+', 0o600);
      unlinkSync(path);
      rmdirSync(directory);
      return descriptor;
    });
    abandoned.register(this, this.#descriptor);
  }

  append(bytes: Uint8Array): void {
    attempt(() => {
      for (let done = 0; done < bytes.length; ) {
        done += writeSync(this.#descriptor, bytes, done, bytes.length - done, this.#lengthBytes + done);
      }
    });
    this.#lengthBytes += bytes.length;
  }

  /** Fills `bytes` from what was appended, starting at `offsetBytes`. */
  read(bytes: Uint8Array, offsetBytes: number): void {
    for (let done = 0; done < bytes.length; ) {
      const count = attempt(() => readSync(this.#descriptor, bytes, done, bytes.length - done, offsetBytes + done));
      if (count === 0) throw new EnvironmentError('the temporary file of the requests was cut short');
      done += count;
    }
  }
}

function attempt<Result>(work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : undefined;
    if (code === undefined) throw error;
    throw new EnvironmentError(`the requests of the trace need a temporary file in ${tmpdir()}: ${code}`, {
      hint: 'Set TMPDIR to a directory with room for 25 bytes a request.',
      cause: error,
    });
  }
}
