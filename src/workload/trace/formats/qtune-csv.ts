import { Operation } from '../../request.ts';
import { writeZeroesNote } from '../block-request.ts';
import { isText } from '../byte-numbers.ts';
import { DelimitedLines } from '../delimited-lines.ts';
import { LineReader } from '../line-reader.ts';
import type { TraceFormat, TraceSink } from '../trace-format.ts';

const header = 't_us,op,offset,length,flags';

/** Operations by the letter in small. */
const letters = { read: 0x72, write: 0x77, discard: 0x64, flush: 0x66, zeroes: 0x6e } as const;

/**
 * CSV with one request a line under the header `t_us,op,offset,length,flags`: microseconds, R W D (discard) F (flush) or N
 * (write zeroes), bytes. The flags (S sync, M metadata, A read-ahead, P preflush, U FUA) are not kept.
 */
export const qtuneCsvFormat: TraceFormat = {
  name: 'qtune-csv',
  title: 'CSV of block requests',
  source: 'the header line of the file',
  recognises: (head) => head.length >= header.length && isText(head, 0, header.length, header),
  open: (sink) => new LineReader(sink, new QtuneCsvLines(sink)),
};

class QtuneCsvLines extends DelimitedLines {
  readonly #device: number;

  constructor(sink: TraceSink) {
    super(sink, { columnCount: [5, 5], header });
    this.#device = sink.device('disk');
  }

  protected override request(): string | undefined {
    const timeUs = this.fixed(0, 1);
    if (Number.isNaN(timeUs)) return this.noTime(0);
    const letter = this.endOf(1) - this.startOf(1) === 1 ? this.letter(1) : 0;
    const operation = operationOf(letter);
    if (operation === undefined) return `the operation "${this.shown(1)}" is none of R, W, D, F and N`;
    const offset = this.whole(2);
    if (Number.isNaN(offset)) return this.noNumber('the offset', 2);
    const length = this.whole(3);
    if (Number.isNaN(length)) return this.noNumber('the length', 3);
    if (letter === letters.zeroes) this.sink.note(writeZeroesNote);
    this.sink.request(this.#device, operation, offset, length, timeUs);
    return undefined;
  }
}

function operationOf(letter: number): Operation | undefined {
  switch (letter) {
    case letters.read:
      return Operation.read;
    case letters.write:
      return Operation.write;
    case letters.discard:
    case letters.zeroes:
      return Operation.trim;
    case letters.flush:
      return Operation.sync;
    default:
      return undefined;
  }
}
