import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { InputError } from '../errors.ts';
import type { RecordedRequests } from './recorded-requests.ts';
import { Operation, operationNames, type RequestBlock } from './request.ts';

/** The longest line that is read; a file name and three numbers need a few hundred bytes. */
const maximumLineBytes = 64 * 1024;
const chunkBytes = 256 * 1024;
/** 3.4 GB of memory; a longer recording is more than a trial can replay. */
const maximumRequestCount = 200_000_000;
const newline = 0x0a;

/** The name that the disk has in logs of qtune. */
const diskName = 'disk';

/**
 * The text of a fio iolog, version 2, in pieces of a few hundred kilobytes: a header, one line a request, and the close.
 * Any fio and any command of qtune reads it.
 *
 * @source fio HOWTO, "Trace file format v2"
 */
export function* iologText(requests: Iterable<RequestBlock>): Generator<string, void, undefined> {
  yield `fio version 2 iolog\n${diskName} add\n${diskName} open\n`;
  for (const block of requests) {
    let text = '';
    for (let index = 0; index < block.count; index++) {
      const operation = operationNames[block.operation[index] ?? 0];
      text += `${diskName} ${operation} ${block.offsetBytes[index]} ${block.lengthBytes[index]}\n`;
    }
    yield text;
  }
  yield `${diskName} close\n`;
}

/** SHA-256 of the request lines of {@link iologText}; the same requests have the same hash on every machine. */
export function requestHash(requests: Iterable<RequestBlock>): string {
  const hash = createHash('sha256');
  for (const text of iologText(requests)) hash.update(text);
  return hash.digest('hex');
}

/**
 * Reads a fio iolog of version 2 or 3 into columns, with memory for one chunk beside them. `datasync` counts as `sync`;
 * `wait` lines and the times of version 3 are passed over. All requests must be of one file.
 *
 * @param shown the file's name for messages
 * @param diskBytes where the disk ends that the requests are meant for, if that is known
 * @throws InputError with the line for anything that is no iolog, and for a request past the disk's end
 */
export async function readIolog(
  file: FileHandle,
  shown: string,
  diskBytes = Number.POSITIVE_INFINITY,
): Promise<{ readonly version: 2 | 3; readonly requests: RecordedRequests }> {
  const columns = new GrowingColumns();
  let version: 2 | 3 | undefined;
  let only: string | undefined;
  let endBytes = 0;
  for await (const { text, line } of readLines(file, shown)) {
    const fail = (message: string, hint?: string): never => {
      throw new InputError({ file: shown, line }, message, hint === undefined ? {} : { hint });
    };
    if (version === undefined) {
      version = versionOf(text, fail);
      continue;
    }
    const words = text.split(' ').filter((word) => word !== '');
    if (words.length === 0) continue;
    if (version === 3 && !decimal.test(words.shift() ?? ''))
      fail('a line of version 3 starts with a time in microseconds');
    const [name = '', action = '', offsetText = '', lengthText = '', ...rest] = words;
    if (rest.length > 0) fail(`"${rest[0]}" is one word too many`);
    if (action === 'add' || action === 'open' || action === 'close') continue;
    if (action === 'wait' && version === 2) continue;
    const operation = actions.get(action);
    if (operation === undefined)
      return fail(action === '' ? 'the line has no action' : `the action "${action}" is unknown`);
    only ??= name;
    if (name !== only) fail(`requests of a second file, "${name}"; a workload is of one disk`);
    if (columns.count === maximumRequestCount) fail(`more than ${maximumRequestCount} requests`);
    if (operation === Operation.sync) {
      columns.push(operation, 0, 0);
      continue;
    }
    const offsetBytes = wholeNumber(offsetText, 'the offset', fail);
    const lengthBytes = wholeNumber(lengthText, 'the length', fail);
    if (lengthBytes === 0) fail(`the length of a ${action} is 0`);
    if (!Number.isSafeInteger(offsetBytes + lengthBytes))
      fail('the request ends behind the largest disk that qtune can count');
    if (offsetBytes + lengthBytes > diskBytes) {
      fail(
        `the ${action} of ${lengthBytes} bytes at ${offsetBytes} ends past the end of the disk of ${diskBytes} bytes`,
        'Give a larger --disk.',
      );
    }
    endBytes = Math.max(endBytes, offsetBytes + lengthBytes);
    columns.push(operation, offsetBytes, lengthBytes);
  }
  if (version === undefined) throw new InputError({ file: shown, line: 1 }, 'the file is empty');
  return { version, requests: columns.finish(endBytes) };
}

