import type { HostIoKind, HostIoTally } from '../../driver/host-io-tally.ts';
import type { HostIoCounts } from '../engine.ts';

/** A tally in the kinds of a journal, which are those that QEMU's trace events tell apart. */
export function hostIoCounts(tally: HostIoTally): HostIoCounts {
  const counts: Partial<Record<keyof HostIoCounts, number>> = { sync: 0 };
  for (const kind of tally.kinds()) {
    const key = keyOf(kind);
    counts[key] = (counts[key] ?? 0) + kind.count;
  }
  return counts;
}

function keyOf({ op, file, purpose }: HostIoKind): keyof HostIoCounts {
  if (op === 'zero' || op === 'discard' || op === 'sync') return op;
  if (file === 'backing') return 'backingRead';
  const read = op === 'read';
  switch (purpose) {
    case 'data':
    case 'copy-on-write':
      return read ? 'dataRead' : 'dataWrite';
    case 'l2':
      return read ? 'l2Read' : 'l2Write';
    case 'refcount':
      return read ? 'refcountRead' : 'refcountWrite';
    case 'l1':
      return read ? 'otherRead' : 'l1Write';
    default:
      return read ? 'otherRead' : 'otherWrite';
  }
}
