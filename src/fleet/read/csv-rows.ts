/** The fields of one row; the bytes are only valid during the call that hands them over. */
export interface RowFields {
  readonly bytes: Uint8Array;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  /** How many fields the row has. */
  count: number;
}

/** What is done with the rows of a file. */
export interface RowHandler {
  row(fields: RowFields, line: number): void;
  /** Something that is no row, with why. */
  bad(line: number, why: string): void;
}

/** The longest row; a disk's needs a few hundred bytes. */
export const maximumRowBytes = 64 * 1024;
const pieceBytes = 256 * 1024;
/** More columns than any export has. */
const maximumFieldCount = 1024;

const newline = 0x0a;
const carriageReturn = 0x0d;
const quote = 0x22;
const separators = [0x2c, 0x3b, 0x09];

/**
 * Takes CSV apart without a string for a row: RFC 4180 with quotes, doubled quotes, line ends inside of quotes, LF or CRLF, and a
 * byte order mark; separated by commas, semicolons or tabs, whichever the first line has most of. Rows of more than 64 KiB are bad
 * and are passed over in constant memory.
 */
export class CsvRows {
  readonly #handler: RowHandler;
  readonly #bytes = new Uint8Array(maximumRowBytes + pieceBytes);
  #length = 0;
  #line = 1;
  #separator = 0;
  #passing = false;
  /** Lines that end inside the quotes of the row that is being read. */
  #innerLines = 0;
  /** Fields with doubled quotes, which are made single once the row is whole. */
  readonly #doubled = new Uint8Array(maximumFieldCount);
  readonly #fields: RowFields = {
    bytes: this.#bytes,
    starts: new Int32Array(maximumFieldCount),
    ends: new Int32Array(maximumFieldCount),
    count: 0,
  };

  constructor(handler: RowHandler) {
    this.#handler = handler;
  }

  push(chunk: Uint8Array): void {
    for (let from = 0; from < chunk.length; from += pieceBytes) {
      const piece = chunk.subarray(from, from + pieceBytes);
      this.#bytes.set(piece, this.#length);
      this.#length += piece.length;
      this.#take(false);
    }
  }

  end(): void {
    this.#take(true);
  }

  #take(isLast: boolean): void {
    let at = this.#passing ? this.#passOver(0) : 0;
    if (this.#separator === 0 && at < this.#length) {
      this.#separator = this.#chooseSeparator(isLast);
      if (this.#separator === 0) return;
      if (this.#bytes[0] === 0xef && this.#bytes[1] === 0xbb && this.#bytes[2] === 0xbf) at = 3;
    }
    while (at < this.#length) {
      const next = this.#readRow(at, isLast);
      if (next === -1) break;
      at = next;
    }
    if (this.#length - at > maximumRowBytes) {
      this.#handler.bad(
        this.#line,
        `the row is longer than ${maximumRowBytes / 1024} KiB, or a quote in it is not closed`,
      );
      this.#passing = true;
      at = this.#passOver(this.#length - 1);
    } else if (isLast && at < this.#length) {
      this.#handler.bad(this.#line, 'a quote is not closed before the end of the file');
      at = this.#length;
    }
    this.#bytes.copyWithin(0, at, this.#length);
    this.#length -= at;
  }

  /** Leaves a row that is too long at its next line end. @returns where the next row starts */
  #passOver(from: number): number {
    const end = this.#bytes.subarray(0, this.#length).indexOf(newline, from);
    if (end === -1) return this.#length;
    this.#passing = false;
    this.#line += 1;
    return end + 1;
  }

  /** 0 where the first line is not there yet. */
  #chooseSeparator(isLast: boolean): number {
    let end = this.#bytes.subarray(0, this.#length).indexOf(newline);
    if (end === -1 && !isLast && this.#length <= maximumRowBytes) return 0;
    if (end === -1) end = this.#length;
    const counts = separators.map(() => 0);
    let inQuotes = false;
    for (let index = 0; index < end; index++) {
      const byte = this.#bytes[index] as number;
      if (byte === quote) inQuotes = !inQuotes;
      const which = inQuotes ? -1 : separators.indexOf(byte);
      if (which !== -1) counts[which] = (counts[which] ?? 0) + 1;
    }
    return separators[counts.indexOf(Math.max(...counts))] ?? 0x2c;
  }

  /** @returns where the next row starts, or −1 if the end of this one is not there yet */
  #readRow(from: number, isLast: boolean): number {
    const { starts, ends } = this.#fields;
    const [bytes, length, separator] = [this.#bytes, this.#length, this.#separator];
    this.#innerLines = 0;
    let count = 0;
    let doubled = false;
    let why = '';
    for (let at = from; ; ) {
      const field = Math.min(count, maximumFieldCount - 1);
      this.#doubled[field] = 0;
      let end = at;
      if (at < length && bytes[at] === quote) {
        const close = this.#closingQuote(at + 1, isLast, field);
        if (close === -1) return -1;
        if (this.#doubled[field] === 1) doubled = true;
        starts[field] = at + 1;
        ends[field] = close;
        end = close + 1;
        while (end < length && bytes[end] !== separator && bytes[end] !== newline) {
          if (bytes[end] !== carriageReturn && why === '') why = 'text follows a closing quote';
          end += 1;
        }
      } else {
        while (end < length) {
          const byte = bytes[end] as number;
          if (byte === separator || byte === newline) break;
          end += 1;
        }
        starts[field] = at;
        // A row may end in CR LF.
        const isLastField = end === length || bytes[end] === newline;
        ends[field] = isLastField && end > at && bytes[end - 1] === carriageReturn ? end - 1 : end;
      }
      count += 1;
      if (end === length && !isLast) return -1;
      if (end === length || bytes[end] === newline) {
        if (count > maximumFieldCount) why = `the row has more than ${maximumFieldCount} fields`;
        this.#hand(count, doubled, why);
        return end + 1;
      }
      at = end + 1;
    }
  }

  /** Where the quotes close that opened before `from`, or −1. */
  #closingQuote(from: number, isLast: boolean, field: number): number {
    const bytes = this.#bytes;
    for (let at = from; at < this.#length; at++) {
      const byte = bytes[at] as number;
      if (byte === newline) this.#innerLines += 1;
      if (byte !== quote) continue;
      if (at + 1 === this.#length && !isLast) return -1;
      if (at + 1 === this.#length || bytes[at + 1] !== quote) return at;
      this.#doubled[field] = 1;
      at += 1;
    }
    return -1;
  }

  #hand(count: number, doubled: boolean, why: string): void {
    const fields = this.#fields;
    const isBlank = count === 1 && fields.starts[0] === fields.ends[0];
    if (why !== '') {
      this.#handler.bad(this.#line, why);
    } else if (!isBlank) {
      if (doubled) this.#undouble(count);
      fields.count = count;
      this.#handler.row(fields, this.#line);
    }
    this.#line += 1 + this.#innerLines;
  }

  #undouble(count: number): void {
    const { bytes, starts, ends } = this.#fields;
    for (let field = 0; field < count; field++) {
      if (this.#doubled[field] !== 1) continue;
      let to = starts[field] as number;
      for (let at = to; at < (ends[field] as number); at++) {
        bytes[to++] = bytes[at] as number;
        if (bytes[at] === quote) at += 1;
      }
      ends[field] = to;
    }
  }
}
