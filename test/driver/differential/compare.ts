import { type DifferentialCase, maySplit } from './case.ts';
import type { HostIo } from './strace-log.ts';

/** The first place where two runs of the same requests differ. */
export interface Difference {
  /** Which request, counted from 0; their number for the closing. */
  readonly segment: number;
  /** Which I/O of that request. */
  readonly index: number;
}

/** A line for people: `write image 327680+65536`. */
export function ioText(io: HostIo): string {
  if (io.op === 'sync') return `sync ${io.file}`;
  return `${io.op} ${io.file} ${io.offset}+${io.length}`;
}

/**
 * Compares request by request. Within a request that may be served in parts side by side the order is chance and only the
 * multiset counts; in every other the order counts too.
 * @param ordered tells of a request whether its order counts
 */
export function firstDifference(
  left: readonly (readonly HostIo[])[],
  right: readonly (readonly HostIo[])[],
  ordered: (segment: number) => boolean,
): Difference | undefined {
  for (let segment = 0; segment < Math.max(left.length, right.length); segment++) {
    const a = (left[segment] ?? []).map(ioText);
    const b = (right[segment] ?? []).map(ioText);
    const index = firstIndex(a, b);
    if (index === undefined) continue;
    if (ordered(segment) || firstIndex(a.sort(), b.sort()) !== undefined) return { segment, index };
  }
  return undefined;
}

/** For {@link firstDifference}: order counts unless the request may split, and then unless the model says that it did not. */
export function orderedBy(tested: DifferentialCase, parts?: readonly number[]): (segment: number) => boolean {
  return (segment) => {
    const command = tested.commands[segment];
    return command === undefined || !maySplit(command, tested.image) || parts?.[segment] === 1;
  };
}

function firstIndex(a: readonly string[], b: readonly string[]): number | undefined {
  for (let index = 0; index < Math.max(a.length, b.length); index++) if (a[index] !== b[index]) return index;
  return undefined;
}
