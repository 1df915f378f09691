import type { HostFileName } from '../../../src/driver/host-io.ts';
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

/** What of the order within a request is chance, because QEMU has several I/Os in flight. */
export interface OrderRules {
  /** Requests served in parts side by side: only the multiset counts. */
  readonly unordered: (segment: number) => boolean;
  /** Files of which reads that follow each other may change places: one read of theirs may itself be served in parts. */
  readonly swappedReads: ReadonlySet<HostFileName>;
}

/** Compares request by request, as strictly as the rules allow. */
export function firstDifference(
  left: readonly (readonly HostIo[])[],
  right: readonly (readonly HostIo[])[],
  rules: OrderRules,
): Difference | undefined {
  for (let segment = 0; segment < Math.max(left.length, right.length); segment++) {
    const [a, b] = [left[segment] ?? [], right[segment] ?? []];
    const index = firstIndex(a.map(ioText), b.map(ioText));
    if (index === undefined) continue;
    const same = rules.unordered(segment)
      ? firstIndex(a.map(ioText).sort(), b.map(ioText).sort()) === undefined
      : firstIndex(sortReads(a, rules), sortReads(b, rules)) === undefined;
    if (!same) return { segment, index };
  }
  return undefined;
}

/** The rules of a case; with the parts that the model saw, only requests that did split lose their order. */
export function orderRules(tested: DifferentialCase, parts?: readonly number[]): OrderRules {
  const { image, commands } = tested;
  const swappedReads = new Set<HostFileName>();
  if (image.backing?.format === 'qcow2') swappedReads.add('backing');
  if (image.extendedL2 && tested.steps.length > 0) swappedReads.add('image').add('data');
  const unordered = (segment: number): boolean => {
    const command = commands[segment];
    return command !== undefined && maySplit(command, image) && (parts?.[segment] ?? 2) > 1;
  };
  return { unordered, swappedReads };
}

/** I/Os as text, with each run of reads of a file whose reads may change places in one fixed order. */
function sortReads(ios: readonly HostIo[], { swappedReads }: OrderRules): string[] {
  const lines: string[] = [];
  let run: string[] = [];
  let file: HostFileName | undefined;
  for (const io of ios) {
    const swaps = io.op === 'read' && swappedReads.has(io.file);
    if (!swaps || io.file !== file) {
      lines.push(...run.sort());
      run = [];
    }
    file = swaps ? io.file : undefined;
    if (swaps) run.push(ioText(io));
    else lines.push(ioText(io));
  }
  return [...lines, ...run.sort()];
}

function firstIndex(a: readonly string[], b: readonly string[]): number | undefined {
  for (let index = 0; index < Math.max(a.length, b.length); index++) if (a[index] !== b[index]) return index;
  return undefined;
}
