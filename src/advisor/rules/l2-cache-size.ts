import { exactBytes, formatBytes } from '../../units/bytes.ts';
import { formatCount, formatRatio } from '../../units/rate.ts';
import { expectedMissRatio } from '../prediction.ts';
import type { Rule, RuleContext } from '../rule.ts';
import { workingSetBytes } from '../workload-traits.ts';
import { cannotSay, extraWork, recordedSliceCount } from './situation.ts';

/** The cliff: where the cache does not hold the tables in use, most requests read one from disk first. */
export const l2CacheSizeRule: Rule = {
  id: 'l2-cache-size',
  setting: 'l2-cache-size',
  explain(context) {
    const { request, proposal } = context;
    const { cache, geometry } = proposal;
    const stated = proposal.settings.drive['l2-cache-size'];
    const source =
      'QEMU docs/qcow2-cache.txt; QEMU block/qcow2.c, read_cache_sizes (default 32 MiB on Linux since 3.1)';
    const size = formatBytes(cache.l2Bytes);
    const what = stated === undefined ? `QEMU's default of at most 32 MiB comes to ${size}` : `${size}`;
    if (cache.coveredBytes >= geometry.diskBytes) {
      return {
        setting: 'l2-cache-size',
        because: `${what}${stated === undefined ? ', which' : ''} holds every L2 table of the disk: no request waits for a table once it was read.${needed(context)}`,
        source,
        ...(stated === undefined
          ? {}
          : {
              costs: `Up to ${formatBytes(proposal.memoryBytes)} of the host's memory, and more metadata that is lost with the host's power until the guest flushes.`,
            }),
      };
    }
    const covered = `covers ${formatBytes(cache.coveredBytes)} of the disk`;
    const usedBytes = workingSetBytes(request.traits, geometry.diskBytes);
    const miss = expectedMissRatio(request.traits, geometry.diskBytes, cache.coveredBytes);
    const effect =
      cache.coveredBytes >= usedBytes
        ? `${covered}, more than the ${formatBytes(usedBytes)} that this workload uses over and over.`
        : `${covered}; about ${formatRatio(miss)} of this workload's requests are expected to read a table first.`;
    const limited =
      request.memoryLimitBytes !== undefined && typeof stated === 'number'
        ? ` The limit of ${exactBytes(request.memoryLimitBytes)} leaves no room for all ${formatBytes(geometry.l2FullCoverageBytes)}.`
        : '';
    const unsaid = cannotSay(request, 'drive', 'l2-cache-size');
    return {
      setting: 'l2-cache-size',
      because: `${what}${stated === undefined ? ' and' : ''} ${effect}${limited}${needed(context)}${unsaid === undefined ? '' : ` ${unsaid}`}`,
      source,
    };
  },
};

/** Less than this of a hundred requests that read a table is nothing to gain; chosen. */
const noticeableMisses = 1;

/** What this workload needs of a cache, by its own requests, and what costs more than missing it where that is little. */
function needed(context: RuleContext): string {
  const { neededSliceCount } = context.request.traits;
  const { misses, firstWrites, flushes } = extraWork(context);
  const counted =
    neededSliceCount === undefined
      ? ''
      : ` Its requests need ${formatCount(neededSliceCount)} entries of 4 KiB, ${formatBytes(neededSliceCount * 4096)}, for 99 % of the hits that any cache gives (counted, clusters of 64 KiB; recorded guests on small disks needed ${recordedSliceCount} at most).`;
  if (misses >= noticeableMisses || firstWrites + flushes <= noticeableMisses) return counted;
  const what = [
    ...(firstWrites > 0 ? [`${formatCount(firstWrites)} are first writes`] : []),
    ...(flushes > 0 ? [`${formatCount(flushes)} flushes follow`] : []),
  ];
  return `${counted} Of 100 requests ${Number(misses.toFixed(1))} read a table, while ${what.join(' and ')}: those cost more than the cache.`;
}
