import { LookupCounters } from '../../driver/curve/lookup-counters.ts';
import { computeGeometry } from '../../qcow2/geometry.ts';
import { defaultClusterBytes } from '../../qcow2/limits.ts';
import { buildWorkloadStats, type WorkloadStatsReport } from '../../report/workload-stats.ts';
import { defaultPartialEntryBytes } from '../../settings/cache-sizing.ts';
import type { Profile } from '../../workload/profile.ts';
import { StatisticsCollector } from '../../workload/stats/measure-statistics.ts';
import type { Workload } from '../../workload/workload.ts';
import { usualSample } from '../curve/usual-sample.ts';
import type { Host } from '../host.ts';
import { requestsInTurns } from '../pass-over.ts';

/** Blocks of data whose re-use is followed: QEMU's default cluster, and more where a disk would have too many of them. */
const dataBlockBytes = 65_536;
const mostDataBlocks = 2 ** 22;

/**
 * Runs once over a workload's requests for everything that `workload stats` tells.
 * @throws InterruptedError
 */
export async function measureWorkload(profile: Profile, workload: Workload, host: Host): Promise<WorkloadStatsReport> {
  const { diskBytes, requestCount } = workload;
  const blockBytes = Math.max(dataBlockBytes, 2 ** Math.ceil(Math.log2(diskBytes / mostDataBlocks)));
  const geometry = computeGeometry({
    diskBytes,
    clusterBytes: defaultClusterBytes,
    extendedL2: false,
    refcountBits: 16,
  });
  const sliceBytes = (defaultPartialEntryBytes / geometry.l2EntryBytes) * defaultClusterBytes;
  const counters = new LookupCounters(
    [
      { diskBytes, clusterBytes: blockBytes, sliceBytes: blockBytes },
      { diskBytes, clusterBytes: defaultClusterBytes, sliceBytes },
    ],
    usualSample(requestCount),
  );
  const collector = new StatisticsCollector(workload);
  for await (const block of requestsInTurns(workload, host)) {
    counters.add(block);
    collector.add(block);
  }
  const [data, l2] = counters.profiles();
  if (data === undefined || l2 === undefined) throw new RangeError('a counter has no profile');
  return buildWorkloadStats({
    workload,
    statistics: collector.statistics(),
    survey: profile.kind === 'recorded' ? profile.survey : undefined,
    data: { blockBytes, lookups: data },
    l2: { blockBytes: sliceBytes, entryBytes: defaultPartialEntryBytes, lookups: l2 },
  });
}
