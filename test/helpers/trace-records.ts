/** Binary traces of a few records, to be read by tests. */

const utf8 = new TextEncoder();

/** What a record of blktrace says; the rest is 0. */
export interface BlktraceRecord {
  readonly action: number;
  readonly sector?: bigint;
  readonly bytes?: number;
  readonly timeNs?: bigint;
  /** Device number of Linux; 8,16 where absent. */
  readonly device?: number;
  readonly payload?: Uint8Array;
  readonly version?: number;
}

/** Actions of blktrace's records: the event in the low half, categories in the high one. */
export const BlktraceAction = {
  queueRead: 0x0011_0001,
  queueWrite: 0x0012_0001,
  queueDiscard: 0x2012_0001,
  /** REQ_PREFLUSH without data. */
  queueFlush: 0x0016_0001,
  /** REQ_PREFLUSH and REQ_FUA with data. */
  queueFlushFuaWrite: 0x8016_0001,
  queuePacket: 0x0211_0001,
  issueWrite: 0x0042_0007,
  complete: 0x0082_0008,
  remap: 0x0012_000f,
  processName: 0x0400_0000,
  message: 0x0400_0002,
} as const;

/** Records as blktrace writes them, of version 7 where they say no other. */
export function blktraceBytes(records: readonly BlktraceRecord[], littleEndian = true): Uint8Array {
  return concatenated(
    records.map((record, sequence) => {
      const payload = record.payload ?? new Uint8Array(0);
      const bytes = new Uint8Array(48 + payload.length);
      const view = new DataView(bytes.buffer);
      view.setUint32(0, 0x65617400 | (record.version ?? 7), littleEndian);
      view.setUint32(4, sequence, littleEndian);
      view.setBigUint64(8, record.timeNs ?? BigInt(sequence) * 1000n, littleEndian);
      view.setBigUint64(16, record.sector ?? 0n, littleEndian);
      view.setUint32(24, record.bytes ?? 0, littleEndian);
      view.setUint32(28, record.action, littleEndian);
      view.setUint32(36, record.device ?? (8 << 20) + 16, littleEndian);
      view.setUint16(46, payload.length, littleEndian);
      bytes.set(payload, 48);
      return bytes;
    }),
  );
}

/** One record of vscsi of version 1 or 2. */
export function vscsiBytes(
  version: 1 | 2,
  command: number,
  lengthBytes: number,
  sector: bigint,
  timeUs: bigint,
): Uint8Array {
  const bytes = new Uint8Array(version === 1 ? 32 : 40);
  const view = new DataView(bytes.buffer);
  view.setUint16(version === 1 ? 12 : 0, command, true);
  view.setUint16(version === 1 ? 14 : 2, version << 8, true);
  view.setUint32(version === 1 ? 4 : 8, lengthBytes, true);
  view.setBigUint64(16, sector, true);
  view.setBigUint64(24, timeUs, true);
  return bytes;
}

/** One record of oracleGeneral. */
export function oracleBytes(seconds: number, id: bigint, size: number, next: bigint): Uint8Array {
  const bytes = new Uint8Array(24);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, seconds, true);
  view.setBigUint64(4, id, true);
  view.setUint32(12, size, true);
  view.setBigInt64(16, next, true);
  return bytes;
}

/** A protobuf field: a number as a varint, bytes with their length. */
export function protobufField(number: number, value: bigint | Uint8Array): Uint8Array {
  if (typeof value === 'bigint') return concatenated([varint(BigInt(number) << 3n), varint(value)]);
  return concatenated([varint((BigInt(number) << 3n) | 2n), varint(BigInt(value.length)), value]);
}

/** An event of OCTF with its length in front; `part` is the field of what happened. */
export function octfEvent(timeNs: bigint, part: number, ...fields: readonly Uint8Array[]): Uint8Array {
  const header = protobufField(1, concatenated([protobufField(1, 1n), protobufField(2, timeNs)]));
  const event = concatenated([header, protobufField(part, concatenated(fields))]);
  return concatenated([varint(BigInt(event.length)), event]);
}

/** A request of OCTF: sectors of 512 bytes; operation 1 read, 2 write, 3 discard. */
export function octfRequest(
  timeNs: bigint,
  operation: bigint,
  sector: bigint,
  sectors: bigint,
  device = 7n,
): Uint8Array {
  return octfEvent(
    timeNs,
    2,
    protobufField(1, sector),
    protobufField(2, sectors),
    protobufField(4, device),
    protobufField(5, operation),
  );
}

/** The description of a device of OCTF. */
export function octfDevice(timeNs: bigint, id: bigint, name: string): Uint8Array {
  return octfEvent(timeNs, 3, protobufField(1, id), protobufField(2, utf8.encode(name)));
}

/** A tar archive of regular files. */
export function tarBytes(files: readonly (readonly [name: string, content: Uint8Array])[]): Uint8Array {
  const parts = files.flatMap(([name, content]) => {
    const header = new Uint8Array(512);
    const put = (text: string, at: number) => header.set(utf8.encode(text), at);
    put(name, 0);
    put('0000644\0', 100);
    put(`${content.length.toString(8).padStart(11, '0')}\0`, 124);
    put('        ', 148);
    put('0', 156);
    put('ustar\0' + '00', 257);
    put(
      `${header
        .reduce((sum, byte) => sum + byte, 0)
        .toString(8)
        .padStart(6, '0')}\0 `,
      148,
    );
    return [header, content, new Uint8Array((512 - (content.length % 512)) % 512)];
  });
  return concatenated([...parts, new Uint8Array(1024)]);
}

export function concatenated(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

function varint(value: bigint): Uint8Array {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>= 7n) {
    if (rest < 128n) return Uint8Array.from([...bytes, Number(rest)]);
    bytes.push(Number(rest & 127n) | 128);
  }
}
