import { describe, expect, test } from 'vitest';
import { blktraceFormat } from '../../../../src/workload/trace/formats/blktrace.ts';
import { octfFormat } from '../../../../src/workload/trace/formats/octf.ts';
import { oracleGeneralFormat } from '../../../../src/workload/trace/formats/oracle-general.ts';
import { vscsiFormat } from '../../../../src/workload/trace/formats/vscsi.ts';
import {
  BlktraceAction,
  blktraceBytes,
  concatenated,
  octfDevice,
  octfEvent,
  octfRequest,
  oracleBytes,
  protobufField,
  tarBytes,
  vscsiBytes,
} from '../../../helpers/trace-records.ts';
import { readBytes } from '../../../helpers/traces.ts';

describe('blktrace', () => {
  const records = [
    { action: BlktraceAction.processName, payload: Buffer.from('swapper\0') },
    { action: BlktraceAction.remap, sector: 8n, bytes: 4096, payload: new Uint8Array(16) },
    { action: BlktraceAction.queueRead, sector: 8n, bytes: 4096, timeNs: 5000n },
    { action: BlktraceAction.issueWrite, sector: 16n, bytes: 4096, timeNs: 6000n },
    { action: BlktraceAction.message, payload: Buffer.from('odd') },
    { action: BlktraceAction.queueDiscard, sector: 16n, bytes: 8192, timeNs: 7000n, device: (259 << 20) + 3 },
    { action: BlktraceAction.queueFlush, timeNs: 8000n },
    { action: BlktraceAction.queueFlushFuaWrite, sector: 32n, bytes: 512, timeNs: 9500n },
    { action: BlktraceAction.queuePacket, bytes: 36, timeNs: 9600n },
    { action: BlktraceAction.complete, sector: 8n, bytes: 4096 },
    // With the bit that says that a control group is named in the payload.
    { action: BlktraceAction.queueWrite | 0x100, sector: 1n, bytes: 512, timeNs: 9700n, payload: new Uint8Array(8) },
  ];

  test.each([
    ['little-endian', true],
    ['big-endian', false],
  ])('%s records', (_, littleEndian) => {
    const read = readBytes(blktraceFormat, blktraceBytes(records, littleEndian));
    expect(read.requests).toEqual([
      'read 4096 4096 0',
      'trim 8192 8192 2',
      'sync 3',
      'sync 4.5',
      'write 16384 512 4.5',
      'sync 4.5',
      'write 512 512 4.7',
    ]);
    expect(read.devices).toEqual(['8,16 6', '259,3 1']);
    expect(read.passedOver).toEqual({
      'process names': 1,
      remaps: 1,
      messages: 1,
      'commands without data': 1,
      completions: 1,
      'issue events': 1,
    });
  });

  test('--event issue', () => {
    expect(readBytes(blktraceFormat, blktraceBytes(records), { event: 'issue' }).requests).toEqual([
      'write 8192 4096 0',
    ]);
  });

  test('another version is refused, and said what to use', () => {
    const bytes = blktraceBytes([{ action: BlktraceAction.queueRead, version: 8 }]);
    expect(blktraceFormat.recognises(bytes)).toBe(true);
    expect(() => readBytes(blktraceFormat, bytes)).toThrow(
      /trace: offset 0: records of version 8 are not read; those of version 7 and the text of blkparse are/,
    );
  });

  test('rubbish between records is one bad place; the next record is found again', () => {
    const good = blktraceBytes([{ action: BlktraceAction.queueRead, sector: 8n, bytes: 512 }]);
    const bytes = concatenated([good, new Uint8Array(5000).fill(9), good, good]);
    expect(() => readBytes(blktraceFormat, bytes)).toThrow(
      /trace: offset 48: this is no record of blktrace \(1 request until there\)/,
    );
    expect(readBytes(blktraceFormat, bytes, { skipBadCount: 1 })).toMatchObject({
      requests: ['read 4096 512 0', 'read 4096 512 0', 'read 4096 512 0'],
      skippedCount: 1,
    });
  });

  test('a file that breaks off', () => {
    const bytes = blktraceBytes(records);
    expect(() => readBytes(blktraceFormat, bytes.subarray(0, bytes.length - 3))).toThrow(
      /the file ends inside of a record/,
    );
  });
});

