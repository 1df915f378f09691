import { existsSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { Operation, operationNames } from '../../src/workload/request.ts';
import { readTrace, recogniseTrace, type TraceContent } from '../../src/workload/trace/open-trace.ts';
import { TraceFilter } from '../../src/workload/trace/trace-filter.ts';
import type { TraceFormat } from '../../src/workload/trace/trace-format.ts';
import { defaultTraceOptions, type TraceOptions } from '../../src/workload/trace/trace-options.ts';

/** Traces of other projects and long recordings, which are not part of this one: read where they lie beside it. */
const samples = process.env.QTUNE_TEST_TRACES ?? join(import.meta.dirname, '..', '..', '..', 'shared', 'traces');

/** The path of a sample; undefined where the samples are absent. */
export function traceSample(name: string): string | undefined {
  const path = join(samples, name);
  return existsSync(path) ? path : undefined;
}

/** What a reader made of some bytes. */
export interface ReadBytes {
  /** `operation offset length time in µs`, without the time where the trace has none. */
  readonly requests: readonly string[];
  readonly devices: readonly string[];
  readonly passedOver: Readonly<Record<string, number>>;
  readonly notes: readonly string[];
  readonly skippedCount: number;
  readonly firstSkipped: string | undefined;
}

/**
 * Reads bytes as a format, without a file.
 *
 * @param pieceBytes how many bytes the reader is given at a time
 */
export function readBytes(
  format: TraceFormat,
  bytes: Uint8Array | string,
  options: Partial<TraceOptions> = {},
  pieceBytes = 256 * 1024,
): ReadBytes {
  const settings = { ...defaultTraceOptions, ...options };
  const sink = new TraceFilter({
    shown: 'trace',
    options: settings,
    diskBytes: Number.POSITIVE_INFINITY,
    oneDevice: false,
  });
  const reader = format.open(sink, settings);
  const all = typeof bytes === 'string' ? Buffer.from(bytes) : bytes;
  for (let at = 0; at < all.length; at += pieceBytes) reader.push(all.slice(at, at + pieceBytes));
  reader.end();
  const { isTimed, store, skippedCount, firstSkipped } = sink;
  const requests: string[] = [];
  for (const block of store.finish(isTimed).blocks()) {
    for (let index = 0; index < block.count; index++) {
      const time = isTimed ? ` ${Math.round((block.timeUs?.[index] ?? 0) * 1000) / 1000}` : '';
      const name = operationNames[block.operation[index] ?? 0];
      const place =
        block.operation[index] === Operation.sync ? '' : ` ${block.offsetBytes[index]} ${block.lengthBytes[index]}`;
      requests.push(`${name}${place}${time}`);
    }
  }
  return {
    requests,
    devices: sink.devices().map(({ what, count }) => `${what} ${count}`),
    passedOver: Object.fromEntries(sink.passedOver.list().map(({ what, count }) => [what, count])),
    notes: sink.notes.list().map(({ what }) => what),
    skippedCount,
    firstSkipped,
  };
}

/** Reads a file as a command would, its format told from its content. */
export async function readTraceFile(
  path: string,
  options: Partial<TraceOptions> = {},
  diskBytes?: number,
): Promise<TraceContent> {
  const file = await open(path);
  try {
    const settings = { ...defaultTraceOptions, ...options };
    const { compression, format } = await recogniseTrace(file, 'trace', settings.format);
    if (format === undefined) throw new Error(`${path} is of no known format`);
    return await readTrace({ file, shown: 'trace', compression, format }, { diskBytes, options: settings });
  } finally {
    await file.close();
  }
}
