import { operationNames, type RequestBlock } from './request.ts';
import { RequestHash } from './request-hash.ts';

/** The name that the disk has in logs of qtune. */
const diskName = 'disk';

/** fio passes over waits that are shorter than this, microseconds. */
const shortestWaitUs = 100;

/** How requests are spelled in an iolog. */
export interface IologSpelling {
  /** 2 (the default), or 3, which has the time of each request in microseconds in front. */
  readonly version?: 2 | 3;
  /** Whether the times of requests are told by `wait` lines, to 100 µs; in version 2 alone. */
  readonly waits?: boolean;
  /** The name of the disk, a word; `disk` by default. */
  readonly name?: string;
}

/** Writes the text of a fio iolog, block by block: the header, one line a request, and the close. */
export class IologWriter {
  readonly #spelling: Required<IologSpelling>;
  /** Microseconds: the time of the last request, and up to which waits have been written. */
  #nowUs = 0;
  #waitedUs = 0;

  /** Version 3 and waits need requests that have times. */
  constructor({ version = 2, waits = false, name = diskName }: IologSpelling = {}) {
    this.#spelling = { version, waits, name };
  }

  header(): string {
    const { version, name } = this.#spelling;
    return `fio version ${version} iolog\n${this.#time()}${name} add\n${this.#time()}${name} open\n`;
  }

  lines({ count, operation, offsetBytes, lengthBytes, timeUs }: RequestBlock): string {
    const { version, waits, name } = this.#spelling;
    const timed = version === 3 || waits;
    let text = '';
    for (let index = 0; index < count; index++) {
      if (timed) this.#nowUs = Math.round(timeUs?.[index] ?? 0);
      if (waits) text += this.#wait();
      const action = operationNames[operation[index] ?? 0];
      text += `${this.#time()}${name} ${action} ${offsetBytes[index]} ${lengthBytes[index]}\n`;
    }
    return text;
  }

  close(): string {
    return `${this.#time()}${this.#spelling.name} close\n`;
  }

  #time(): string {
    return this.#spelling.version === 3 ? `${this.#nowUs} ` : '';
  }

  /** fio waits so long since the wait before. */
  #wait(): string {
    const us = this.#nowUs - this.#waitedUs;
    if (us < shortestWaitUs) return '';
    this.#waitedUs = this.#nowUs;
    return `${this.#spelling.name} wait ${us} 0\n`;
  }
}

/**
 * The text of a fio iolog in pieces of a few hundred kilobytes. Any fio and any command of qtune reads version 2.
 *
 * @source fio HOWTO, "Trace file format v2" and "v3"
 */
export function* iologText(
  requests: Iterable<RequestBlock>,
  spelling: IologSpelling = {},
): Generator<string, void, undefined> {
  const writer = new IologWriter(spelling);
  yield writer.header();
  for (const block of requests) yield writer.lines(block);
  yield writer.close();
}

/** SHA-256 of {@link iologText}; the same requests have the same hash on every machine. */
export function requestHash(requests: Iterable<RequestBlock>): string {
  const hash = new RequestHash();
  for (const block of requests) hash.update(block);
  return hash.digest();
}
