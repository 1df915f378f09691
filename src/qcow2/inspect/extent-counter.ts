/**
 * Counts the pieces in which the guest's data lies in the file, as `qemu-img map` puts them together: a piece ends where the guest's
 * or the file's offset jumps. Compressed clusters have no offset there, so neighbours are one piece.
 * @source QEMU qemu-img.c, entry_mergeable (7.2.0)
 */
export class ExtentCounter {
  #count = 0;
  #guestEnd = -1;
  /** Where the data goes on in the file; −1 within compressed data. */
  #hostEnd = -1;
  #longestBytes = 0;
  #lengthBytes = 0;
  readonly #virtualBytes: number;

  constructor(virtualBytes: number) {
    this.#virtualBytes = virtualBytes;
  }

  get count(): number {
    return this.#count;
  }

  /** Of the longest piece that is not compressed, bytes. */
  get longestBytes(): number {
    return this.#longestBytes;
  }

  /** Data at `guest`; `host` is its place in the file, or −1 where it is compressed. In order of the guest's offsets. */
  add(guest: number, host: number, bytes: number): void {
    const length = Math.min(bytes, this.#virtualBytes - guest);
    if (length <= 0) return;
    if (guest !== this.#guestEnd || host !== this.#hostEnd) {
      this.#count++;
      this.#lengthBytes = 0;
    }
    this.#guestEnd = guest + length;
    this.#hostEnd = host < 0 ? -1 : host + length;
    this.#lengthBytes += length;
    if (host >= 0 && this.#lengthBytes > this.#longestBytes) this.#longestBytes = this.#lengthBytes;
  }
}
