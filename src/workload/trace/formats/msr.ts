import { parseDecimal } from '../byte-numbers.ts';
import { DelimitedLines } from '../delimited-lines.ts';
import { DeviceNames } from '../device-names.ts';
import { linesMatch } from '../head-columns.ts';
import { LineReader } from '../line-reader.ts';
import type { TraceFormat, TraceSink } from '../trace-format.ts';

const header = 'Timestamp,Hostname,DiskNumber,Type,Offset,Size,ResponseTime';
/** Digits of a Windows file time that are parts of a second. */
const fractionDigits = 7;

/** Servers of Microsoft Research in Cambridge: 100 ns since 1601, offset and size in bytes. A device is called `HOST_NUMBER`. */
export const msrFormat: TraceFormat = {
  name: 'msr',
  title: 'MSR Cambridge CSV',
  source: 'MSR Cambridge block I/O traces, README, "I/O trace file format"',
  recognises: (head) => linesMatch(head, /^\d{17,19},[^,]*,\d+,(?:read|write),\d+,\d+,\d+$/i, header),
  open: (sink) => new LineReader(sink, new MsrLines(sink)),
};

class MsrLines extends DelimitedLines {
  readonly #devices: DeviceNames;
  /** The first time's whole seconds: microseconds since 1601 are more than a double can tell apart. */
  #baseSeconds = Number.NaN;

  constructor(sink: TraceSink) {
    super(sink, { columnCount: [7, 7], header });
    this.#devices = new DeviceNames(sink, (name) => name.replace(',', '_'));
  }

  protected override request(bytes: Uint8Array): string | undefined {
    const timeUs = this.#time(bytes);
    if (Number.isNaN(timeUs)) return `the time "${this.shown(0)}" is not a Windows file time`;
    const operation = this.readOrWrite(3);
    if (operation === undefined) return `the type "${this.shown(3)}" is neither Read nor Write`;
    const offset = this.whole(4);
    if (Number.isNaN(offset)) return this.noNumber('the offset', 4);
    const length = this.whole(5);
    if (Number.isNaN(length)) return this.noNumber('the size', 5);
    this.sink.request(this.#devices.numberOf(bytes, this.startOf(1), this.endOf(2)), operation, offset, length, timeUs);
    return undefined;
  }

  /** Microseconds since the second of the first time. */
  #time(bytes: Uint8Array): number {
    const middle = this.endOf(0) - fractionDigits;
    const seconds = parseDecimal(bytes, this.startOf(0), middle);
    const fraction = parseDecimal(bytes, middle, this.endOf(0));
    if (Number.isNaN(seconds) || Number.isNaN(fraction)) return Number.NaN;
    if (Number.isNaN(this.#baseSeconds)) this.#baseSeconds = seconds;
    return (seconds - this.#baseSeconds) * 1e6 + fraction / 10;
  }
}
