import type { HostFileName, HostOpName } from '../../../src/driver/host-io.ts';

/** One host I/O, as the model tells it and as strace saw it; a sync has no range. */
export interface HostIo {
  readonly op: HostOpName | 'truncate';
  readonly file: HostFileName;
  /** Bytes. */
  readonly offset: number;
  readonly length: number;
}

/** A read that came up short: QEMU asks again for the rest, which is no I/O of its own. */
interface ShortRead {
  readonly file: string;
  readonly start: number;
  readonly end: number;
}

/**
 * Reads the log of one qemu-io whose script stood in a file: the host I/O of each command, in order of the calls' start, and
 * at last that of closing the image. A command starts with the prompt that qemu-io writes to standard output; what comes
 * before the first prompt is the opening and is left out.
 * @param fileOf the file that a path belongs to, undefined for files that are no part of the image
 */
export function readStraceLog(text: string, fileOf: (path: string) => HostFileName | undefined): HostIo[][] {
  // A call may be cut in "<unfinished ...>" and "resumed"; its place in the order is that of its start.
  const unfinished = new Map<string, { start: string; slots: Slots; index: number }>();
  const shortReads = new Map<string, ShortRead>();
  const segments: Slots[] = [];
  for (const raw of text.split('\n')) {
    const space = raw.indexOf(' ');
    const thread = raw.slice(0, space);
    let line = raw.slice(space).trimStart();
    if (line.startsWith('write(1<')) segments.push([]);
    let slots = segments.at(-1);
    if (slots === undefined) continue;
    let index = slots.length;
    if (line.endsWith(cut)) {
      if (line.startsWith('write(')) continue;
      unfinished.set(thread, { start: line.slice(0, -cut.length), slots, index });
      slots.push(undefined);
      continue;
    }
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(line);
    if (resumed) {
      const begun = unfinished.get(thread);
      if (begun === undefined) continue;
      unfinished.delete(thread);
      line = `${begun.start}${resumed[1]}`;
      ({ slots, index } = begun);
    }
    const io = readCall(line, thread, fileOf, shortReads);
    if (io !== undefined) slots[index] = io;
  }
  return segments.map((slots) => slots.filter((io) => io !== undefined));
}

const cut = '<unfinished ...>';
/** The I/Os of one command; undefined where a call has not ended yet, or turned out to be none. */
type Slots = (HostIo | undefined)[];

function readCall(
  line: string,
  thread: string,
  fileOf: (path: string) => HostFileName | undefined,
  shortReads: Map<string, ShortRead>,
): HostIo | undefined {
  const call = /^(\w+)\(\d+<([^>]*)>(.*)\)\s+= (-?\d+)/.exec(line);
  if (!call) return undefined;
  const [, name = '', path = '', rest = '', result = ''] = call;
  const file = fileOf(path);
  if (file === undefined || name === 'write' || result.startsWith('-')) return undefined;
  if (name === 'fdatasync') return { op: 'sync', file, offset: 0, length: 0 };
  const numbers = rest.match(/\d+/g)?.map(Number) ?? [];
  if (name === 'ftruncate') return { op: 'truncate', file, offset: numbers.at(-1) ?? 0, length: 0 };
  if (name === 'fallocate') {
    const op = rest.includes('PUNCH_HOLE') ? 'discard' : 'zero';
    return { op, file, offset: numbers.at(-2) ?? 0, length: numbers.at(-1) ?? 0 };
  }
  const offset = numbers.at(-1) ?? 0;
  const vector = [...rest.matchAll(/iov_len=(\d+)/g)].reduce((sum, match) => sum + Number(match[1]), 0);
  const length = name.endsWith('v') ? vector : (numbers.at(-2) ?? 0);
  if (!name.startsWith('pread')) return { op: 'write', file, offset, length };
  return repeatsShortRead(shortReads, thread, path, offset, length, Number(result))
    ? undefined
    : { op: 'read', file, offset, length };
}

/** Tells whether a read goes on with, or repeats, the thread's last one that came up short at the end of the file. */
function repeatsShortRead(
  shortReads: Map<string, ShortRead>,
  thread: string,
  file: string,
  offset: number,
  length: number,
  result: number,
): boolean {
  const before = shortReads.get(thread);
  const again =
    before !== undefined && before.file === file && offset >= before.start && offset + length === before.end;
  if (result < length && result > 0) {
    shortReads.set(thread, again ? before : { file, start: offset, end: offset + length });
  } else shortReads.delete(thread);
  return again;
}
