import { formatBytes } from '../../units/bytes.ts';
import type { Rule } from '../rule.ts';
import { cannotSay, isGiven, onlyConverted } from './situation.ts';

/** Subclusters: the unit of allocation is 1/32 of the cluster, for twice the L2 bytes per cluster. */
export const extendedL2Rule: Rule = {
  id: 'extended-l2',
  setting: 'extended_l2',
  explain({ request, proposal }) {
    const { geometry } = proposal;
    const source =
      'KVM Forum 2020, "Improving the performance of the qcow2 format with subcluster allocation"; RFC cover letter of 2019-10-15';
    if (!geometry.extendedL2) {
      const why = request.hasBacking
        ? `Without subclusters each first write copies the rest of its cluster of ${formatBytes(geometry.clusterBytes)} from the backing file.`
        : 'Without a backing file there is nothing to copy, and plain entries map twice the disk in the same cache.';
      const more = isGiven(request)
        ? `The image has none. ${onlyConverted}`
        : cannotSay(request, 'create', 'extended_l2');
      return { setting: 'extended_l2', because: more === undefined ? why : `${why} ${more}`, source };
    }
    const unit = formatBytes(geometry.subclusterBytes);
    return {
      setting: 'extended_l2',
      because: request.hasBacking
        ? `A first write copies at most ${unit} from the backing file instead of a cluster of ${formatBytes(geometry.clusterBytes)}, and nothing where it fills whole subclusters.`
        : `The unit of allocation stays at ${unit} although a cluster is ${formatBytes(geometry.clusterBytes)}.`,
      source,
      costs:
        'L2 entries of 16 bytes instead of 8, and an L2 update for each new subcluster: 4 to 15 % of allocating writes in the published figures. Needs QEMU 5.2; other programs that read qcow2 may refuse the image.',
    };
  },
};
