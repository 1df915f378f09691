import { Operation } from '../../request.ts';
import { type RecordHandler, RecordReader } from '../record-reader.ts';
import type { TraceFormat, TraceReadOptions, TraceSink } from '../trace-format.ts';
import { uint64 } from '../uint64.ts';
import { blktraceFormat } from './blktrace.ts';
import { octfFormat } from './octf.ts';
import { vscsiFormat } from './vscsi.ts';

const recordBytes = 24;
/** One record hangs together with nothing. */
const fewestRecords = 2;
/** Larger objects are no blocks. */
const mostObjectBytes = 2 ** 30;
/** Both stand for an object that is not accessed again. */
const never = [2 ** 64, 2 ** 63];
/** Binary formats that bear a mark: what has one is not of this format, whatever its numbers seem to say. */
const marked = [vscsiFormat, blktraceFormat, octfFormat];

/**
 * The packed little-endian records of libCacheSim's own traces: `u32 seconds, u64 id, u32 size, i64 number of the next
 * request for the same id`. They do not say what a request does: all are taken as reads. The ids of block traces are
 * numbers of blocks, of the unit that `--id-unit` says.
 */
export const oracleGeneralFormat: TraceFormat = {
  name: 'oracle-general',
  title: 'libCacheSim oracleGeneral trace',
  source: 'libCacheSim traceReader/customizedReader/oracle/oracleGeneralBin.h',
  recognises,
  open: (sink, options) => new RecordReader(sink, new OracleRecords(sink, options)),
};

class OracleRecords implements RecordHandler {
  readonly headerBytes = recordBytes;
  readonly #sink: TraceSink;
  readonly #unitBytes: number;
  readonly #device: number;
  #count = 0;

  constructor(sink: TraceSink, options: TraceReadOptions) {
    this.#sink = sink;
    this.#unitBytes = options.idUnitBytes;
    this.#device = sink.device('disk');
  }

  lengthOf(): number {
    return recordBytes;
  }

  record(view: DataView, at: number): void {
    this.#count += 1;
    const offsetBytes = uint64(view, at + 4, true) * this.#unitBytes;
    const timeUs = view.getUint32(at, true) * 1e6;
    this.#sink.request(this.#device, Operation.read, offsetBytes, view.getUint32(at + 12, true), timeUs);
  }

  end(): void {
    if (this.#count === 0) return;
    this.#sink.note('the trace does not say what requests do: all are taken as reads');
    this.#sink.note(`offsets are ids times ${this.#unitBytes} bytes; --id-unit says another`);
  }
}

/**
 * There is no magic number, but records hang together: times do not fall, the next access lies ahead, and where that is
 * in the head too it is of the same id.
 */
function recognises(head: Uint8Array): boolean {
  const count = Math.floor(head.length / recordBytes);
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  let latest = 0;
  for (let index = 0; index < count; index++) {
    const at = index * recordBytes;
    const time = view.getUint32(at, true);
    if (time < latest || view.getUint32(at + 12, true) > mostObjectBytes) return false;
    latest = time;
    if (!isNextAhead(view, index, count)) return false;
  }
  return count >= fewestRecords && !marked.some((format) => format.recognises(head));
}

function isNextAhead(view: DataView, index: number, count: number): boolean {
  const next = uint64(view, index * recordBytes + 16, true);
  if (never.includes(next)) return true;
  if (next <= index || next > 2 ** 40) return false;
  // Converters count requests from 0 or from 1.
  return isSameId(view, index, next, count) || isSameId(view, index, next - 1, count);
}

function isSameId(view: DataView, index: number, other: number, count: number): boolean {
  if (other >= count) return true;
  const [id, same] = [index * recordBytes + 4, other * recordBytes + 4];
  return (
    other > index &&
    view.getUint32(id, true) === view.getUint32(same, true) &&
    view.getUint32(id + 4, true) === view.getUint32(same + 4, true)
  );
}
