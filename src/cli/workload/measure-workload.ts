import { LookupCounters } from '../../driver/curve/lookup-counters.ts';
import { computeGeometry } from '../../qcow2/geometry.ts';
import { defaultClusterBytes } from '../../qcow2/limits.ts';
import { buildWorkloadStats, type WorkloadStatsReport } from '../../report/workload-stats.ts';
import { defaultPartialEntryBytes } from '../../settings/cache-sizing.ts';
import type { Profile } from '../../workload/profile.ts';
import { StatisticsCollector } from '../../workload/stats/measure-statistics.ts';
import type { Workload } from '../../workload/workload.ts';
import { boundedSample, usualSample } from '../curve/usual-sample.ts';
import type { Host } from '../host.ts';
import { requestsInTurns } from '../pass-over.ts';

/** Blocks of data whose re-use is followed: QEMU's default cluster, and more where a disk would have too many of them. */
const dataBlockBytes = 65_536;
const mostDataBlocks = 2 ** 21;
/** Disks of more blocks are sampled, as exact distances take some 50 bytes for each block that is touched. */
const mostExactBlocks = 2 ** 19;
/** From this many requests on, a recording itself takes 100 MiB of memory; what was touched where is then to take half as much. */
const longRecording = 2 ** 21;
const longRecordingBytes = 32 * 2 ** 20;

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
  const isSampled = diskBytes > mostExactBlocks * blockBytes;
  const sample = isSampled ? boundedSample : usualSample(requestCount);
  const counters = new LookupCounters(
    [
      { diskBytes, clusterBytes: blockBytes, sliceBytes: blockBytes },
      { diskBytes, clusterBytes: defaultClusterBytes, sliceBytes },
    ],
    sample,
  );
  const isLong = profile.kind === 'recorded' && requestCount > longRecording;
  const collector = new StatisticsCollector(workload, isLong ? { maximumBytes: longRecordingBytes } : {});
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