describe('vscsi', () => {
  test.each([1, 2] as const)('version %i', (version) => {
    const bytes = concatenated([
      vscsiBytes(version, 0x2a, 512, 8n, 5_632_000_000_000_000n),
      vscsiBytes(version, 0x88, 4096, 16n, 5_632_000_000_000_250n),
      vscsiBytes(version, 0x12, 36, 0n, 5_632_000_000_000_251n),
      vscsiBytes(version, 0x35, 0, 0n, 5_632_000_000_000_252n),
    ]);
    expect(vscsiFormat.recognises(bytes)).toBe(true);
    expect(readBytes(vscsiFormat, bytes)).toMatchObject({
      requests: ['write 4096 512 0', 'read 8192 4096 250', 'sync 252'],
      passedOver: { 'other SCSI commands': 1 },
    });
  });

  test('a record that is none is told with its offset', () => {
    const record = vscsiBytes(1, 0x2a, 512, 8n, 1n);
    const bytes = concatenated([record, new Uint8Array(32), record]);
    expect(() => readBytes(vscsiFormat, bytes)).toThrow(
      /trace: offset 32: this is no record of vscsi version 1 \(1 request/,
    );
    expect(readBytes(vscsiFormat, bytes, { skipBadCount: 1 }).requests).toHaveLength(2);
  });
});

describe('oracleGeneral', () => {
  const bytes = concatenated([
    oracleBytes(10, 5n, 4096, 3n),
    oracleBytes(10, 6n, 512, -1n),
    oracleBytes(12, 5n, 4096, 9000n),
  ]);

  test('ids are units of --id-unit; all are reads', () => {
    expect(oracleGeneralFormat.recognises(bytes)).toBe(true);
    const read = readBytes(oracleGeneralFormat, bytes, { idUnitBytes: 512 });
    expect(read.requests).toEqual(['read 2560 4096 0', 'read 3072 512 0', 'read 2560 4096 2000000']);
    expect(read.notes).toEqual([
      'the trace does not say what requests do: all are taken as reads',
      'offsets are ids times 512 bytes; --id-unit says another',
    ]);
  });

  test('records that do not hang together are of something else', () => {
    const other = concatenated([
      oracleBytes(10, 5n, 4096, 2n),
      oracleBytes(10, 6n, 512, -1n),
      oracleBytes(12, 7n, 512, -1n),
    ]);
    expect(oracleGeneralFormat.recognises(other)).toBe(false);
    expect(oracleGeneralFormat.recognises(new Uint8Array(240))).toBe(false);
    expect(oracleGeneralFormat.recognises(new Uint8Array(240).fill(0xff))).toBe(false);
  });

  test('an id that is a hash lies behind any disk', () => {
    expect(() => readBytes(oracleGeneralFormat, oracleBytes(1, 2n ** 60n, 512, -1n))).toThrow(
      /trace: offset 0: the request ends behind the largest disk/,
    );
  });
});

describe('OCTF', () => {
  const first = concatenated([
    octfDevice(1000n, 7n, 'nvme0n1'),
    octfRequest(5000n, 2n, 8n, 8n),
    octfEvent(5500n, 5, protobufField(1, 8n)),
    octfRequest(9000n, 3n, 0n, 64n),
  ]);
  const second = concatenated([
    octfDevice(1100n, 7n, 'nvme0n1'),
    octfRequest(6000n, 1n, 16n, 8n),
    octfEvent(7000n, 2, protobufField(4, 7n), protobufField(6, 1n)),
    octfRequest(8000n, 2n, 24n, 8n, 12n),
  ]);

  test('one queue', () => {
    expect(octfFormat.recognises(first)).toBe(true);
    expect(readBytes(octfFormat, first)).toMatchObject({
      requests: ['write 4096 4096 0', 'trim 0 32768 4'],
      devices: ['nvme0n1 2'],
      passedOver: { completions: 1 },
      notes: [],
    });
  });

  test.each([1, 100, 1 << 20])('queues of an archive in the order of time, %i bytes at a time', (pieceBytes) => {
    const archive = tarBytes([
      ['trace/octf.summary', Buffer.from('{}')],
      ['trace/octf.trace.0', first],
      ['trace/octf.trace.1', second],
    ]);
    expect(octfFormat.recognises(archive)).toBe(true);
    expect(readBytes(octfFormat, archive, {}, pieceBytes)).toMatchObject({
      requests: ['write 4096 4096 0', 'read 8192 4096 1', 'sync 2', 'write 12288 4096 3', 'trim 0 32768 4'],
      devices: ['nvme0n1 4', 'device 12 1'],
      passedOver: { 'other files of the archive': 1, completions: 1 },
      notes: ['requests of several queues are put in the order of their times'],
    });
  });

  test('another archive is none', () => {
    expect(octfFormat.recognises(tarBytes([['notes.txt', Buffer.from('hello')]]))).toBe(false);
  });

  test('a header that is a number is none', () => {
    const header = protobufField(1, 5n);
    const event = concatenated([header, protobufField(2, protobufField(1, 8n))]);
    const bytes = concatenated([first, Uint8Array.of(event.length), event]);
    expect(() => readBytes(octfFormat, bytes)).toThrow(`offset ${first.length}: this is no event of OCTF`);
  });

  test('what is damaged is told with its offset in the archive', () => {
    const broken = Uint8Array.from(second);
    broken.fill(0xff, broken.length - 8);
    const archive = tarBytes([
      ['octf.trace.0', first],
      ['octf.trace.1', broken],
    ]);
    expect(() => readBytes(octfFormat, archive)).toThrow(/trace: offset 1\d\d\d: this is no event of OCTF/);
    expect(readBytes(octfFormat, archive, { skipBadCount: 1 })).toMatchObject({ skippedCount: 1 });
    expect(() => readBytes(octfFormat, archive.subarray(0, 1600))).toThrow(/the archive ends inside of a file/);
    archive[512 + 512 + 20] = 7;
    expect(() => readBytes(octfFormat, archive)).toThrow(/trace: offset 1024: this is no header of a tar archive/);
  });

  test.each([1, 3, 50_000, 1 << 20])('a message that is too long is passed over, %i bytes at a time', (pieceBytes) => {
    const long = new Uint8Array(3 + 200_000);
    long.set([0x80 | (200_000 & 127), 0x80 | ((200_000 >> 7) & 127), 200_000 >> 14]);
    const read = readBytes(octfFormat, concatenated([first, long, second]), { skipBadCount: 1 }, pieceBytes);
    expect(read.requests).toHaveLength(5);
    expect(read.firstSkipped).toBe(`offset ${first.length}, a record of 200003 bytes is none of this format`);
  });
});
