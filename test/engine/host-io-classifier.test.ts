import { expect, test } from 'vitest';
import { HostIoClassifier } from '../../src/engine/qemu-io/host-io-classifier.ts';
import { LineSplitter } from '../../src/engine/qemu-io/line-splitter.ts';
import { parseTraceEvent } from '../../src/engine/qemu-io/trace-event.ts';

const clusterBytes = 65_536;

function classify(lines: readonly string[], hasDataFile = false) {
  const classifier = new HostIoClassifier({ clusterBytes, hasDataFile });
  for (const line of lines) {
    const event = parseTraceEvent(line);
    if (event) classifier.add(event);
  }
  return classifier;
}

/** Opening of a fresh 1 GiB image (node f) and the marker read of its guest's disk (node g). */
const opening = [
  'bdrv_co_preadv_part bs 0xf offset 0 bytes 112 flags 0x0',
  'bdrv_co_preadv_part bs 0xf offset 196608 bytes 16 flags 0x0',
  'bdrv_co_preadv_part bs 0xf offset 65536 bytes 65536 flags 0x0',
  'bdrv_co_preadv_part bs 0xf offset 112 bytes 8 flags 0x0',
  'bdrv_co_preadv_part bs 0xf offset 504 bytes 8 flags 0x0',
  'bdrv_co_preadv_part bs 0xa offset 0 bytes 0 flags 0x0',
];

// Recorded from qemu-io 7.2, first write of a fresh image and a sync; addresses shortened, other events left in.
const firstWrite = [
  'bdrv_co_pwritev_part bs 0xa offset 0 bytes 4096 flags 0x0',
  'qcow2_l2_allocate bs 0xa l1_index 0',
  'qcow2_cache_get co 0x1 is_l2_cache 0 offset 0x20000 read_from_disk 1',
  'qcow2_cache_get_replace_entry co 0x1 is_l2_cache 0 index 0',
  'qcow2_cache_get_read co 0x1 is_l2_cache 0 index 0',
  'bdrv_co_preadv_part bs 0xf offset 131072 bytes 65536 flags 0x0',
  'luring_co_submit bs 0xf s 0x2 luringcb 0x3 fd 4 offset 131072 nbytes 65536 type 1',
  'qcow2_cache_entry_flush co 0x1 is_l2_cache 0 index 0',
  'bdrv_co_pwritev_part bs 0xf offset 131072 bytes 65536 flags 0x0',
  'luring_co_submit bs 0xf s 0x2 luringcb 0x3 fd 4 offset 131072 nbytes 65536 type 2',
  'luring_co_submit bs 0xf s 0x2 luringcb 0x3 fd 4 offset 0 nbytes 0 type 8',
  'qcow2_l2_allocate_get_empty bs 0xa l1_index 0',
  'qcow2_cache_get_read co 0x1 is_l2_cache 1 index 0',
  'qcow2_cache_entry_flush co 0x1 is_l2_cache 1 index 0',
  'bdrv_co_pwritev_part bs 0xf offset 262144 bytes 65536 flags 0x0',
  'luring_co_submit bs 0xf s 0x2 luringcb 0x3 fd 4 offset 0 nbytes 0 type 8',
  'bdrv_co_pwritev_part bs 0xf offset 196608 bytes 512 flags 0x0',
  'luring_co_submit bs 0xf s 0x2 luringcb 0x3 fd 4 offset 0 nbytes 0 type 8',
  'bdrv_co_pwrite_zeroes bs 0xf offset 327680 bytes 65536 flags 0x100',
  'bdrv_co_pwritev_part bs 0xf offset 327680 bytes 65536 flags 0x102',
  'bdrv_co_pwritev_part bs 0xf offset 327680 bytes 4096 flags 0x0',
  'bdrv_co_pwritev_part bs 0xa offset 0 bytes 0 flags 0x10',
  // The L2 table depends on the refcount block, which is written first, inside its flush.
  'qcow2_cache_entry_flush co 0x1 is_l2_cache 1 index 0',
  'qcow2_cache_flush co 0x1 is_l2_cache 0',
  'qcow2_cache_entry_flush co 0x1 is_l2_cache 0 index 0',
  'bdrv_co_pwritev_part bs 0xf offset 131072 bytes 65536 flags 0x0',
  'luring_co_submit bs 0xf s 0x2 luringcb 0x3 fd 4 offset 0 nbytes 0 type 8',
  'bdrv_co_pwritev_part bs 0xf offset 262144 bytes 65536 flags 0x0',
  'luring_co_submit bs 0xf s 0x2 luringcb 0x3 fd 4 offset 0 nbytes 0 type 8',
];

const firstWriteCounts = { refcountRead: 1, refcountWrite: 2, l2Write: 2, l1Write: 1, zero: 1, dataWrite: 1, sync: 5 };

test('the first write of an image and a sync are told apart by kind', () => {
  expect(classify([...opening, ...firstWrite]).result().counts).toEqual(firstWriteCounts);
});

test('the events of QEMU 11.1, with other fields in the middle, are read the same', () => {
  const newer = firstWrite.map((line) => line.replace('s 0x2 luringcb 0x3', 'req 0x3'));
  expect(classify([...opening, ...newer]).result().counts).toEqual(firstWriteCounts);
});

