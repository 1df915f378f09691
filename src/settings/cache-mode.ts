import { UsageError } from '../errors.ts';
import type { SettingValues } from './configuration.ts';

/** The five cache modes of `-drive cache=`. */
export const cacheModes = ['writeback', 'none', 'writethrough', 'directsync', 'unsafe'] as const;
export type CacheMode = (typeof cacheModes)[number];

/** QEMU's mode where `-drive` names none. */
export const defaultCacheMode: CacheMode = 'writeback';

/** What a cache mode stands for. */
export interface CacheFlags {
  /** False where each guest write ends with a flush. */
  readonly writeback: boolean;
  /** The host's page cache is bypassed (O_DIRECT). */
  readonly direct: boolean;
  /** Flushes never reach the disk. */
  readonly noFlush: boolean;
}

const flagsByMode: Readonly<Record<CacheMode, CacheFlags>> = {
  writeback: { writeback: true, direct: false, noFlush: false },
  none: { writeback: true, direct: true, noFlush: false },
  writethrough: { writeback: false, direct: false, noFlush: false },
  directsync: { writeback: false, direct: true, noFlush: false },
  unsafe: { writeback: true, direct: false, noFlush: true },
};

/** @source QEMU block.c, bdrv_parse_cache_mode */
export function cacheFlags(mode: CacheMode): CacheFlags {
  return flagsByMode[mode];
}

/**
 * The mode that the settings ask for, undefined where they say nothing of it. As in QEMU, `cache.direct`, `cache.no-flush` and
 * `cache.writeback` override what `cache` says; alone they change `writeback`, QEMU's default.
 * @throws UsageError where the result is none of the five modes
 */
export function cacheModeOf(drive: SettingValues): CacheMode | undefined {
  const named = cacheModes.find((mode) => mode === drive.cache);
  const single = [drive['cache.writeback'], drive['cache.direct'], drive['cache.no-flush']];
  if (single.every((value) => value === undefined)) return named;
  const base = cacheFlags(named ?? 'writeback');
  const [writeback = base.writeback, direct = base.direct, noFlush = base.noFlush] = single;
  const mode = cacheModes.find((candidate) => {
    const flags = cacheFlags(candidate);
    return flags.writeback === writeback && flags.direct === direct && flags.noFlush === noFlush;
  });
  if (mode !== undefined) return mode;
  throw new UsageError(
    `cache.writeback=${word(writeback)}, cache.direct=${word(direct)}, cache.no-flush=${word(noFlush)} is none of QEMU's cache modes`,
    { hint: `qtune measures the five modes of cache=: ${cacheModes.join(', ')}.` },
  );
}

function word(value: unknown): string {
  return value === true ? 'on' : 'off';
}
