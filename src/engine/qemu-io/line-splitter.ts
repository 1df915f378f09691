/** A line longer than this is not a trace event; the rest of it is dropped. */
const lineLimit = 4096;

/** Cuts a stream of bytes into lines, in memory of one chunk and one line. */
export class LineSplitter {
  readonly #onLine: (line: string) => void;
  #rest = '';

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  push(chunk: Buffer): void {
    const text = chunk.toString('latin1');
    let start = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
      this.#onLine(start === 0 ? this.#rest + text.slice(0, end) : text.slice(start, end));
      if (start === 0) this.#rest = '';
      start = end + 1;
    }
    if (this.#rest.length < lineLimit) this.#rest += text.slice(start, start + lineLimit);
  }
}
