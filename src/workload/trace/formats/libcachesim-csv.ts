import { Operation } from '../../request.ts';
import { parseHexadecimal } from '../byte-numbers.ts';
import { DelimitedLines } from '../delimited-lines.ts';
import { headLines } from '../head-lines.ts';
import { type LineHandler, LineReader } from '../line-reader.ts';
import { scsiOperations } from '../scsi-operations.ts';
import type { TraceFormat, TraceReadOptions, TraceSink } from '../trace-format.ts';

const sectorBytes = 512;
const delimiters = [',', ';', '\t'];

/** Names of columns, small letters. Others are not looked at. */
const names = {
  time: ['time', 'timestamp', 'ts', 'clock_time', 'real_time'],
  operation: ['op', 'op(hex)', 'operation', 'op_type', 'opcode'],
  size: ['size', 'obj_size', 'object_size', 'length'],
  sector: ['lbn', 'lba', 'sector'],
  id: ['obj_id', 'object_id', 'id', 'obj', 'object', 'key'],
} as const;

interface Layout {
  readonly delimiter: string;
  readonly columnCount: number;
  readonly time: number;
  /** -1 where requests do not say what they do. */
  readonly operation: number;
  readonly size: number;
  readonly place: number;
  readonly placeIs: 'sector' | 'id';
  /** Whether it is what libCacheSim makes of a vscsi trace: operations are SCSI's in hexadecimal, times are microseconds. */
  readonly isVscsi: boolean;
}

/**
 * CSV with the names of its columns in the first line: a time, a size, and a place that is an id or a sector of 512 bytes,
 * as in the sample `version,time,op(hex),size,lbn`. Times are seconds, but microseconds in that sample.
 */
export const libcachesimCsvFormat: TraceFormat = {
  name: 'libcachesim-csv',
  title: 'libCacheSim CSV',
  source: 'libCacheSim, doc/quickstart_cachesim.md, "csv trace"; data/cloudPhysicsIO.csv',
  recognises: (head) => layoutOf(Buffer.from(headLines(head)[0] ?? []).toString('latin1')) !== undefined,
  open: (sink, options) => new LineReader(sink, new NamedColumns(sink, options)),
};

class NamedColumns implements LineHandler {
  readonly #sink: TraceSink;
  readonly #options: TraceReadOptions;
  #lines: LibcachesimLines | undefined;

  constructor(sink: TraceSink, options: TraceReadOptions) {
    this.#sink = sink;
    this.#options = options;
  }

  line(bytes: Uint8Array, start: number, end: number): void {
    if (this.#lines !== undefined) {
      this.#lines.line(bytes, start, end);
      return;
    }
    const layout = layoutOf(Buffer.from(bytes.subarray(start, end)).toString('latin1'));
    if (layout === undefined) this.#sink.bad('the first line names no columns for a time, a size and an id or sector');
    else this.#lines = new LibcachesimLines(this.#sink, layout, this.#options);
  }
}

class LibcachesimLines extends DelimitedLines {
  readonly #layout: Layout;
  readonly #placeBytes: number;
  readonly #timeUnitsUs: number;
  readonly #device: number;

  constructor(sink: TraceSink, layout: Layout, { idUnitBytes }: TraceReadOptions) {
    super(sink, {
      columnCount: [layout.columnCount, layout.columnCount],
      delimiter: layout.delimiter.charCodeAt(0),
    });
    this.#layout = layout;
    this.#placeBytes = layout.placeIs === 'sector' ? sectorBytes : idUnitBytes;
    this.#timeUnitsUs = layout.isVscsi ? 1 : 1e6;
    this.#device = sink.device('disk');
    if (layout.operation < 0) sink.note('the trace does not say what requests do: all are taken as reads');
    if (layout.placeIs === 'id') sink.note(`offsets are ids times ${idUnitBytes} bytes; --id-unit says another`);
  }

  protected override request(bytes: Uint8Array): string | undefined {
    const { time, operation: column, size, place, placeIs } = this.#layout;
    const timeUs = this.fixed(time, this.#timeUnitsUs);
    if (Number.isNaN(timeUs)) return this.noTime(time);
    const operation = column < 0 ? Operation.read : this.#operation(bytes, column);
    if (operation === undefined) return undefined;
    const length = this.whole(size);
    if (Number.isNaN(length)) return this.noNumber('the size', size);
    const number = this.whole(place);
    if (Number.isNaN(number)) return this.noNumber(`the ${placeIs}`, place);
    this.sink.request(this.#device, operation, number * this.#placeBytes, length, timeUs);
    return undefined;
  }

  /** @returns undefined for a line that is no request, which is said to the sink */
  #operation(bytes: Uint8Array, column: number): Operation | undefined {
    if (this.#layout.isVscsi) {
      const code = parseHexadecimal(bytes, this.startOf(column), this.endOf(column));
      const operation = scsiOperations.get(code);
      if (Number.isNaN(code)) this.sink.bad(`the operation "${this.shown(column)}" is not a hexadecimal number`);
      else if (operation === undefined) this.sink.passOver('other SCSI commands');
      return operation;
    }
    const word = this.shown(column).toLowerCase();
    if (word === 'r' || word === 'read' || word === 'get') return Operation.read;
    if (word === 'w' || word === 'write' || word === 'set') return Operation.write;
    this.sink.bad(`the operation "${this.shown(column)}" is none of read, get, write and set`);
    return undefined;
  }
}

function layoutOf(header: string): Layout | undefined {
  const delimiter = delimiters.find((character) => header.includes(character));
  if (delimiter === undefined || header.length > 1000) return undefined;
  const columns = header
    .replace(/^#/, '')
    .toLowerCase()
    .split(delimiter)
    .map((column) => column.trim());
  const find = (wanted: readonly string[]) => columns.findIndex((column) => wanted.includes(column));
  const [time, size, sector, id] = [find(names.time), find(names.size), find(names.sector), find(names.id)];
  const place = sector >= 0 ? sector : id;
  if (time < 0 || size < 0 || place < 0) return undefined;
  const operation = find(names.operation);
  return {
    delimiter,
    columnCount: columns.length,
    time,
    operation,
    size,
    place,
    placeIs: sector >= 0 ? 'sector' : 'id',
    isVscsi: sector >= 0 && (columns.includes('version') || columns.includes('op(hex)')),
  };
}
