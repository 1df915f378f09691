import { DelimitedLines } from '../delimited-lines.ts';
import { DeviceNames } from '../device-names.ts';
import { linesMatch } from '../head-columns.ts';
import { LineReader } from '../line-reader.ts';
import type { TraceFormat, TraceSink } from '../trace-format.ts';

const sectorBytes = 512;
/** Columns behind the fifth are optional and not looked at. */
const mostColumns = 1000;

/** The traces of UMass: application, block of 512 bytes, length in bytes, r or w, seconds. */
export const spcFormat: TraceFormat = {
  name: 'spc',
  title: 'UMass SPC',
  source: 'Storage Performance Council, Trace File Format Specification 1.0.1',
  recognises: (head) => linesMatch(head, /^\d+,\d+,\d+,[RrWw],\d+(?:\.\d+)?(?:,.*)?$/),
  open: (sink) => new LineReader(sink, new SpcLines(sink)),
};

class SpcLines extends DelimitedLines {
  readonly #devices: DeviceNames;

  constructor(sink: TraceSink) {
    super(sink, { columnCount: [5, mostColumns] });
    this.#devices = new DeviceNames(sink);
  }

  protected override request(bytes: Uint8Array): string | undefined {
    const block = this.whole(1);
    if (Number.isNaN(block)) return this.noNumber('the block', 1);
    const length = this.whole(2);
    if (Number.isNaN(length)) return this.noNumber('the size', 2);
    const operation = this.readOrWrite(3);
    if (operation === undefined) return `the operation "${this.shown(3)}" is neither r nor w`;
    const timeUs = this.fixed(4, 1e6);
    if (Number.isNaN(timeUs)) return this.noTime(4);
    const device = this.#devices.numberOf(bytes, this.startOf(0), this.endOf(0));
    this.sink.request(device, operation, block * sectorBytes, length, timeUs);
    return undefined;
  }
}
