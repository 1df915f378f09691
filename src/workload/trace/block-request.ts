import { Operation } from '../request.ts';
import type { TraceSink } from './trace-format.ts';

/**
 * What a request of a block layer does, in one number: an {@link Operation} in the low two bits, and these flags.
 *
 * @source Linux block/blk-core.c and include/linux/blk_types.h (REQ_OP_*, REQ_PREFLUSH, REQ_FUA)
 */
export const BlockFlag = {
  /** What the disk has taken before must be on stable storage first. */
  preflush: 4,
  /** This request must be on stable storage when it is answered. */
  fua: 8,
  /** Writes zeroes without data of its own. */
  zeroes: 16,
  /** A barrier of Linux before 2.6.37. */
  barrier: 32,
  /** A command to a zone, or one that says nothing of what it does. */
  command: 64,
} as const;

const operationMask = 3;
const letter = (character: string): number => character.charCodeAt(0);
const [A, B, C, D, E, F, M, N, O, R, S, U, W, Z] = [...'ABCDEFMNORSUWZ'].map(letter);

/**
 * The letters that Linux and blkparse print for a request, as a request of the block layer: a first F where another
 * operation follows is a flush before it, an F behind it forced unit access, N without an operation's letter one that
 * has none (write-zeroes, where it has a length).
 *
 * @returns -1 where these are no such letters
 * @source Linux kernel/trace/blktrace.c, blk_fill_rwbs(); blktrace's blkparse_fmt.c, fill_rwbs()
 */
export function parseRwbs(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  let flags = 0;
  if (end - start > 1 && bytes[at] === F && isOperation(bytes[at + 1])) {
    flags = BlockFlag.preflush;
    at += 1;
  }
  const operation = at < end ? operationOf(bytes[at]) : -1;
  if (operation < 0) return -1;
  flags |= operation;
  const zone = bytes[at] === Z;
  for (at += 1; at < end; at++) {
    const flag = flagOf(bytes[at], zone);
    if (flag < 0) return -1;
    flags |= flag;
  }
  return (flags & BlockFlag.zeroes) === 0 ? flags : (flags & ~operationMask) | Operation.trim;
}

function isOperation(byte: number | undefined): boolean {
  return byte === R || byte === W || byte === D || byte === N || byte === F || byte === Z;
}

function operationOf(byte: number | undefined): number {
  if (byte === R) return Operation.read;
  if (byte === W) return Operation.write;
  if (byte === D) return Operation.trim;
  if (byte === F) return Operation.sync;
  if (byte === N) return Operation.trim | BlockFlag.zeroes;
  return byte === Z ? Operation.write | BlockFlag.command : -1;
}

/** The flag of a letter behind the operation; A, F, O, R and C behind a Z name the command to a zone. */
function flagOf(byte: number | undefined, zone: boolean): number {
  if (byte === F) return zone ? 0 : BlockFlag.fua;
  if (byte === B) return BlockFlag.barrier;
  if (byte === Z) return BlockFlag.zeroes;
  if (byte === A || byte === S || byte === M || byte === E || byte === U) return 0;
  return zone && (byte === R || byte === O || byte === C) ? 0 : -1;
}

/**
 * Hands one request of a block layer to the sink as what a disk with a volatile cache and no forced unit access is
 * asked for, as virtio-blk is: a flush before a write is a sync of its own, forced unit access a sync behind it.
 */
export function takeBlockRequest(
  sink: TraceSink,
  device: number,
  kind: number,
  offsetBytes: number,
  lengthBytes: number,
  timeUs: number,
): void {
  const operation = (kind & operationMask) as Operation;
  const synced = (kind & (BlockFlag.preflush | BlockFlag.fua)) !== 0;
  if ((kind & BlockFlag.command) !== 0) {
    sink.passOver('commands without data');
  } else if (operation === Operation.sync || (lengthBytes === 0 && synced)) {
    sink.request(device, Operation.sync, 0, 0, timeUs);
  } else if (lengthBytes === 0) {
    sink.passOver('commands without data');
  } else {
    if (kind > operationMask) noteFlags(sink, kind);
    if ((kind & BlockFlag.preflush) !== 0) sink.request(device, Operation.sync, 0, 0, timeUs);
    sink.request(device, operation, offsetBytes, lengthBytes, timeUs);
    if ((kind & BlockFlag.fua) !== 0) sink.request(device, Operation.sync, 0, 0, timeUs);
  }
}

function noteFlags(sink: TraceSink, kind: number): void {
  if ((kind & BlockFlag.zeroes) !== 0) sink.note(writeZeroesNote);
  if ((kind & BlockFlag.preflush) !== 0)
    sink.note('requests with a flush before them are taken as a sync and a request');
  if ((kind & BlockFlag.fua) !== 0) sink.note('requests with forced unit access are taken as a request and a sync');
  if ((kind & BlockFlag.barrier) !== 0) sink.note('barriers (B) are taken as plain requests');
}

/** For every format that has write-zeroes. */
export const writeZeroesNote = 'requests to write zeroes are taken as trims: neither stores data';
