/**
 * The largest window that is decompressed, as the zstd program has it by default: what a frame says of itself is memory that
 * is taken before the first byte of it is looked at.
 */
const maximumWindowBytes = 128 * 1024 * 1024;
const maximumBlockBytes = 128 * 1024;
const frameMagic = 0xfd2fb528;
const skippableMagic = 0x184d2a50;
const skippableHeaderBytes = 8;
/** Magic number and descriptor, then at most window, dictionary and content size. */
const longestHeaderBytes = 18;

/** What takes the bytes of frames. */
export interface FrameTarget {
  /** A new frame begins. */
  open(): void;
  /** Bytes of the frame, its header and checksum included; the call that has the last of them says so. */
  push(bytes: Uint8Array, last: boolean): void;
}

/** Where in a frame the next byte belongs. */
type Place = 'header' | 'block-header' | 'block' | 'checksum' | 'skipped';

/**
 * Cuts zstd data into frames and their blocks, and refuses what would take memory without bound: the decompressor believes
 * every size that it reads. Frames to be skipped are.
 *
 * @source RFC 8878, sections 3.1.1 and 3.1.2
 */
export class ZstdFrames {
  readonly #target: FrameTarget;
  readonly #header = new Uint8Array(longestHeaderBytes);
  #headerBytes = 0;
  #place: Place = 'header';
  /** Bytes of the block header that were read, as a number, and how many. */
  #blockHeader = 0;
  #blockHeaderBytes = 0;
  /** Bytes still to come at the place. */
  #leftBytes = 0;
  #lastBlock = false;
  #hasChecksum = false;

  constructor(target: FrameTarget) {
    this.#target = target;
  }

  /** Whether the data may end here: between two frames. */
  get isComplete(): boolean {
    return this.#place === 'header' && this.#headerBytes === 0;
  }

  /** Hands the bytes on, at most one block in a call, and says after each call that output may be there. */
  *push(bytes: Uint8Array): Generator<void, void, undefined> {
    let at = 0;
    while (at < bytes.length) {
      if (this.#place === 'header') at = this.#readHeader(bytes, at);
      else if (this.#place === 'skipped') at = this.#skip(bytes, at);
      else at = this.#readFrame(bytes, at);
      yield;
    }
  }

  #readHeader(bytes: Uint8Array, at: number): number {
    this.#header[this.#headerBytes++] = bytes[at] as number;
    const length = headerLength(this.#header, this.#headerBytes);
    if (this.#headerBytes < length) return at + 1;
    const header = this.#header.slice(0, length);
    this.#headerBytes = 0;
    if (length === skippableHeaderBytes && isSkippable(header)) {
      this.#leftBytes = unsigned(header, 4, 4);
      this.#place = this.#leftBytes > 0 ? 'skipped' : 'header';
      return at + 1;
    }
    const windowBytes = windowOf(header);
    if (windowBytes > maximumWindowBytes) {
      throw new Error(`a frame needs a window of ${windowBytes} bytes; ${maximumWindowBytes} are the most`);
    }
    this.#hasChecksum = (flagsOf(header) & 4) !== 0;
    this.#place = 'block-header';
    this.#target.open();
    this.#target.push(header, false);
    return at + 1;
  }

  #skip(bytes: Uint8Array, at: number): number {
    const taken = Math.min(this.#leftBytes, bytes.length - at);
    this.#leftBytes -= taken;
    if (this.#leftBytes === 0) this.#place = 'header';
    return at + taken;
  }

  /** Hands on the rest of the block or checksum at hand, as far as the bytes go. */
  #readFrame(bytes: Uint8Array, start: number): number {
    let at = start;
    while (at < bytes.length && this.#place === 'block-header') {
      this.#blockHeader |= (bytes[at++] as number) << (8 * this.#blockHeaderBytes++);
      if (this.#blockHeaderBytes === 3) this.#openBlock();
    }
    const taken = Math.min(this.#leftBytes, bytes.length - at);
    this.#leftBytes -= taken;
    at += taken;
    const ended = this.#place !== 'block-header' && this.#leftBytes === 0;
    const last = ended && this.#afterBlock();
    this.#target.push(bytes.subarray(start, at), last);
    return at;
  }

  #openBlock(): void {
    const type = (this.#blockHeader >> 1) & 3;
    const sizeBytes = this.#blockHeader >> 3;
    if (sizeBytes > maximumBlockBytes) throw new Error(`a block of ${sizeBytes} bytes is larger than zstd allows`);
    this.#lastBlock = (this.#blockHeader & 1) === 1;
    this.#leftBytes = type === 1 ? 1 : sizeBytes;
    this.#blockHeader = 0;
    this.#blockHeaderBytes = 0;
    this.#place = 'block';
  }

  /** @returns whether the frame ends here */
  #afterBlock(): boolean {
    if (this.#place === 'block' && !this.#lastBlock) {
      this.#place = 'block-header';
      return false;
    }
    if (this.#place === 'block' && this.#hasChecksum) {
      this.#place = 'checksum';
      this.#leftBytes = 4;
      return false;
    }
    this.#place = 'header';
    return true;
  }
}

/** Whether a file that begins like this is compressed with zstd. */
export function beginsLikeZstd(head: Uint8Array): boolean {
  return head.length >= 4 && (unsigned(head, 0, 4) === frameMagic || isSkippable(head));
}

function isSkippable(header: Uint8Array): boolean {
  return (unsigned(header, 0, 4) & ~0xf) >>> 0 === skippableMagic;
}

/** How long the header is as far as its first bytes tell. @throws Error where it is none */
function headerLength(header: Uint8Array, known: number): number {
  if (known < 4) return 5;
  if (isSkippable(header)) return skippableHeaderBytes;
  if (unsigned(header, 0, 4) !== frameMagic) throw new Error('what follows the last frame is none');
  if (known < 5) return 5;
  const flags = flagsOf(header);
  return 5 + (isSingleSegment(flags) ? 0 : 1) + dictionaryBytes(flags) + contentSizeBytes(flags);
}

function windowOf(header: Uint8Array): number {
  const flags = flagsOf(header);
  if (isSingleSegment(flags)) {
    const bytes = contentSizeBytes(flags);
    return unsigned(header, 5 + dictionaryBytes(flags), bytes) + (bytes === 2 ? 256 : 0);
  }
  const descriptor = header[5] as number;
  const base = 2 ** (10 + (descriptor >> 3));
  return base + (base / 8) * (descriptor & 7);
}

function flagsOf(header: Uint8Array): number {
  return header[4] as number;
}

function isSingleSegment(flags: number): boolean {
  return (flags & 0x20) !== 0;
}

function dictionaryBytes(flags: number): number {
  return [0, 1, 2, 4][flags & 3] as number;
}

function contentSizeBytes(flags: number): number {
  const code = flags >> 6;
  return code === 0 ? (isSingleSegment(flags) ? 1 : 0) : 2 ** code;
}

/** Little-endian, up to 8 bytes. */
function unsigned(bytes: Uint8Array, at: number, count: number): number {
  let value = 0;
  for (let index = count - 1; index >= 0; index--) value = value * 256 + (bytes[at + index] as number);
  return value;
}
