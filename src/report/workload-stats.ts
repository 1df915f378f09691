import type { LookupProfile } from '../driver/curve/lookup-counter.ts';
import type { Warning } from '../warnings.ts';
import type { WorkloadStatistics } from '../workload/stats/statistics.ts';
import type { TraceSurvey } from '../workload/trace/survey.ts';
import type { Workload } from '../workload/workload.ts';

/** A cache of fewer blocks than this says little of re-use. */
const smallestCacheBlocks = 16;
/** Steps between the sizes of data caches. */
const cacheStep = 4;
/** Entries of L2 caches that are told: 32 KiB to 2 MiB of slices of 4 KiB. */
const l2EntryCounts = [8, 32, 128, 512] as const;

/** Misses of an LRU cache of one size. */
export interface MissPoint {
  readonly cacheBytes: number;
  readonly missRatio: number;
  /** With the next holds the true ratio at about 95 %; equal to it where every lookup was followed. */
  readonly missRatioLow: number;
  readonly missRatioHigh: number;
}

/** How often an LRU cache of blocks would miss: the distribution of re-use distances, summed from above. */
export interface ReuseCurve {
  /** What a lookup is for: a block of data, or the part of the disk that a slice of an L2 table maps. */
  readonly blockBytes: number;
  /** What an entry takes in the cache: the block itself, or the slice. */
  readonly entryBytes: number;
  readonly lookupCount: number;
  /** Different blocks; the first lookup of each misses in every cache. */
  readonly blockCount: number;
  readonly isSampled: boolean;
  readonly points: readonly MissPoint[];
}

/** The document of `qtune workload stats --json`. */
export interface WorkloadStatsReport extends WorkloadStatistics {
  readonly schema: 'qtune.workload/1';
  readonly name: string;
  readonly title: string;
  readonly source: string;
  readonly diskBytes: number;
  /** Reads and writes in a cache of data, and in the L2 cache of clusters of 64 KiB; null without any. */
  readonly reuse: { readonly data: ReuseCurve; readonly l2: ReuseCurve } | null;
  /** How the trace was read; null for a profile. */
  readonly trace: TraceSurvey | null;
  readonly warnings: readonly Warning[];
}

/** What one pass over a workload found. */
export interface WorkloadPass {
  readonly workload: Workload;
  readonly statistics: WorkloadStatistics;
  readonly survey: TraceSurvey | undefined;
  readonly data: { readonly blockBytes: number; readonly lookups: LookupProfile };
  readonly l2: { readonly blockBytes: number; readonly entryBytes: number; readonly lookups: LookupProfile };
}

export function buildWorkloadStats({ workload, statistics, survey, data, l2 }: WorkloadPass): WorkloadStatsReport {
  const { name, title, source, diskBytes } = workload;
  const hasReuse = statistics.readCount + statistics.writeCount > 0;
  return {
    schema: 'qtune.workload/1',
    name,
    title,
    source: source.trim(),
    diskBytes,
    ...statistics,
    reuse: hasReuse
      ? {
          data: curveOf(data.lookups, data.blockBytes, data.blockBytes, dataSizes(data.lookups)),
          l2: curveOf(l2.lookups, l2.blockBytes, l2.entryBytes, l2EntryCounts),
        }
      : null,
    trace: survey ?? null,
    warnings: [...(workload.warnings ?? []), ...estimateWarnings(statistics, name)],
  };
}

/** Blocks of caches from the smallest to the first that holds all. */
function dataSizes({ sliceCount }: LookupProfile): readonly number[] {
  const sizes = [smallestCacheBlocks];
  for (let size = smallestCacheBlocks; size < sliceCount; ) {
    size *= cacheStep;
    sizes.push(size);
  }
  return sizes;
}

function curveOf(
  lookups: LookupProfile,
  blockBytes: number,
  entryBytes: number,
  entryCounts: readonly number[],
): ReuseCurve {
  const { read, overwrite, allocate } = lookups.lookups;
  const lookupCount = read + overwrite + allocate;
  return {
    blockBytes,
    entryBytes,
    lookupCount,
    blockCount: lookups.sliceCount,
    isSampled: lookups.sampleRate < 1,
    points: entryCounts.map((entryCount) => {
      const { total, low, high } = lookups.missesAt(entryCount);
      return {
        cacheBytes: entryCount * entryBytes,
        missRatio: total / lookupCount,
        missRatioLow: low / lookupCount,
        missRatioHigh: high / lookupCount,
      };
    }),
  };
}

function estimateWarnings({ estimate }: WorkloadStatistics, subject: string): readonly Warning[] {
  if (estimate === null) return [];
  const error = (estimate.errorRatio * 100).toFixed(1);
  const share = `one in ${Math.round(1 / estimate.followedRatio)}`;
  return [
    {
      code: 'statistics-estimated',
      subject,
      message: `it reaches more of the disk than there is memory for: ${share} of the regions of 2 MiB was followed, and what was touched, written over and allocated is an estimate, ±${error} % at 95 %`,
    },
  ];
}
