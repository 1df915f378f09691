import type { FileHandle } from 'node:fs/promises';

const chunkBytes = 256 * 1024;

/** Says of a file that is being read how far that is. */
export interface ReadPosition {
  /** Bytes of the file, as it lies on the disk, that were handed out. */
  readBytes: number;
}

/** Part of a file in pieces, each in memory of its own, as decompressors keep hold of them. */
export async function* fileChunks(
  file: FileHandle,
  progress: ReadPosition,
  from = 0,
  to = Number.POSITIVE_INFINITY,
): AsyncGenerator<Uint8Array, void, undefined> {
  for (let position = from; position < to; ) {
    const wanted = Math.min(chunkBytes, to - position);
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafeSlow(wanted), 0, wanted, position);
    if (bytesRead === 0) return;
    position += bytesRead;
    progress.readBytes = position;
    yield buffer.subarray(0, bytesRead);
  }
}

/**
 * A whole file in pieces that share their memory: each is only valid until the next is asked for. The next piece is read while
 * one is being used.
 */
export async function* reusedFileChunks(
  file: FileHandle,
  progress: ReadPosition,
): AsyncGenerator<Uint8Array, void, undefined> {
  const read = (memory: Buffer, position: number) => {
    const reading = file.read(memory, 0, chunkBytes, position);
    // An error is thrown where the piece is asked for, which may be later or never.
    reading.catch(() => {});
    return reading;
  };
  let [memory, spare] = [Buffer.allocUnsafeSlow(chunkBytes), Buffer.allocUnsafeSlow(chunkBytes)];
  let reading = read(memory, 0);
  try {
    for (let position = 0; ; ) {
      const { bytesRead } = await reading;
      if (bytesRead === 0) return;
      position += bytesRead;
      progress.readBytes = position;
      reading = read(spare, position);
      yield memory.subarray(0, bytesRead);
      [memory, spare] = [spare, memory];
    }
  } finally {
    // The caller closes the file next.
    await reading.catch(() => {});
  }
}
