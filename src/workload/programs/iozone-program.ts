import type { GuestFileSystem } from '../file-system/file-system.ts';
import type { GuestFile } from '../file-system/guest-file.ts';
import { ReadAhead } from '../file-system/read-ahead.ts';
import { stridedOrder } from '../patterns/strided.ts';
import { Random } from '../random.ts';
import { iozoneRandomOrder } from './iozone-order.ts';

/** `iozone -i TEST … -s FILE -r RECORD -j STRIDE -e` on one file. */
export interface IozoneParameters {
  /** Tests by their number, 0 to 5, in the order in which they run; the file is made before where 0 is not the first. */
  readonly tests: readonly number[];
  readonly fileBytes: number;
  readonly recordBytes: number;
  readonly stride: number;
}

/**
 * iozone's tests through the page cache; a step ends with each record. Each pass over the file ends with `fsync` twice, in
 * the measured time (-e) and before the file is closed.
 *
 * @source iozone 3.471, iozone.c: write_perf_test, read_perf_test, random_perf_test, reverse_perf_test,
 *   rewriterec_perf_test, read_stride_perf_test
 */
export function* iozoneProgram(parameters: IozoneParameters, files: GuestFileSystem): Generator<void, void, undefined> {
  const file = files.create(files.makeDirectory());
  if (parameters.tests[0] !== 0) yield* pass(parameters, files, file, 'write', sequential);
  for (const test of parameters.tests) {
    for (const [operation, order] of passesOf[test] ?? []) yield* pass(parameters, files, file, operation, order);
  }
  files.unmount();
}

/** Records of a pass, given how many the file has and the stride. */
type Order = (count: number, stride: number) => Iterable<number>;

function* sequential(count: number): Iterable<number> {
  for (let record = 0; record < count; record++) yield record;
}

function* backward(count: number): Iterable<number> {
  for (let record = count - 1; record >= 0; record--) yield record;
}

function* firstOnly(count: number): Iterable<number> {
  for (let index = 0; index < count; index++) yield 0;
}

function strided(count: number, stride: number): Iterable<number> {
  const records = new Float64Array(count);
  const unused = { random: new Random(0), theta: 0, hotRunRecordCount: 1 };
  stridedOrder({ recordCount: count, strideRecordCount: stride, ...unused }).fill(records);
  return records;
}

const passesOf: readonly (readonly (readonly ['read' | 'write', Order])[])[] = [
  [
    ['write', sequential],
    ['write', sequential],
  ],
  [
    ['read', sequential],
    ['read', sequential],
  ],
  [
    ['read', iozoneRandomOrder],
    ['write', iozoneRandomOrder],
  ],
  [['read', backward]],
  [['write', firstOnly]],
  [['read', strided]],
];

function* pass(
  { fileBytes, recordBytes, stride }: IozoneParameters,
  files: GuestFileSystem,
  file: GuestFile,
  operation: 'read' | 'write',
  order: Order,
): Generator<void, void, undefined> {
  const open = new ReadAhead();
  for (const record of order(Math.floor(fileBytes / recordBytes), stride)) {
    if (operation === 'read') files.read(file, open, record * recordBytes, recordBytes);
    else files.write(file, record * recordBytes, recordBytes);
    yield;
  }
  files.sync(file);
  files.sync(file);
  yield;
}
