/** A file that holds an image, read by position. */
export interface ImageSource {
  /** The file as the user named it, for messages. */
  readonly name: string;
  /** File length in bytes. */
  readonly lengthBytes: number;
  /** Bytes that the file takes on disk; less than its length where it is sparse. */
  readonly allocatedBytes: number;
  /**
   * Fills `target` with the bytes from `offset` on. What lies beyond the end of the file reads as zeroes, as QEMU reads it;
   * a table that starts there is refused before (see `checkTable`).
   */
  read(offset: number, target: Uint8Array): void;
}

/** `length` bytes at `offset`. The caller has bounded the length: it is allocated here. */
export function readBytes(source: ImageSource, offset: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  source.read(offset, bytes);
  return bytes;
}
