import { formatBytes } from '../../units/bytes.ts';
import type { Rule } from '../rule.ts';
import { cannotSay, isGiven, onlyConverted } from './situation.ts';

/** Clusters larger than the default make the tables smaller; smaller ones never pay for themselves in speed. */
export const clusterSizeRule: Rule = {
  id: 'cluster-size',
  setting: 'cluster_size',
  explain({ request, proposal, baseline }) {
    const { geometry } = proposal;
    const size = formatBytes(geometry.clusterBytes);
    const source = 'QEMU docs/qcow2-cache.txt, "Choosing the right cache sizes"; KVM Forum 2017, L2 size per TiB';
    const tables = formatBytes(geometry.l2FullCoverageBytes);
    const setting = 'cluster_size';
    if (geometry.clusterBytes === baseline.geometry.clusterBytes) {
      const all = `all L2 tables of this disk together take ${tables}.`;
      if (isGiven(request)) {
        return { setting, because: `The image has clusters of ${size}: ${all} ${onlyConverted}`, source };
      }
      const unsaid = cannotSay(request, 'create', setting);
      return {
        setting,
        because: `${size} is ${request.held ? 'what it is compared with' : "QEMU's default"}; ${all}${unsaid === undefined ? '' : ` ${unsaid}`}`,
        source,
      };
    }
    const factor = geometry.l2FullCoverageBytes / baseline.geometry.l2FullCoverageBytes;
    const change =
      factor < 1
        ? `from ${formatBytes(baseline.geometry.l2FullCoverageBytes)} to ${tables}, so that much less cache maps the disk`
        : `to ${tables}, with a smaller piece of the disk taken by each write`;
    return {
      setting,
      because: `Clusters of ${size} bring all L2 tables ${change}.`,
      source,
      costs: costs(geometry.clusterBytes, proposal.allocationUnitBytes, isGiven(request)),
    };
  },
};

function costs(clusterBytes: number, allocationUnitBytes: number, exists: boolean): string {
  const size = formatBytes(clusterBytes);
  const unit = allocationUnitBytes < clusterBytes ? '' : ` Each first write takes ${size} of the host's disk.`;
  const conversion = exists
    ? 'The image has to be converted for it.'
    : 'It cannot be changed without converting the image.';
  return `A guest's discard frees whole clusters of ${size} only, and a refcount block is written in pieces of ${size}.${unit} ${conversion}`;
}