const decimal = /^\d{1,16}$/;

const actions: ReadonlyMap<string, Operation> = new Map([
  ['read', Operation.read],
  ['write', Operation.write],
  ['trim', Operation.trim],
  ['sync', Operation.sync],
  ['datasync', Operation.sync],
]);

function versionOf(text: string, fail: (message: string) => never): 2 | 3 {
  const [, digits] = /^fio version (\d{1,9}) iolog$/.exec(text) ?? [];
  if (digits === '2') return 2;
  if (digits === '3') return 3;
  return fail(
    digits === undefined
      ? 'an iolog starts with the line: fio version 2 iolog'
      : `iologs of version ${digits} are not read; 2 and 3 are`,
  );
}

function wholeNumber(text: string, what: string, fail: (message: string) => never): number {
  const value = decimal.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(value) ? value : fail(`${what} "${text.slice(0, 40)}" is not a whole number below 2^53`);
}

/** Lines of a file with their numbers, without the newline and a carriage return before it. */
async function* readLines(
  file: FileHandle,
  shown: string,
): AsyncGenerator<{ text: string; line: number }, void, undefined> {
  const buffer = Buffer.alloc(chunkBytes + maximumLineBytes);
  let filled = 0;
  let line = 1;
  let position = 0;
  for (;;) {
    const { bytesRead } = await file.read(buffer, filled, buffer.length - filled, position);
    position += bytesRead;
    filled += bytesRead;
    let start = 0;
    for (;;) {
      const found = buffer.subarray(0, filled).indexOf(newline, start);
      const end = found === -1 && bytesRead === 0 ? filled : found;
      if ((end === -1 ? filled : end) - start > maximumLineBytes) {
        throw new InputError({ file: shown, line }, `the line is longer than ${maximumLineBytes / 1024} KiB`);
      }
      if (end === -1 || (found === -1 && start >= filled)) break;
      yield { text: buffer.toString('utf8', start, end).replace(/\r$/, ''), line };
      line += 1;
      start = end + 1;
    }
    if (bytesRead === 0) return;
    buffer.copyWithin(0, start, filled);
    filled -= start;
  }
}

/** Request columns that double when they are full. */
class GrowingColumns {
  count = 0;
  #operation = new Uint8Array(4096);
  #offsetBytes = new Float64Array(4096);
  #lengthBytes = new Float64Array(4096);

  push(operation: Operation, offsetBytes: number, lengthBytes: number): void {
    if (this.count === this.#operation.length) this.#grow();
    this.#operation[this.count] = operation;
    this.#offsetBytes[this.count] = offsetBytes;
    this.#lengthBytes[this.count] = lengthBytes;
    this.count += 1;
  }

  finish(endBytes: number): RecordedRequests {
    const columns = {
      count: this.count,
      operation: this.#operation.subarray(0, this.count),
      offsetBytes: this.#offsetBytes.subarray(0, this.count),
      lengthBytes: this.#lengthBytes.subarray(0, this.count),
    };
    return { ...columns, endBytes, hash: requestHash([columns]) };
  }

  #grow(): void {
    const operation = new Uint8Array(2 * this.count);
    const offsetBytes = new Float64Array(2 * this.count);
    const lengthBytes = new Float64Array(2 * this.count);
    operation.set(this.#operation);
    offsetBytes.set(this.#offsetBytes);
    lengthBytes.set(this.#lengthBytes);
    this.#operation = operation;
    this.#offsetBytes = offsetBytes;
    this.#lengthBytes = lengthBytes;
  }
}
