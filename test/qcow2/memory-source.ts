import type { ImageSource } from '../../src/qcow2/image-source.ts';

/** Bytes in memory as an image file, which remembers how much of it was read. */
export class MemorySource implements ImageSource {
  readonly name = 'memory';
  readonly lengthBytes: number;
  readonly allocatedBytes: number;
  readBytes = 0;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.lengthBytes = bytes.length;
    this.allocatedBytes = bytes.length;
  }

  read(offset: number, target: Uint8Array): void {
    this.readBytes += target.length;
    const part = this.#bytes.subarray(offset, offset + target.length);
    target.set(part);
    target.fill(0, part.length);
  }
}
