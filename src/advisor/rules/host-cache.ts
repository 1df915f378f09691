import type { Rule } from '../rule.ts';

/** The host's page cache and the way requests reach the kernel are the host's choice, not the image's. */
export const hostCacheRule: Rule = {
  id: 'host-cache',
  setting: 'cache',
  explain() {
    return {
      setting: 'cache',
      because:
        "Not part of the comparison: figures are for cache=none with aio=io_uring (QEMU 5.0; aio=native before), which keeps the data out of the host's page cache. With a warm page cache a missing L2 table is a copy in memory and the L2 cache matters little.",
      source: 'QEMU block.c, bdrv_parse_cache_mode; block/file-posix.c, aio=native needs cache.direct=on',
    };
  },
};
