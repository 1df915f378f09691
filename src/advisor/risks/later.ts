import { overlapChecks } from '../../settings/overlap-checks.ts';
import { resolveCreate } from '../../settings/resolve.ts';
import { formatBytes } from '../../units/bytes.ts';
import type { Proposal } from '../proposal.ts';
import type { RiskRule } from './risk.ts';

const isPreallocated = ({ settings }: Proposal) => resolveCreate(settings.create).preallocation !== 'off';
const unmaps = ({ settings }: Proposal) => settings.drive.discard === 'unmap';

/** What the first write to a cluster that a snapshot shares copies. */
const snapshotCopies: RiskRule = {
  kind: 'snapshot',
  settings: ['cluster_size', 'extended_l2'],
  source: 'QEMU block/qcow2-cluster.c, calculate_l2_meta and perform_cow',
  assess({ request, proposal, baseline }) {
    const [bytes, before] = [proposal.geometry.clusterBytes, baseline.geometry.clusterBytes];
    if (bytes === before) return undefined;
    const when = request.image?.hasSnapshots
      ? 'The image has internal snapshots: the'
      : 'After an internal snapshot the';
    return {
      effect: bytes > before ? 'worse' : 'better',
      recommendedBytes: bytes,
      baselineBytes: before,
      because: `${when} first write to each cluster copies up to ${formatBytes(bytes)}${proposal.geometry.extendedL2 ? ', subclusters or not' : ''}, instead of ${formatBytes(before)}. A new overlay with the same settings copies up to ${formatBytes(proposal.geometry.subclusterBytes)}.`,
    };
  },
};

/** How much has to be trimmed at once. */
const discardUnit: RiskRule = {
  kind: 'discard',
  settings: ['cluster_size'],
  source: 'QEMU block/io.c, bdrv_co_pdiscard; block/qcow2.c, qcow2_refresh_limits',
  assess({ request, proposal, baseline }) {
    const [bytes, before] = [proposal.geometry.clusterBytes, baseline.geometry.clusterBytes];
    if (bytes === before || !(request.traits.trims || unmaps(proposal))) return undefined;
    return {
      effect: bytes > before ? 'worse' : 'better',
      recommendedBytes: bytes,
      baselineBytes: before,
      because: `With discard=unmap a trim frees whole clusters of ${formatBytes(bytes)} only, instead of ${formatBytes(before)}; what it covers less of stays.`,
    };
  },
};

/** What undoes preallocation. */
const preallocationEnds: RiskRule = {
  kind: 'discard',
  settings: ['preallocation', 'discard'],
  source: 'QEMU block/qcow2-cluster.c, discard_in_l2_slice; block/qcow2-snapshot.c, qcow2_snapshot_create',
  assess({ proposal, baseline }) {
    if (!isPreallocated(proposal) || isPreallocated(baseline)) return undefined;
    const keeps = proposal.settings.drive['discard-no-unref'] === true;
    const trims = unmaps(proposal)
      ? keeps
        ? 'Trimmed clusters keep their place.'
        : 'Each trimmed cluster loses its place and is allocated anew.'
      : 'discard=unmap would give up the places of what is trimmed (discard-no-unref=on, QEMU 8.1, keeps them).';
    return {
      effect: 'worse',
      because: `What is gained lasts as long as the places do: an internal snapshot ends it for all clusters. ${trims} Whatever copies the file has to keep its holes.`,
    };
  },
};

/** What freed clusters do to the order of the file. */
const fragmentation: RiskRule = {
  kind: 'discard',
  settings: ['discard'],
  source: 'QEMU block/qcow2-refcount.c, alloc_clusters_noref; qapi/block-core.json, discard-no-unref',
  assess({ proposal, baseline }) {
    if (!unmaps(proposal) || unmaps(baseline) || proposal.settings.drive['discard-no-unref'] === true) return undefined;
    return {
      effect: 'worse',
      because:
        'Freed clusters are filled in another order, so that the file falls into pieces where the guest deletes and writes much.',
    };
  },
};

/** Memory of the host that nobody counted. */
const memory: RiskRule = {
  kind: 'memory',
  settings: ['l2-cache-size', 'refcount-cache-size', 'cluster_size'],
  source: 'QEMU block/qcow2-cache.c, qcow2_cache_create; docs/qcow2-cache.txt, "Reducing the memory usage"',
  assess({ proposal, baseline }) {
    const [bytes, before] = [proposal.memoryBytes, baseline.memoryBytes];
    const tellingBytes = 2 ** 22;
    if (Math.abs(bytes - before) < tellingBytes) return undefined;
    const sizes = { recommendedBytes: bytes, baselineBytes: before };
    if (bytes < before) {
      return {
        ...sizes,
        effect: 'better',
        because: `The caches take ${formatBytes(bytes)} at most, not ${formatBytes(before)}.`,
      };
    }
    return {
      ...sizes,
      effect: 'worse',
      because: `The caches may take ${formatBytes(bytes)} of the host's memory, ${formatBytes(before)} under the defaults, on top of the guest's: leave room where QEMU runs under a limit.`,
    };
  },
};

/** A guard that is off. */
const overlap: RiskRule = {
  kind: 'damage',
  settings: ['overlap-check'],
  source: 'QEMU block/qcow2-refcount.c, qcow2_check_metadata_overlap',
  assess({ proposal, baseline }) {
    const [own, before] = [overlapChecks(proposal.settings.drive), overlapChecks(baseline.settings.drive)];
    const off = [...before].filter((name) => !own.has(name));
    if (off.length === 0) return undefined;
    return {
      effect: 'worse',
      because: `Writes are no longer checked against ${off.join(', ')}: wrong refcounts would let data go over these tables unnoticed.`,
    };
  },
};

/** What happens when the disk is used further. */
export const laterUse: readonly RiskRule[] = [
  snapshotCopies,
  discardUnit,
  preallocationEnds,
  fragmentation,
  memory,
  overlap,
];
