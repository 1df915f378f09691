import { InputError, InterruptedError } from '../../errors.ts';
import type { Fleet } from '../fleet.ts';
import type { CurveBook } from '../miss-curve.ts';
import { CsvFleet } from './csv-fleet.ts';
import { FleetBuilder } from './fleet-builder.ts';
import { JsonRows } from './json-rows.ts';

export interface ReadFleetOptions {
  /** For messages. */
  readonly file: string;
  /** Bad rows that may be left out. */
  readonly skipCount: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads a fleet of any length in one pass: CSV, or JSON lines where the first character is a brace.
 * @param chunks pieces that are only valid until the next is asked for
 * @throws InputError naming line and column; InterruptedError
 */
export async function readFleet(
  chunks: AsyncIterable<Uint8Array>,
  curves: CurveBook,
  { file, skipCount, signal }: ReadFleetOptions,
): Promise<Fleet> {
  const builder = new FleetBuilder(file, curves, skipCount);
  let format: Fleet['format'] = 'csv';
  let rows: CsvFleet | JsonRows | undefined;
  for await (const chunk of chunks) {
    if (signal?.aborted) throw new InterruptedError();
    if (rows === undefined) {
      const first = firstByte(chunk, file);
      if (first === -1) continue;
      format = first === brace ? 'jsonl' : 'csv';
      rows = format === 'jsonl' ? new JsonRows(builder) : new CsvFleet(file, builder);
    }
    rows.push(chunk);
  }
  rows?.end();
  const fleet = builder.fleet(format);
  if (fleet.rowCount > 0) return fleet;
  throw new InputError({ file }, rows === undefined ? 'the file is empty' : 'the file has no disks', {
    hint: 'A fleet is CSV with a line of headings and a line for each disk, or JSON with an object a line.',
  });
}

const brace = 0x7b;

/** The first byte that is no blank, −1 where all are. @throws InputError for what is no text, or an array */
function firstByte(chunk: Uint8Array, file: string): number {
  const [a, b] = chunk;
  if ((a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff)) {
    throw new InputError({ file, line: 1 }, 'the file is UTF-16', { hint: 'Save it as CSV in UTF-8.' });
  }
  if (a === 0x50 && b === 0x4b) {
    throw new InputError({ file }, 'this is a ZIP archive or a spreadsheet', { hint: 'Save it as CSV in UTF-8.' });
  }
  const index = chunk.findIndex((byte) => byte !== 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d);
  const first = index === -1 ? -1 : (chunk[index] as number);
  if (first === 0x5b) {
    throw new InputError({ file, line: 1 }, 'this is one JSON array', {
      hint: "Write an object a line: `jq -c '.[]' FILE | qtune capacity - …`.",
    });
  }
  if (first !== -1 && chunk.subarray(0, 4096).includes(0)) {
    throw new InputError({ file, line: 1 }, 'the file is not text', { hint: 'A fleet is CSV or JSON lines in UTF-8.' });
  }
  return first;
}
