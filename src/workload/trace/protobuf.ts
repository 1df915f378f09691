/**
 * Goes through the fields of one protobuf message without making objects of them.
 *
 * @source protobuf.dev, "Encoding"
 */
export class ProtobufFields {
  /** Number of the current field. */
  field = 0;
  /** The current field's value where it is a number; above 2^53 the nearest double. */
  value = 0;
  /** Where the current field's bytes are; an empty range where it is a number. */
  start = 0;
  end = 0;
  /** Whether the message broke off or is none. */
  broken = false;
  #view: DataView = new DataView(new ArrayBuffer(0));
  #at = 0;
  #last = 0;

  /** Starts with the message in a range. */
  open(view: DataView, start: number, end: number): void {
    this.#view = view;
    this.#at = start;
    this.#last = end;
    this.broken = false;
  }

  /** Goes to the next field; false at the end, or where the message is broken. */
  next(): boolean {
    if (this.broken || this.#at === this.#last) return false;
    const key = this.#varint();
    this.field = Math.floor(key / 8);
    this.value = 0;
    this.start = this.#at;
    this.end = this.#at;
    const type = key % 8;
    if (type === 0) this.value = this.#varint();
    else if (type === 2) this.#skip(this.#varint());
    else if (type === 1 || type === 5) this.#skip(type === 1 ? 8 : 4);
    else this.broken = true;
    return !this.broken;
  }

  #skip(length: number): void {
    this.start = this.#at;
    this.end = this.#at + length;
    if (this.end > this.#last) this.broken = true;
    else this.#at = this.end;
  }

  #varint(): number {
    let value = 0;
    let unit = 1;
    for (let count = 0; count < 10 && this.#at < this.#last; count++) {
      const byte = this.#view.getUint8(this.#at++);
      value += (byte & 0x7f) * unit;
      if (byte < 0x80) return value;
      unit *= 128;
    }
    this.broken = true;
    return value;
  }
}
