import { cacheFlags, cacheModeOf, defaultCacheMode } from '../../settings/cache-mode.ts';
import { resolveCreate } from '../../settings/resolve.ts';
import { formatBytes } from '../../units/bytes.ts';
import { formatCount } from '../../units/rate.ts';
import type { Proposal, ProposalSettings } from '../proposal.ts';
import type { RuleContext } from '../rule.ts';
import type { RiskRule } from './risk.ts';

/** Less of a difference in what may be lost is not told, as a ratio; chosen. */
const tellingRatio = 1.25;

/**
 * The most that may be changed in the caches and not yet in the file, bytes: all of both, as far as the disk has tables; nothing of the L2 tables
 * and refcounts where every cluster has its place already and discards go nowhere.
 */
export function volatileBytes({ cache, geometry, settings }: Proposal): number {
  if (isPreallocated(settings)) return 0;
  return Math.min(cache.l2Bytes, geometry.l2FullCoverageBytes) + cache.refcountBytes;
}

function isPreallocated({ create, drive }: ProposalSettings): boolean {
  return resolveCreate(create).preallocation !== 'off' && drive.discard !== 'unmap' && create.extended_l2 !== true;
}

/** What the guest's own flushes leave of that at most, bytes: each write since the last one changed one entry and one refcount block. */
function betweenFlushesBytes({ request, proposal }: RuleContext): number | undefined {
  const { syncsPerWrite } = request.traits;
  if (syncsPerWrite <= 0) return undefined;
  return Math.ceil(1 / syncsPerWrite) * (proposal.cache.l2EntryBytes + proposal.geometry.clusterBytes);
}

function flushText(context: RuleContext, mostBytes: number): string {
  const { syncsPerWrite } = context.request.traits;
  const bytes = betweenFlushesBytes(context);
  if (bytes === undefined) return ' This workload never flushes: its own requests set no limit to it.';
  if (bytes >= mostBytes) return '';
  return ` This workload flushes every ${formatCount(Math.max(1, 1 / syncsPerWrite))} writes, which leaves ${formatBytes(bytes)} of it at most.`;
}

/** What is changed in memory only. @source QEMU block/qcow2-cache.c: entries are written when the guest flushes or their place is needed */
export const volatileTables: RiskRule = {
  kind: 'power-cut',
  settings: ['l2-cache-size', 'cluster_size', 'extended_l2', 'preallocation'],
  source: 'QEMU block/qcow2-cache.c, qcow2_cache_entry_flush; block/qcow2.c, qcow2_write_caches',
  assess(context) {
    const { request, proposal, baseline } = context;
    if (request.traits.readRatio === 1) return undefined;
    const [bytes, before] = [volatileBytes(proposal), volatileBytes(baseline)];
    const sizes = { recommendedBytes: bytes, baselineBytes: before };
    if (bytes === 0 && before > 0) {
      return {
        ...sizes,
        effect: 'better',
        because:
          'First writes change no table: a power cut cannot lose where data lies, only data that the guest did not flush.',
      };
    }
    if (Math.max(bytes, before) < tellingRatio * Math.min(bytes, before)) return undefined;
    return {
      ...sizes,
      effect: bytes > before ? 'worse' : 'better',
      because: `Up to ${formatBytes(bytes)} of changed tables wait in memory for the guest's flush, ${formatBytes(before)} under the defaults; without it, a power cut takes them and the newly allocated data behind them.${flushText(context, bytes)}`,
    };
  },
};

/** `cache=unsafe`, and modes that flush each write. */
export const hostCacheMode: RiskRule = {
  kind: 'power-cut',
  settings: ['cache'],
  source: 'QEMU block.c, bdrv_parse_cache_mode; block/io.c, bdrv_co_flush',
  assess({ proposal, baseline }) {
    const flags = ({ settings }: Proposal) => cacheFlags(cacheModeOf(settings.drive) ?? defaultCacheMode);
    const [own, before] = [flags(proposal), flags(baseline)];
    if (own.noFlush && !before.noFlush) {
      return {
        effect: 'worse',
        because:
          "The guest's flushes reach no disk: after a power cut or a crash of the host anything may be missing, tables included, and the image may not open.",
      };
    }
    if (!own.writeback && before.writeback) {
      return { effect: 'better', because: 'Each write is on the disk, with its tables, before the guest is told so.' };
    }
    return undefined;
  },
};

function isLazy({ settings: { create, drive } }: Proposal): boolean {
  return typeof drive['lazy-refcounts'] === 'boolean' ? drive['lazy-refcounts'] : create.lazy_refcounts === true;
}

/** The check of the whole image after a crash. */
export const lazyRefcounts: RiskRule = {
  kind: 'power-cut',
  settings: ['lazy_refcounts', 'lazy-refcounts'],
  source: 'QEMU docs/interop/qcow2.txt, "Dirty bit"; block/qcow2.c, qcow2_do_open',
  assess({ proposal, baseline }) {
    const [own, before] = [isLazy(proposal), isLazy(baseline)];
    if (own === before) return undefined;
    const tables = formatBytes(proposal.metadataBytes);
    return own
      ? {
          effect: 'worse',
          recommendedBytes: proposal.metadataBytes,
          baselineBytes: 0,
          because: `After a crash or power cut of the host the image is checked and its refcounts are rebuilt before the guest starts: that reads all tables, ${tables} when the disk is full. No guest data is lost by it.`,
        }
      : { effect: 'better', because: 'The image need not be checked after a crash of the host.' };
  },
};
