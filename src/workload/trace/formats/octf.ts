import { isOctf, OctfEvents } from '../octf-events.ts';
import { RecordReader } from '../record-reader.ts';
import { isTarHeader, TarReader, tarName, tarSize } from '../tar-reader.ts';
import { TimeSorter } from '../time-sorter.ts';
import type { TraceFormat, TraceReader, TraceSink } from '../trace-format.ts';

const blockBytes = 512;
/** What the tracer calls the files of its queues, and the one beside them. */
const queueName = /^octf\.trace\.\d+$/;
const summaryName = 'octf.summary';

/**
 * The traces of Open-CAS' standalone tracer: one file of events for each queue of the device, alone or all in a tar
 * archive. Requests of all queues are put in order of time, which takes a temporary file beyond 128 Ki of them.
 */
export const octfFormat: TraceFormat = {
  name: 'octf',
  title: 'Open-CAS OCTF trace',
  source: 'Open-CAS telemetry framework source/octf/proto/trace.proto; standalone-linux-io-tracer README',
  recognises: (head) => (isTarHeader(head, 0) ? isArchive(head) : isOctf(head)),
  open: (sink) => new OctfReader(sink),
};

class OctfReader implements TraceReader {
  readonly #sink: TraceSink;
  readonly #sorter: TimeSorter;
  readonly #devices = new Map<number, number>();
  /** The first block, which tells an archive from a queue. */
  readonly #first = new Uint8Array(blockBytes);
  #firstBytes = 0;
  #reader: TraceReader | undefined;
  #queues = 0;

  constructor(sink: TraceSink) {
    this.#sink = sink;
    this.#sorter = new TimeSorter(sink);
  }

  push(bytes: Uint8Array): void {
    let used = 0;
    if (this.#reader === undefined) {
      used = Math.min(blockBytes - this.#firstBytes, bytes.length);
      this.#first.set(bytes.subarray(0, used), this.#firstBytes);
      this.#firstBytes += used;
      if (this.#firstBytes === blockBytes) this.#start();
    }
    if (used < bytes.length) this.#reader?.push(bytes.subarray(used));
  }

  end(): void {
    if (this.#reader === undefined) this.#start();
    this.#reader?.end();
    this.#sorter.end();
    if (this.#queues > 1) this.#sink.note('requests of several queues are put in the order of their times');
  }

  #start(): void {
    this.#reader = isTarHeader(this.#first, 0)
      ? new TarReader(this.#sink, (name, offsetBytes) => this.#file(name, offsetBytes))
      : this.#queue(0);
    this.#reader.push(this.#first.subarray(0, this.#firstBytes));
  }

  #file(name: string, offsetBytes: number): TraceReader | undefined {
    if (queueName.test(name)) return this.#queue(offsetBytes);
    this.#sink.passOver('other files of the archive');
    return undefined;
  }

  #queue(offsetBytes: number): TraceReader {
    this.#queues += 1;
    return new RecordReader(this.#sink, new OctfEvents(this.#sink, this.#sorter, this.#devices), offsetBytes);
  }
}

/** Whether a file of the archive whose header is in the head is of the tracer. */
function isArchive(head: Uint8Array): boolean {
  for (let at = 0; isTarHeader(head, at); ) {
    const name = tarName(head, at);
    if (name === summaryName || queueName.test(name)) return true;
    const size = tarSize(head, at);
    if (Number.isNaN(size)) return false;
    at += blockBytes * (1 + Math.ceil(size / blockBytes));
  }
  return false;
}
