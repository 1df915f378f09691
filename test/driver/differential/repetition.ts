import { type DifferentialCase, maySplit } from './case.ts';
import { firstDifference, orderRules } from './compare.ts';
import type { Bench, Outcome } from './outcome.ts';
import { measureReal, prepareImage, RefusedCase } from './real-run.ts';
import type { SlowCalls } from './shell.ts';
import type { HostIo } from './strace-log.ts';

/**
 * Runs of QEMU that must agree with the first before a difference in a case with split requests counts. Their system calls differ in
 * speed, for which part of a request comes first is else a matter of this machine.
 */
const repeats: readonly (SlowCalls | undefined)[] = [
  undefined,
  'someWrites',
  'otherWrites',
  'writes',
  'reads',
  'zeroes',
];

/** Whether QEMU does the same again. Asked only where requests may split: every other request has but one order. */
export function repeatsItself(tested: DifferentialCase, bench: Bench, first: readonly (readonly HostIo[])[]): boolean {
  if (!tested.commands.some((command) => maySplit(command, tested.image))) return true;
  for (const slow of repeats) {
    prepareImage(tested, bench.directory, bench.bin);
    const again = measureReal(tested, bench.directory, bench.bin, slow);
    if (firstDifference(first, again, orderRules(tested)) !== undefined) return false;
  }
  return true;
}

/** Compares QEMU with itself: every case whose requests cannot split must come out the same. */
export function checkRepetition(tested: DifferentialCase, bench: Bench): Outcome {
  try {
    prepareImage(tested, bench.directory, bench.bin);
    const first = measureReal(tested, bench.directory, bench.bin);
    prepareImage(tested, bench.directory, bench.bin);
    const second = measureReal(tested, bench.directory, bench.bin);
    const difference = firstDifference(first, second, orderRules(tested));
    if (difference === undefined) return { kind: 'same', ios: first.reduce((sum, ios) => sum + ios.length, 0) };
    if (tested.commands.some((command) => maySplit(command, tested.image))) return { kind: 'unrepeatable' };
    const what = 'QEMU differs from itself (the model stands for its first run)';
    return { kind: 'different', mismatch: { what, difference, model: first, real: second } };
  } catch (error) {
    if (error instanceof RefusedCase) return { kind: 'refused', reason: error.message };
    throw error;
  }
}
