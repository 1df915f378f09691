import type { AdviceRequest } from '../../src/advisor/advice-request.ts';
import { findTraits, type WorkloadTraits } from '../../src/advisor/workload-traits.ts';

export const gib = 2 ** 30;
export const tib = 2 ** 40;

export function traits(name: string): WorkloadTraits {
  const found = findTraits(name);
  if (!found) throw new Error(`no traits ${name}`);
  return found;
}

/** A request as `qtune recommend --disk 2T` makes it. */
export function adviceRequest(changes: Partial<AdviceRequest> = {}): AdviceRequest {
  return {
    diskBytes: 2 * tib,
    traits: traits('general'),
    hasBacking: false,
    priority: 'speed',
    fileName: 'disk.qcow2',
    ...changes,
  };
}
