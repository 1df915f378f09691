import { formatBytes } from '../../units/bytes.ts';
import type { Rule } from '../rule.ts';

/** Clusters larger than the default make the tables smaller; smaller ones never pay for themselves in speed. */
export const clusterSizeRule: Rule = {
  id: 'cluster-size',
  setting: 'cluster_size',
  explain({ proposal, baseline }) {
    const { geometry } = proposal;
    const size = formatBytes(geometry.clusterBytes);
    const source = 'QEMU docs/qcow2-cache.txt, "Choosing the right cache sizes"; KVM Forum 2017, L2 size per TiB';
    const tables = formatBytes(geometry.l2FullCoverageBytes);
    if (geometry.clusterBytes === baseline.geometry.clusterBytes) {
      return {
        setting: 'cluster_size',
        because: `${size} is QEMU's default; all L2 tables of this disk together take ${tables}.`,
        source,
      };
    }
    const factor = geometry.l2FullCoverageBytes / baseline.geometry.l2FullCoverageBytes;
    const change =
      factor < 1
        ? `from ${formatBytes(baseline.geometry.l2FullCoverageBytes)} to ${tables}, so that much less cache maps the disk`
        : `to ${tables}, with a smaller piece of the disk taken by each write`;
    return {
      setting: 'cluster_size',
      because: `Clusters of ${size} bring all L2 tables ${change}.`,
      source,
      costs: costs(geometry.clusterBytes, proposal.allocationUnitBytes),
    };
  },
};

function costs(clusterBytes: number, allocationUnitBytes: number): string {
  const size = formatBytes(clusterBytes);
  const unit = allocationUnitBytes < clusterBytes ? '' : ` Each first write takes ${size} of the host's disk.`;
  return `A guest's discard frees whole clusters of ${size} only, and a refcount block is written in pieces of ${size}.${unit} It cannot be changed without converting the image.`;
}
