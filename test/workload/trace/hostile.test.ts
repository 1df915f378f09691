import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { InputError } from '../../../src/errors.ts';
import { loadProfile } from '../../../src/workload/load-profile.ts';
import type { RecordedProfile } from '../../../src/workload/profile.ts';
import { maximumLineBytes } from '../../../src/workload/trace/line-reader.ts';
import { defaultTraceOptions, type TraceOptions } from '../../../src/workload/trace/trace-options.ts';
import { traceExamples } from '../../helpers/trace-examples.ts';
import { BlktraceAction, blktraceBytes, concatenated, vscsiBytes } from '../../helpers/trace-records.ts';

let directory = '';
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'qtune-hostile-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

interface Given {
  readonly name?: string;
  readonly options?: Partial<TraceOptions>;
  readonly diskBytes?: number;
}

/** Loads a file of these bytes as every command does. */
async function load(
  bytes: Uint8Array | string,
  { name = 'trace', options = {}, diskBytes }: Given = {},
): Promise<RecordedProfile> {
  await writeFile(join(directory, name), bytes);
  const profile = await loadProfile(name, directory, diskBytes, { ...defaultTraceOptions, ...options });
  if (profile.kind !== 'recorded') throw new Error('it was read as a profile');
  return profile;
}

/** The message of the InputError that refuses these bytes; undefined where they load. */
async function refusal(bytes: Uint8Array | string, given: Given = {}): Promise<string | undefined> {
  const error: unknown = await load(bytes, given).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error === undefined || error instanceof InputError) return error?.message;
  throw error;
}

const isText = (bytes: Uint8Array): boolean =>
  bytes.every((byte) => byte === 9 || byte === 10 || (byte >= 32 && byte < 127));
const textExamples = traceExamples.filter(([, bytes]) => isText(bytes));
/** Pairs of which a line of the second is one of the first too: five columns with a number where the time is. */
const alike: readonly string[] = ['qtune-csv alibaba', 'libcachesim-csv tencent', 'libcachesim-csv spc'];
/** A line and its number, or an offset; then how much was read. */
const placed = /^trace(:\d+: |: offset \d+: ).*\((1 request|[\d,]+ requests) until there\)$/s;

