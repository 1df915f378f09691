import { DelimitedLines } from '../delimited-lines.ts';
import { DeviceNames } from '../device-names.ts';
import { linesMatch } from '../head-columns.ts';
import { LineReader } from '../line-reader.ts';
import type { TraceFormat, TraceSink } from '../trace-format.ts';

const header = 'Timestamp,Response,IOType,LUN,Offset,Size';

/** Virtual desktops: seconds since 1970 with a fraction, offset and size in bytes. Lines whose type is empty are no requests. */
export const systorFormat: TraceFormat = {
  name: 'systor',
  title: "SYSTOR '17 CSV",
  source: 'SYSTOR \'17 traces, README, "I/O trace file format"',
  recognises: (head) => linesMatch(head, /^\d+\.\d+,-?[\d.]*,[RW]?,\d+,\d+,\d+$/, header),
  open: (sink) => new LineReader(sink, new SystorLines(sink)),
};

class SystorLines extends DelimitedLines {
  readonly #devices: DeviceNames;

  constructor(sink: TraceSink) {
    super(sink, { columnCount: [6, 6], header });
    this.#devices = new DeviceNames(sink);
  }

  protected override request(bytes: Uint8Array): string | undefined {
    const timeUs = this.fixed(0, 1e6);
    if (Number.isNaN(timeUs)) return this.noTime(0);
    if (this.letter(2) === 0) {
      this.sink.passOver('lines without a type');
      return undefined;
    }
    const operation = this.readOrWrite(2);
    if (operation === undefined) return `the type "${this.shown(2)}" is neither R nor W`;
    const offset = this.whole(4);
    if (Number.isNaN(offset)) return this.noNumber('the offset', 4);
    const length = this.whole(5);
    if (Number.isNaN(length)) return this.noNumber('the size', 5);
    this.sink.request(this.#devices.numberOf(bytes, this.startOf(3), this.endOf(3)), operation, offset, length, timeUs);
    return undefined;
  }
}