test('lines with a time stamp are read the same', () => {
  const stamped = [...opening, ...firstWrite].map((line) => `4711@1700000000.123456:${line}`);
  expect(classify(stamped).result().counts).toEqual(firstWriteCounts);
});

test('a data write that comes between a table and its flush is not taken for the table', () => {
  const counts = classify([
    ...opening,
    'qcow2_cache_get_read co 0x1 is_l2_cache 1 index 3',
    'bdrv_co_preadv_part bs 0xf offset 262144 bytes 4096 flags 0x0',
    'qcow2_cache_entry_flush co 0x1 is_l2_cache 1 index 3',
    'bdrv_co_pwritev_part bs 0xf offset 999424 bytes 4096 flags 0x0',
    'bdrv_co_pwritev_part bs 0xf offset 262144 bytes 4096 flags 0x0',
  ]).result().counts;
  expect(counts).toEqual({ l2Read: 1, dataWrite: 1, l2Write: 1 });
});

test('an entry that holds another table is not looked for at the place of the old one', () => {
  const counts = classify([
    ...opening,
    'qcow2_cache_get_read co 0x1 is_l2_cache 1 index 0',
    'bdrv_co_preadv_part bs 0xf offset 262144 bytes 4096 flags 0x0',
    // A new table takes the entry: nothing is read.
    'qcow2_cache_get_read co 0x1 is_l2_cache 1 index 0',
    'qcow2_cache_entry_flush co 0x1 is_l2_cache 1 index 0',
    'bdrv_co_pwritev_part bs 0xf offset 524288 bytes 4096 flags 0x0',
    'bdrv_co_preadv_part bs 0xf offset 655360 bytes 4096 flags 0x0',
  ]).result().counts;
  expect(counts).toEqual({ l2Read: 1, l2Write: 1, dataRead: 1 });
});

test('writes of the header and of the refcount table are other writes', () => {
  const counts = classify([
    ...opening,
    'bdrv_co_pwritev_part bs 0xf offset 72 bytes 8 flags 0x0',
    'bdrv_co_pwritev_part bs 0xf offset 65544 bytes 8 flags 0x0',
  ]).result().counts;
  expect(counts).toEqual({ otherWrite: 2 });
});

test('of a raw backing file only the file counts, with io_uring and without', () => {
  const reads = [
    'bdrv_co_preadv_part bs 0xb1 offset 0 bytes 65536 flags 0x0',
    'bdrv_co_preadv_part bs 0xb2 offset 0 bytes 65536 flags 0x0',
    'bdrv_co_pwritev_part bs 0xf offset 327680 bytes 65536 flags 0x0',
    'bdrv_co_preadv_part bs 0xb1 offset 65536 bytes 4096 flags 0x0',
    'bdrv_co_preadv_part bs 0xb2 offset 65536 bytes 4096 flags 0x0',
  ];
  expect(classify([...opening, ...reads]).result().counts).toEqual({ dataWrite: 1, backingRead: 2 });
  const uring = reads.flatMap((line) => [
    line,
    ...[/0xb2|0xf/.exec(line)?.[0]].flatMap((node) =>
      node ? [`luring_co_submit bs ${node} offset 0 nbytes 1 type 1`] : [],
    ),
  ]);
  expect(classify([...opening, ...uring]).result().counts).toEqual({ dataWrite: 1, backingRead: 2 });
});

test('with an external data file the data is where it is written', () => {
  const { counts, seekBytes } = classify(
    [
      ...opening,
      'bdrv_co_pwrite_zeroes bs 0xd offset 0 bytes 65536 flags 0x100',
      'bdrv_co_pwritev_part bs 0xd offset 0 bytes 4096 flags 0x0',
      'bdrv_co_preadv_part bs 0xd offset 8192 bytes 4096 flags 0x0',
      'bdrv_co_preadv_part bs 0xf offset 655360 bytes 512 flags 0x0',
    ],
    true,
  ).result();
  expect(counts).toEqual({ zero: 1, dataWrite: 1, dataRead: 1, otherRead: 1 });
  expect(seekBytes).toBe(4096);
});

test('the seek distance is over data alone, from the end of one request to the start of the next', () => {
  const { seekBytes } = classify([
    ...opening,
    'bdrv_co_preadv_part bs 0xf offset 1000000 bytes 1000 flags 0x0',
    'qcow2_cache_get_read co 0x1 is_l2_cache 1 index 0',
    'bdrv_co_preadv_part bs 0xf offset 262144 bytes 4096 flags 0x0',
    'bdrv_co_preadv_part bs 0xf offset 1001000 bytes 1000 flags 0x0',
    'bdrv_co_preadv_part bs 0xf offset 1000000 bytes 1000 flags 0x0',
  ]).result();
  expect(seekBytes).toBe((0 + 2000) / 2);
});

test('without a marker nothing was traced', () => {
  expect(classify(opening.slice(0, -1)).started).toBe(false);
  expect(classify(opening).started).toBe(true);
});

test('lines are whole wherever the chunks are cut', () => {
  const text = Buffer.from([...opening, ...firstWrite, ''].join('\n'));
  for (let size = 1; size < 200; size += 13) {
    const lines: string[] = [];
    const splitter = new LineSplitter((line) => lines.push(line));
    for (let at = 0; at < text.length; at += size) splitter.push(text.subarray(at, at + size));
    expect(lines).toEqual([...opening, ...firstWrite]);
  }
});
