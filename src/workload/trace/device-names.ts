import type { TraceSink } from './trace-format.ts';

const tableBits = 13;
const tableSize = 2 ** tableBits;

/** Numbers of devices by the bytes of their names, without a string for each request. */
export class DeviceNames {
  readonly #sink: TraceSink;
  readonly #spelled: (name: string) => string;
  /** The name that was seen last in each place of a table by hash, and its number. */
  readonly #names: (Uint8Array | undefined)[] = new Array<Uint8Array | undefined>(tableSize).fill(undefined);
  readonly #numbers = new Int32Array(tableSize);

  /** @param spelled how a name is shown where that is not how the file has it */
  constructor(sink: TraceSink, spelled: (name: string) => string = (name) => name) {
    this.#sink = sink;
    this.#spelled = spelled;
  }

  /** The sink's number for a name. */
  numberOf(bytes: Uint8Array, start: number, end: number): number {
    let hash = end - start;
    for (let index = start; index < end; index++) hash = (Math.imul(hash, 31) + (bytes[index] as number)) | 0;
    const place = Math.imul(hash, 0x9e3779b1) >>> (32 - tableBits);
    const seen = this.#names[place];
    if (seen !== undefined && same(seen, bytes, start, end)) return this.#numbers[place] as number;
    // A copy: `slice` of a Buffer would be a view of memory that is about to change.
    const name = new Uint8Array(bytes.subarray(start, end));
    const number = this.#sink.device(this.#spelled(Buffer.from(name.buffer).toString('utf8')));
    this.#names[place] = name;
    this.#numbers[place] = number;
    return number;
  }
}

function same(name: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (name.length !== end - start) return false;
  for (let index = 0; index < name.length; index++) if (name[index] !== bytes[start + index]) return false;
  return true;
}
