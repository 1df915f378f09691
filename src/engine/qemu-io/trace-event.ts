/** The trace events of QEMU that host I/O is told from. Their names and fields are the same in 7.2, 10.0 and 11.1. */
export const traceEvents = [
  'bdrv_co_preadv_part',
  'bdrv_co_pwritev_part',
  'bdrv_co_pwrite_zeroes',
  'qcow2_cache_get_read',
  'qcow2_cache_entry_flush',
  'luring_co_submit',
] as const;
export type TraceEventName = (typeof traceEvents)[number];

/**
 * One line of QEMU's log trace backend. Fields that an event does not have are 0 or empty.
 * @source QEMU block/trace-events
 */
export interface TraceEvent {
  readonly name: TraceEventName;
  /** The block node, as the address that QEMU prints. */
  readonly node: string;
  readonly offsetBytes: number;
  readonly lengthBytes: number;
  /** BDRV_REQ_* flags of a request. */
  readonly flags: number;
  /** A cache event is about the L2 cache, else about the refcount cache. */
  readonly isL2: boolean;
  /** Entry of that cache. */
  readonly index: number;
  /** Kind of an io_uring request: 1 read, 2 write, 8 flush. */
  readonly type: number;
}

const names: ReadonlySet<string> = new Set(traceEvents);

function isTraceEventName(name: string): name is TraceEventName {
  return names.has(name);
}

/**
 * Reads one line; undefined where it is none of {@link traceEvents}. QEMU puts `PID@SECONDS.MICROSECONDS:` before the name where
 * it was told to log with time stamps.
 */
export function parseTraceEvent(line: string): TraceEvent | undefined {
  const words = line.split(' ');
  const name = (words[0] ?? '').replace(/^\d+@\d+\.\d+:/, '');
  if (!isTraceEventName(name)) return undefined;
  let node = '';
  let offsetBytes = 0;
  let lengthBytes = 0;
  let flags = 0;
  let isL2 = false;
  let index = 0;
  let type = 0;
  for (let at = 1; at + 1 < words.length; at += 2) {
    const value = words[at + 1] ?? '';
    switch (words[at]) {
      case 'bs':
        node = value;
        break;
      case 'offset':
        offsetBytes = Number(value);
        break;
      case 'bytes':
      case 'nbytes':
        lengthBytes = Number(value);
        break;
      case 'flags':
        flags = Number(value);
        break;
      case 'is_l2_cache':
        isL2 = value === '1';
        break;
      case 'index':
        index = Number(value);
        break;
      case 'type':
        type = Number(value);
        break;
    }
  }
  return { name, node, offsetBytes, lengthBytes, flags, isL2, index, type };
}
