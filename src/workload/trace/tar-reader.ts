import type { TraceReader, TraceSink } from './trace-format.ts';

const blockBytes = 512;
const Type = { file: 0x30, oldFile: 0, directory: 0x35 } as const;

/**
 * What is done with a regular file of an archive.
 *
 * @param name without its directories; cut at 100 bytes where the archive has longer ones
 * @param offsetBytes where its content starts
 * @returns what reads it; undefined passes over it
 */
export type OpenTarFile = (name: string, offsetBytes: number) => TraceReader | undefined;

/**
 * Reads the files of a tar archive as they come. Names in extended headers are passed over: what stands in the plain
 * header is enough for the last part of a path.
 *
 * @source POSIX.1-2017 pax, "ustar Interchange Format"; GNU tar manual, "Basic Tar Format"
 */
export class TarReader implements TraceReader {
  readonly #sink: TraceSink;
  readonly #open: OpenTarFile;
  readonly #header = new Uint8Array(blockBytes);
  #headerBytes = 0;
  #offsetBytes = 0;
  /** Bytes of the content, and of the padding behind it, that are still to come. */
  #contentBytes = 0;
  #paddingBytes = 0;
  #reader: TraceReader | undefined;
  /** Behind a header that is none, nothing more can be told of the archive. */
  #stopped = false;

  constructor(sink: TraceSink, open: OpenTarFile) {
    this.#sink = sink;
    this.#open = open;
  }

  push(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length && !this.#stopped; ) {
      const taken =
        this.#contentBytes > 0
          ? this.#content(bytes, at)
          : this.#paddingBytes > 0
            ? this.#padding(bytes, at)
            : this.#headerPart(bytes, at);
      this.#offsetBytes += taken;
      at += taken;
    }
  }

  end(): void {
    if (!this.#stopped && (this.#headerBytes > 0 || this.#contentBytes > 0)) {
      this.#sink.recordOffsetBytes = this.#offsetBytes;
      this.#sink.bad('the archive ends inside of a file');
    }
    this.#reader?.end();
  }

  #content(bytes: Uint8Array, at: number): number {
    const taken = Math.min(this.#contentBytes, bytes.length - at);
    this.#contentBytes -= taken;
    this.#reader?.push(bytes.subarray(at, at + taken));
    if (this.#contentBytes === 0) this.#endFile();
    return taken;
  }

  #padding(bytes: Uint8Array, at: number): number {
    const taken = Math.min(this.#paddingBytes, bytes.length - at);
    this.#paddingBytes -= taken;
    return taken;
  }

  #headerPart(bytes: Uint8Array, at: number): number {
    const taken = Math.min(blockBytes - this.#headerBytes, bytes.length - at);
    this.#header.set(bytes.subarray(at, at + taken), this.#headerBytes);
    this.#headerBytes += taken;
    if (this.#headerBytes === blockBytes) {
      this.#headerBytes = 0;
      this.#take(this.#offsetBytes + taken);
    }
    return taken;
  }

  #take(contentOffsetBytes: number): void {
    const header = this.#header;
    // Two blocks of zeroes end an archive; more may follow them.
    if (header.every((byte) => byte === 0)) return;
    const size = tarSize(header, 0);
    if (!isTarHeader(header, 0) || Number.isNaN(size)) {
      this.#sink.recordOffsetBytes = contentOffsetBytes - blockBytes;
      this.#sink.bad('this is no header of a tar archive');
      this.#stopped = true;
      return;
    }
    this.#contentBytes = size;
    this.#paddingBytes = (blockBytes - (size % blockBytes)) % blockBytes;
    const type = header[156];
    const isFile = type === Type.file || type === Type.oldFile;
    this.#reader = isFile ? this.#open(tarName(header, 0), contentOffsetBytes) : undefined;
    if (type === Type.directory) this.#contentBytes = 0;
    if (this.#contentBytes === 0) this.#endFile();
  }

  #endFile(): void {
    this.#reader?.end();
    this.#reader = undefined;
  }
}

/** Whether a tar header starts here: its checksum is right. */
export function isTarHeader(bytes: Uint8Array, start: number): boolean {
  if (start + blockBytes > bytes.length) return false;
  let sum = 0;
  for (let index = 0; index < blockBytes; index++) {
    sum += index >= 148 && index < 156 ? 0x20 : (bytes[start + index] as number);
  }
  return octal(bytes, start + 148, start + 156) === sum;
}

/** The last part of the path in a header. */
export function tarName(bytes: Uint8Array, start: number): string {
  const end = bytes.indexOf(0, start);
  const path = Buffer.from(bytes.subarray(start, end === -1 ? start + 100 : Math.min(end, start + 100))).toString(
    'utf8',
  );
  return path.slice(path.replace(/\/+$/, '').lastIndexOf('/') + 1);
}

/** Bytes of the content behind a header; NaN where it does not say. */
export function tarSize(bytes: Uint8Array, start: number): number {
  // GNU tar writes sizes from 8 GiB on as a binary number with the first bit set.
  if (((bytes[start + 124] as number) & 0x80) === 0) return octal(bytes, start + 124, start + 136);
  let size = (bytes[start + 124] as number) & 0x7f;
  for (let index = start + 125; index < start + 136; index++) size = size * 256 + (bytes[index] as number);
  return size <= Number.MAX_SAFE_INTEGER ? size : Number.NaN;
}

/** Octal digits between blanks, up to a blank or zero byte. */
function octal(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && bytes[at] === 0x20) at += 1;
  const first = at;
  let value = 0;
  for (; at < end && bytes[at] !== 0x20 && bytes[at] !== 0; at++) {
    const digit = (bytes[at] as number) - 0x30;
    if (digit < 0 || digit > 7) return Number.NaN;
    value = value * 8 + digit;
  }
  return at === first ? Number.NaN : value;
}
