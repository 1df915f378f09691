import type { RequestBlock } from '../../workload/request.ts';
import type { Workload } from '../../workload/workload.ts';
import type { WorkloadTraits } from '../workload-traits.ts';

/** Pieces that stay together, bytes: the largest cluster, so that what happens within clusters stays as it was. */
const pieceBytes = 2 ** 21;

/**
 * The same requests over a disk so many times as large: the disk is cut into pieces of 2 MiB, each of which goes to so many times its
 * place. As much data is read and written as before, but it needs so many times the L2 entries: to the caches the working set has grown, to the
 * device it has not. Requests that cross from one piece to the next go on behind the first.
 *
 * That is not what a program with more data would do, which nobody can tell from a recording; it is how far apart the same work may lie.
 *
 * @param factor a whole number above 1
 */
export function spreadWorkload(workload: Workload, factor: number): Workload {
  return {
    ...workload,
    diskBytes: workload.diskBytes * factor,
    identity: { spread: factor, of: workload.identity },
    *requests() {
      for (const block of workload.requests()) yield spreadBlock(block, factor);
    },
  };
}

function spreadBlock(block: RequestBlock, factor: number): RequestBlock {
  const offsetBytes = block.offsetBytes.slice(0, block.count);
  for (let index = 0; index < block.count; index++) {
    const offset = offsetBytes[index] as number;
    const within = offset % pieceBytes;
    offsetBytes[index] = (offset - within) * factor + within;
  }
  return { ...block, offsetBytes };
}

/** The traits of the same work over so many times the space. */
export function spreadTraits(traits: WorkloadTraits, factor: number): WorkloadTraits {
  const { workingSet } = traits;
  // A share of the disk grows with it.
  return 'bytes' in workingSet ? { ...traits, workingSet: { bytes: workingSet.bytes * factor } } : traits;
}