describe.each(traceExamples.map(([name, bytes], index) => [`${name} (${index})`, name, bytes] as const))(
  '%s',
  (_, format, bytes) => {
    test('cut anywhere: refused with its place and the count until there, or the shorter trace', async () => {
      const options = { format };
      const whole = await load(bytes, { options });
      let refusals = 0;
      for (let cut = Math.max(2, bytes.length - 90); cut < bytes.length - 1; cut += 3) {
        const message = await refusal(bytes.subarray(0, cut), { options });
        if (message === undefined) {
          expect((await load(bytes.subarray(0, cut), { options })).requests.count).toBeLessThanOrEqual(
            whole.requests.count,
          );
          continue;
        }
        refusals += 1;
        // Before its first request there is nothing else to tell.
        if (!message.endsWith('has no requests')) expect(message).toMatch(placed);
        const skipping = await refusal(bytes.subarray(0, cut), { options: { format, skipBadCount: 1 } });
        expect(skipping ?? 'has no requests').toMatch(/has no requests/);
      }
      expect(refusals).toBeGreaterThan(0);
    });

    test('requests past the end of the disk', async () => {
      const options = { format };
      expect(await refusal(bytes, { options, diskBytes: 256 })).toMatch(
        /ends past the end of the disk of 256 bytes \(\d+ request/,
      );
      expect(await refusal(bytes, { options, diskBytes: 256 })).toMatch(placed);
      const folded = await load(bytes, { options: { format, fit: 'fold' }, diskBytes: 65536 });
      expect(folded.requests.endBytes).toBeLessThanOrEqual(65536);
    });

    test('rubbish in front of it is refused', async () => {
      const rubbish = Uint8Array.from({ length: 5000 }, (_, index) => (index * index * 7 + 13) % 251);
      expect(await refusal(concatenated([rubbish, bytes]))).toBeDefined();
      const forced = await refusal(concatenated([rubbish, bytes]), { options: { format } });
      expect(forced).toMatch(/^trace(:\d+: |: offset \d+: )/);
    });
  },
);

describe.each(textExamples.map(([name, bytes], index) => [`${name} (${index})`, name, bytes] as const))(
  '%s',
  (_, format, bytes) => {
    const lineCount = Buffer.from(bytes).toString().trimEnd().split('\n').length;

    test('a line of a megabyte', async () => {
      const tail = concatenated([bytes, new Uint8Array(1024 * 1024).fill(0x31), Uint8Array.of(10)]);
      expect(await refusal(tail)).toMatch(
        new RegExp(
          `^trace:${lineCount + 1}: the line is longer than ${maximumLineBytes / 1024} KiB \\(\\d+ requests? until there\\)$`,
        ),
      );
      const { requests, survey } = await load(tail, { options: { skipBadCount: 1 } });
      expect(survey).toMatchObject({ skippedCount: 1, format });
      expect(requests.count).toBe((await load(bytes)).requests.count);
    });

    // QEMU's log holds whatever else QEMU and its guest print.
    test.skipIf(format === 'qemu-log')('lines of another format behind it', async () => {
      for (const [otherName, other] of textExamples) {
        if (otherName === format || otherName === 'qemu-log') continue;
        const mixed = concatenated([bytes, other]);
        const message = await refusal(mixed, { options: { format } });
        if (alike.includes(`${format} ${otherName}`)) continue;
        expect(message, otherName).toMatch(placed);
        const { survey } = await load(mixed, { options: { format, skipBadCount: 100 } });
        expect(survey.skippedCount, otherName).toBeGreaterThan(0);
      }
    });
  },
);

describe('time running backwards by more than a second', () => {
  const first = '128166372003061629,hm,1,Read,4096,512,1\n';
  test.each([
    ['iolog', 'fio version 3 iolog\n9000000 disk read 0 512\n1 disk read 0 512\n', ':3'],
    ['qtune-csv', 't_us,op,offset,length,flags\n9000000,R,0,512,\n0,R,0,512,\n', ':3'],
    ['msr', `${first}${first.replace('72003', '71003')}`, ':2'],
    ['disksim', '9000.5 0 8 8 1\n1.5 0 8 8 1\n', ':2'],
    [
      'blkparse',
      '  8,16 5 2 9.000001850 18615 Q R 64 + 8 [java]\n  8,16 5 2 1.000001850 18615 Q R 64 + 8 [java]\n',
      ':2',
    ],
    [
      'vscsi',
      concatenated([vscsiBytes(1, 0x28, 512, 0n, 9_000_000n), vscsiBytes(1, 0x28, 512, 0n, 1n)]),
      ': offset 32',
    ],
    [
      'blktrace',
      blktraceBytes([
        { action: BlktraceAction.queueRead, bytes: 512, timeNs: 9_000_000_000n },
        { action: BlktraceAction.queueRead, bytes: 512, timeNs: 1n },
      ]),
      ': offset 48',
    ],
  ] as const)('%s', async (_, bytes, place) => {
    expect(await refusal(bytes)).toMatch(
      new RegExp(
        `^trace${place}: its time is \\d+\\.\\d+ s before that of a request before it \\(1 request until there\\)$`,
      ),
    );
    const { requests, survey } = await load(bytes, { options: { skipBadCount: 1 } });
    expect([requests.count, survey.skippedCount]).toEqual([1, 1]);
  });
});

describe('names that say something else', () => {
  const csv = Buffer.from('t_us,op,offset,length,flags\n0,R,4096,512,\n');

  test.each([
    ['plain.csv.gz', csv],
    ['zstd.csv', zstdFrame([rawBlock(csv)])],
    ['gzip.zst', gzipSync(csv)],
    ['trace.yaml', csv],
    ['blkparse.bin', Buffer.from('  8,16 5 2 1.000001850 18615 Q R 8 + 1 [java]\n')],
  ])('%s is read by its content', async (name, bytes) => {
    expect((await load(bytes, { name })).requests.count).toBe(1);
  });

  test.each([
    ['empty', new Uint8Array(0)],
    ['zeroes', new Uint8Array(100_000)],
    ['ones', new Uint8Array(100_000).fill(0xff)],
    ['newlines', new Uint8Array(100_000).fill(10)],
    ['a program', Buffer.concat([Buffer.from('\x7fELF\x02\x01\x01'), Buffer.alloc(70_000, 'abc\0')])],
  ])('%s is no trace', async (_, bytes) => {
    expect(await refusal(bytes)).toBeDefined();
  });
});

describe('a gigabyte in some kilobytes', () => {
  const zeroes = 1024 * 1024 * 1024;

  test.each([
    // One block that repeats a byte is of at most 128 KiB.
    ['zstd', () => zstdFrame(Array.from({ length: zeroes / (128 * 1024) }, () => repeatedBlock(0x31)))],
    ['gzip', () => gzipSync(new Uint8Array(zeroes / 16).fill(0x31))],
    ['xz', xzBomb],
  ] as const)('%s is refused at its first line, with memory for some blocks of it', async (_, make) => {
    const bytes = make();
    if (bytes === undefined) return;
    expect(bytes.length).toBeLessThan(200_000);
    const before = process.memoryUsage().arrayBuffers;
    expect(await refusal(bytes)).toBeDefined();
    expect(await refusal(bytes, { options: { format: 'blkparse' } })).toBe(
      'trace:1: the line is longer than 64 KiB (0 requests until there)',
    );
    expect(await refusal(bytes, { options: { format: 'vscsi' } })).toMatch(
      /^trace: offset 0: this is no record of vscsi/,
    );
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(160 * 1024 * 1024);
  });
});

test('zeroes behind the first bytes of xz are not gone through one by one', async () => {
  const bytes = Buffer.concat([Buffer.from('\xfd7zXZ\0', 'latin1'), Buffer.alloc(64 * 1024 * 1024)]);
  expect(await refusal(bytes)).toMatch(/xz data/);
});

/** A frame with a window of 128 KiB. @source RFC 8878, 3.1.1 */
function zstdFrame(blocks: readonly Buffer[]): Buffer {
  const last = Buffer.from(blocks[blocks.length - 1] ?? []);
  last[0] = (last[0] ?? 0) | 1;
  return Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x38]), ...blocks.slice(0, -1), last]);
}

function rawBlock(content: Buffer): Buffer {
  const header = Buffer.alloc(3);
  header.writeUIntLE(content.length << 3, 0, 3);
  return Buffer.concat([header, content]);
}

function repeatedBlock(byte: number): Buffer {
  const block = Buffer.alloc(4, byte);
  block.writeUIntLE(((128 * 1024) << 3) | 2, 0, 3);
  return block;
}

/** 256 MiB of one byte; undefined where there is no xz to compress it. */
function xzBomb(): Buffer | undefined {
  try {
    return execFileSync('xz', ['-0', '-c'], {
      input: new Uint8Array(256 * 1024 * 1024).fill(0x31),
      maxBuffer: 1 << 20,
    });
  } catch {
    return undefined;
  }
}
