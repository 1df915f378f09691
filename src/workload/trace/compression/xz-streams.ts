import type { FileHandle } from 'node:fs/promises';

/** Where one of the streams of a file lies. */
export interface XzStream {
  readonly from: number;
  readonly to: number;
}

const footerBytes = 12;
const headerBytes = 12;
const mostPaddingBytes = 4096;
/** More streams than this are not of a trace. */
const mostStreams = 100_000;
/** The index of a stream has some 8 bytes for each of its blocks, which are of megabytes. */
const maximumIndexBytes = 16 * 1024 * 1024;

/**
 * Finds the streams of a file from its end: the decompressor stops behind the first one and does not say where that was.
 * @returns undefined where the end of the file is not that of a stream
 * @source The .xz file format, sections 2.1.2 and 4
 */
export async function xzStreams(file: FileHandle): Promise<readonly XzStream[] | undefined> {
  const streams: XzStream[] = [];
  for (let end = (await file.stat()).size; end > 0; ) {
    const to = await withoutPadding(file, end);
    const from = await startOf(file, to);
    if (from === undefined || streams.length === mostStreams) return undefined;
    streams.push({ from, to });
    end = from;
  }
  return streams.reverse();
}

/** Zero bytes, four at a time, may lie behind a stream. More than a little are of no tool, and take long to go through. */
async function withoutPadding(file: FileHandle, end: number): Promise<number> {
  const length = Math.min(end, mostPaddingBytes);
  const tail = await bytesAt(file, end - length, length);
  if (tail === undefined) return end;
  let kept = length;
  while (kept >= 4 && tail.readUInt32LE(kept - 4) === 0) kept -= 4;
  return end - length + kept;
}

async function startOf(file: FileHandle, to: number): Promise<number | undefined> {
  const footer = await bytesAt(file, to - footerBytes, footerBytes);
  if (footer === undefined || footer.toString('latin1', 10) !== 'YZ') return undefined;
  const indexBytes = (footer.readUInt32LE(4) + 1) * 4;
  if (indexBytes > maximumIndexBytes) return undefined;
  const index = await bytesAt(file, to - footerBytes - indexBytes, indexBytes);
  const blocksBytes = index === undefined ? undefined : blocksOf(index);
  if (blocksBytes === undefined) return undefined;
  const from = to - footerBytes - indexBytes - blocksBytes - headerBytes;
  const header = await bytesAt(file, from, headerBytes);
  return header !== undefined && beginsLikeXz(header) ? from : undefined;
}

/** What the blocks take that an index lists. */
function blocksOf(index: Buffer): number | undefined {
  let at = 1;
  const next = (): number => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = index[at++] ?? Number.NaN;
      value += (byte % 128) * factor;
      if (!(byte >= 128 && factor < 2 ** 49)) return byte < 128 ? value : Number.NaN;
    }
  };
  let total = 0;
  for (let left = index[0] === 0 ? next() : Number.NaN; left > 0; left--) {
    total += Math.ceil(next() / 4) * 4;
    next();
    if (!Number.isSafeInteger(total)) return undefined;
  }
  return Number.isNaN(total) || index[0] !== 0 ? undefined : total;
}

/** Whether a file that begins like this is compressed with xz. */
export function beginsLikeXz(head: Uint8Array): boolean {
  return [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00].every((byte, index) => head[index] === byte);
}

async function bytesAt(file: FileHandle, from: number, length: number): Promise<Buffer | undefined> {
  if (from < 0) return undefined;
  const { bytesRead, buffer } = await file.read(Buffer.alloc(length), 0, length, from);
  return bytesRead === length ? buffer : undefined;
}
