import { open } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { decompressed } from '../../../src/workload/trace/compression/decompress.ts';
import { traceFormats } from '../../../src/workload/trace/formats/index.ts';
import { recogniseTrace, type TraceContent } from '../../../src/workload/trace/open-trace.ts';
import type { TraceFormatName } from '../../../src/workload/trace/trace-format.ts';
import { readTraceFile, traceSample } from '../../helpers/traces.ts';

/** Reads, writes, trims and syncs of each sample, as its documentation counts them. */
const samples: readonly (readonly [name: string, format: TraceFormatName, counts: readonly number[]])[] = [
  ['third-party/cloudphysics/cloudPhysicsIO.vscsi.zst', 'vscsi', [46_974, 66_898, 0, 0]],
  ['third-party/disksim/ascii.trace.zst', 'disksim', [79_634, 20_366, 0, 0]],
  ['third-party/disksim/ssd-iozone-aligned2-100K.trace.zst', 'disksim', [0, 100_000, 0, 0]],
  ['third-party/disksim/ssd-postmark-aligned2.trace.zst', 'disksim', [51_780, 10_477, 0, 0]],
  ['third-party/mqsim/tpcc-small.trace.zst', 'disksim', [4381, 2618, 0, 0]],
  ['third-party/mbpar-hadoop/blktrace.txt.zst', 'blkparse', [80, 15_444, 0, 0]],
  ['third-party/blktrace-bin/sample.blktrace.0.zst', 'blktrace', [963, 0, 0, 0]],
  ['third-party/opencas-rocksdb/sample_trace.tar.xz', 'octf', [1, 64_188, 231, 0]],
  ['third-party/opencas-rocksdb/ycsb-a-rocksdb-xfs.csv.zst', 'qtune-csv', [1, 64_188, 231, 0]],
  ['own/vmboot-debian12.qemu-trace.log.zst', 'qemu-log', [1472, 592, 0, 0]],
  ['own/vmboot-debian12-qemu-ext4.csv.zst', 'qtune-csv', [1472, 592, 0, 0]],
  ['own/mkfs-ext4-16g.csv.zst', 'qtune-csv', [13, 32, 13, 4]],
];

describe.each(samples)('%s', (name, format, counts) => {
  const sample = traceSample(name);

  test.skipIf(sample === undefined)('has the requests that its documentation counts', async () => {
    const { requests, survey } = await readTraceFile(sample ?? '');
    expect(survey.format).toBe(format);
    expect(survey.skippedCount).toBe(0);
    expect(countsOf(requests)).toEqual(counts);
  });

  test.skipIf(sample === undefined)('is recognised by its own format alone', async () => {
    const head = await headOf(sample ?? '');
    for (const length of [head.length, 2048]) {
      const cut = head.subarray(0, length);
      expect(traceFormats.filter((other) => other.recognises(cut)).map((other) => other.name)).toEqual([format]);
    }
  });
});

const blkparse = traceSample('third-party/mbpar-hadoop/blktrace.txt.zst');
test.skipIf(blkparse === undefined)('issue events of a trace of blkparse', async () => {
  const { requests, survey } = await readTraceFile(blkparse ?? '', { event: 'issue' });
  expect(requests.count).toBe(170);
  expect(survey.passedOver).toContainEqual({ what: 'queue events', count: 15_524 });
});

const archive = traceSample('third-party/opencas-rocksdb/sample_trace.tar.xz');
const decoded = traceSample('third-party/opencas-rocksdb/ycsb-a-rocksdb-xfs.csv.zst');
test.skipIf(archive === undefined || decoded === undefined)(
  'the queues of Open-CAS merge to what was decoded apart',
  async () => {
    const merged = lines(await readTraceFile(archive ?? ''));
    const expected = lines(await readTraceFile(decoded ?? ''));
    expect(merged.length).toBe(64_420);
    expect(merged.map(withoutTime)).toEqual(expected.map(withoutTime));
    // The other decoder rounded times to whole microseconds.
    const steps = merged.map((line, index) =>
      Math.abs(Number.parseInt(line, 10) - Number.parseInt(expected[index] ?? '', 10)),
    );
    expect(steps.filter((step) => !(step <= 1))).toEqual([]);
  },
);

const log = traceSample('own/vmboot-debian12.qemu-trace.log.zst');
const boot = traceSample('own/vmboot-debian12-qemu-ext4.csv.zst');
test.skipIf(log === undefined || boot === undefined)(
  "QEMU's log has the requests of the CSV that was made of it",
  async () => {
    expect(lines(await readTraceFile(log ?? ''))).toEqual(lines(await readTraceFile(boot ?? '')));
  },
);

function countsOf(requests: TraceContent['requests']): number[] {
  const counts = [0, 0, 0, 0];
  for (const block of requests.blocks()) {
    for (let index = 0; index < block.count; index++) {
      const operation = block.operation[index] ?? 0;
      counts[operation] = (counts[operation] ?? 0) + 1;
    }
  }
  return counts;
}

/** Each request with its time in whole microseconds. */
function lines({ requests }: TraceContent): string[] {
  const found: string[] = [];
  for (const block of requests.blocks()) {
    for (let index = 0; index < block.count; index++) {
      const time = Math.floor((block.timeUs?.[index] ?? 0) + 1e-6);
      found.push(`${time} ${block.operation[index]} ${block.offsetBytes[index]} ${block.lengthBytes[index]}`);
    }
  }
  return found;
}

function withoutTime(line: string): string {
  return line.slice(line.indexOf(' '));
}

async function headOf(path: string): Promise<Uint8Array> {
  const file = await open(path);
  try {
    const { compression } = await recogniseTrace(file, path, 'iolog');
    const parts: Uint8Array[] = [];
    let bytes = 0;
    for await (const part of decompressed(file, compression, { readBytes: 0 })) {
      parts.push(Uint8Array.from(part));
      bytes += part.length;
      if (bytes >= 65_536) break;
    }
    return Buffer.concat(parts).subarray(0, 65_536);
  } finally {
    await file.close();
  }
}
