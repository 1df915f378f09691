import { spawnSync } from 'node:child_process';
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';

/** What strace saw of one image file after its opening. Counts of system calls by what they touched. */
export interface StracedCounts {
  dataRead: number;
  dataWrite: number;
  l2Read: number;
  l2Write: number;
  refcountRead: number;
  refcountWrite: number;
  l1Write: number;
  zero: number;
  discard: number;
  sync: number;
  otherRead: number;
  otherWrite: number;
}

export function straceWorks(): boolean {
  return spawnSync('strace', ['-o', '/dev/null', 'true']).status === 0;
}

/**
 * Runs a command of qemu-io with `aio=threads` under strace and tells what each system call on the image was for, from
 * where the tables lie in the finished image: an account of the same run that shares nothing with QEMU's trace events.
 */
export function straceImage(
  command: readonly string[],
  options: { cwd: string; script: string; image: string },
): StracedCounts {
  const log = join(options.cwd, 'strace.log');
  const stdin = openSync(options.script, 'r');
  const calls = 'pread64,preadv,pwrite64,pwritev,fallocate,fdatasync,write';
  const run = spawnSync('strace', ['-f', '-y', '-s', '9', '-o', log, '-e', `trace=${calls}`, '--', ...command], {
    cwd: options.cwd,
    stdio: [stdin, 'ignore', 'pipe'],
    env: { ...process.env, LC_ALL: 'C' },
  });
  closeSync(stdin);
  if (run.status !== 0) throw new Error(`strace: ${run.stderr}`);
  const tables = readTables(join(options.cwd, options.image));
  const counts: StracedCounts = {
    ...{ dataRead: 0, dataWrite: 0, l2Read: 0, l2Write: 0, refcountRead: 0, refcountWrite: 0 },
    ...{ l1Write: 0, zero: 0, discard: 0, sync: 0, otherRead: 0, otherWrite: 0 },
  };
  let opened = false;
  // Threads interleave: a call may be cut in "<unfinished ...>" and "resumed"; its arguments stand in the first part, except the
  // position of a vector, which strace prints only at the end.
  const unfinished = new Map<string, string>();
  for (const raw of readFileSync(log, 'utf8').split('\n')) {
    const thread = raw.split(' ')[0] ?? '';
    let line = raw.slice(thread.length).trim();
    const cut = line.indexOf(' <unfinished ...>');
    if (cut >= 0) {
      unfinished.set(thread, line.slice(0, cut));
      continue;
    }
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(line);
    if (resumed) line = `${unfinished.get(thread) ?? ''}${resumed[1]}`;
    if (line.startsWith('write(1')) opened = true;
    if (!opened || !line.includes(`/${options.image}>`) || / = -1 /.test(line)) continue;
    count(line, tables, counts);
  }
  return counts;
}

function count(line: string, tables: Tables, counts: StracedCounts): void {
  const call = line.slice(0, line.indexOf('('));
  if (call === 'fdatasync') counts.sync++;
  else if (call === 'fallocate') counts[line.includes('PUNCH_HOLE') ? 'discard' : 'zero']++;
  else {
    const offset = Number(/, (\d+)\)\s+= \d+/.exec(line)?.[1]);
    const cluster = Math.floor(offset / tables.clusterBytes);
    const read = call.startsWith('pread');
    if (tables.l1.has(cluster) && !read) counts.l1Write++;
    else if (tables.l2.has(cluster)) counts[read ? 'l2Read' : 'l2Write']++;
    else if (tables.refcount.has(cluster)) counts[read ? 'refcountRead' : 'refcountWrite']++;
    else if (cluster === 0 || tables.refcountTable.has(cluster)) counts[read ? 'otherRead' : 'otherWrite']++;
    else counts[read ? 'dataRead' : 'dataWrite']++;
  }
}

/** Clusters of the image's tables, by number. */
interface Tables {
  readonly clusterBytes: number;
  readonly l1: Set<number>;
  readonly l2: Set<number>;
  readonly refcount: Set<number>;
  readonly refcountTable: Set<number>;
}

/** From the format's specification, docs/interop/qcow2.txt: header fields, L1 and refcount table entries. */
function readTables(path: string): Tables {
  const fd = openSync(path, 'r');
  try {
    const bytes = (offset: number, length: number): Buffer => {
      const buffer = Buffer.alloc(length);
      readSync(fd, buffer, 0, length, offset);
      return buffer;
    };
    const header = bytes(0, 104);
    const clusterBytes = 2 ** header.readUInt32BE(20);
    const number = (offset: number): number => Math.floor(offset / clusterBytes);
    const range = (offset: number, length: number): Set<number> => {
      const last = number(offset + length - 1);
      return new Set(Array.from({ length: last - number(offset) + 1 }, (_, index) => number(offset) + index));
    };
    const entries = (offset: number, count: number, mask: bigint): Set<number> => {
      const table = bytes(offset, count * 8);
      const found = Array.from({ length: count }, (_, index) => Number(table.readBigUInt64BE(index * 8) & mask));
      return new Set(found.filter((place) => place !== 0).map(number));
    };
    const l1Offset = Number(header.readBigUInt64BE(40));
    const l1Count = header.readUInt32BE(36);
    const tableOffset = Number(header.readBigUInt64BE(48));
    const tableBytes = header.readUInt32BE(56) * clusterBytes;
    return {
      clusterBytes,
      l1: range(l1Offset, l1Count * 8),
      l2: entries(l1Offset, l1Count, 0x00fffffffffffe00n),
      refcount: entries(tableOffset, tableBytes / 8, 0xfffffffffffffe00n),
      refcountTable: range(tableOffset, tableBytes),
    };
  } finally {
    closeSync(fd);
  }
}
