import type { Rule } from '../rule.ts';
import { cannotSay } from './situation.ts';

const modes: Readonly<Record<string, string>> = {
  none: "the data stays out of the host's page cache, and a missing L2 table comes from the disk.",
  writeback: "through the host's page cache; where that is warm a missing L2 table is a copy in memory.",
  writethrough: 'each write ends with a flush, with two syncs where it allocates.',
  directsync: "past the host's page cache, and each write ends with a flush.",
  unsafe: 'no flush reaches the disk: only for what can be made again.',
};

/** The host's page cache and the way requests reach the kernel are the host's choice, not the image's. */
export const hostCacheRule: Rule = {
  id: 'host-cache',
  setting: 'cache',
  explain({ request, proposal }) {
    const mode = proposal.settings.drive.cache;
    if (mode !== undefined) {
      return {
        setting: 'cache',
        because: `${String(mode)}: ${modes[String(mode)] ?? 'as QEMU takes it.'}`,
        source: 'QEMU block.c, bdrv_parse_cache_mode',
      };
    }
    const unsaid = cannotSay(request, 'drive', 'cache');
    return {
      setting: 'cache',
      because:
        "Not part of the comparison: figures are for cache=none with aio=io_uring (QEMU 5.0; aio=native before), which keeps the data out of the host's page cache. With a warm page cache a missing L2 table is a copy in memory and the L2 cache matters little." +
        (unsaid === undefined ? '' : ` ${unsaid}`),
      source: 'QEMU block.c, bdrv_parse_cache_mode; block/file-posix.c, aio=native needs cache.direct=on',
    };
  },
};
