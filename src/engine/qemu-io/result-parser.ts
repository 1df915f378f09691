/** What qemu-io prints before it reads a command; also to a pipe, and without a line end. */
const prompt = Buffer.from('qemu-io> ');
/** Longer lines are cut: results have about 50 bytes, QEMU's errors fewer than 300. */
const lineBytes = 1024;

const comma = 0x2c;
const dot = 0x2e;
const colon = 0x3a;
const lineFeed = 0x0a;
const space = 0x20;
const zero = 0x30;
const nine = 0x39;

/** Receives what {@link ResultParser} finds, in the order of the output. */
export interface ResultSink {
  /** One request of `bytes` bytes took `nanoseconds` inside the driver. */
  result(bytes: number, nanoseconds: number): void;
  /** Any other line that is not empty: an error, since nothing else is printed to a script. */
  message(line: string): void;
}

/**
 * Reads the output of qemu-io for commands with `-C`, in chunks cut anywhere, in fixed memory and without an allocation per
 * result. A result is `bytes,ops,H:MM:SS.ss,bytes/s,ops/s`; the time has a resolution of 10 ms, so the latency is
 * taken from the rate, except below one request per second, where the rate's three decimals are the coarser of the two.
 * @source QEMU qemu-io-cmds.c, print_report; checked with 7.2, 10.0 and 11.1
 */
export class ResultParser {
  readonly #sink: ResultSink;
  readonly #line = Buffer.alloc(lineBytes);
  #length = 0;
  #cut = false;
  /** Where the line is being read, and whether it is still well formed. */
  #at = 0;
  #valid = true;

  constructor(sink: ResultSink) {
    this.#sink = sink;
  }

  push(chunk: Uint8Array): void {
    const line = this.#line;
    for (let index = 0; index < chunk.length; index++) {
      const byte = chunk[index] ?? 0;
      if (byte === lineFeed) {
        this.#endLine();
      } else if (this.#length < lineBytes) {
        line[this.#length++] = byte;
        // Commands without output leave their prompts in one line: drop each as it is complete.
        if (byte === space && this.#length === prompt.length && this.#isPrompt()) this.#length = 0;
      } else {
        this.#cut = true;
      }
    }
  }

  /** Call at the end of the output: a line without an end is a message, as it may be a torn result. */
  end(): void {
    if (this.#length > 0) this.#emitMessage();
  }

  #isPrompt(): boolean {
    for (let index = 0; index < prompt.length; index++) if (this.#line[index] !== prompt[index]) return false;
    return true;
  }

  #endLine(): void {
    if (this.#length === 0) return;
    if (this.#cut || !this.#parseResult()) this.#emitMessage();
    this.#length = 0;
    this.#cut = false;
  }

  #emitMessage(): void {
    this.#sink.message(this.#line.toString('utf8', 0, this.#length));
    this.#length = 0;
    this.#cut = false;
  }

  #parseResult(): boolean {
    this.#at = 0;
    this.#valid = true;
    const bytes = this.#integer();
    this.#expect(comma);
    const operations = this.#integer();
    this.#expect(comma);
    const hours = this.#integer();
    this.#expect(colon);
    const minutes = this.#integer();
    this.#expect(colon);
    const seconds = this.#decimal();
    this.#expect(comma);
    this.#decimal();
    this.#expect(comma);
    const rate = this.#decimal();
    if (!this.#valid || this.#at !== this.#length || operations !== 1) return false;
    const nanoseconds = rate >= 1 ? 1e9 / rate : ((hours * 60 + minutes) * 60 + seconds) * 1e9;
    this.#sink.result(bytes, nanoseconds);
    return true;
  }

  #expect(byte: number): void {
    if (this.#at >= this.#length || this.#line[this.#at++] !== byte) this.#valid = false;
  }

  #integer(): number {
    const start = this.#at;
    let value = 0;
    while (this.#at < this.#length) {
      const byte = this.#line[this.#at] ?? 0;
      if (byte < zero || byte > nine) break;
      value = value * 10 + (byte - zero);
      this.#at++;
    }
    if (this.#at === start || this.#at - start > 30) this.#valid = false;
    return value;
  }

  /** A number with decimals; also `inf`, printed for a time of zero, as Infinity, and `nan` as 0. */
  #decimal(): number {
    const first = this.#line[this.#at] ?? 0;
    if (first > nine && this.#at + 3 <= this.#length) {
      const word = this.#line.toString('latin1', this.#at, this.#at + 3);
      this.#at += 3;
      if (word === 'inf') return Number.POSITIVE_INFINITY;
      if (word === 'nan' || word === '-na') return 0;
    }
    let value = this.#integer();
    if (this.#at < this.#length && this.#line[this.#at] === dot) {
      this.#at++;
      let scale = 1;
      while (this.#at < this.#length) {
        const byte = this.#line[this.#at] ?? 0;
        if (byte < zero || byte > nine) break;
        scale /= 10;
        value += (byte - zero) * scale;
        this.#at++;
      }
    }
    return value;
  }
}
