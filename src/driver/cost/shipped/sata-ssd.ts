import type { DeviceFigures } from './device-profile.ts';

/**
 * A SATA SSD for servers.
 * @source Random read and write latency (103 and 59 µs) and transfer rates (560 and 480 MB/s) of the Intel DC S4500 3.84 TB, as tabulated at
 * hugo.ainoniwa.net/p/2025-09-23. Sync: 1,100 guest syncs a second with two host syncs each on an SSD of 2016, QEMU commit f3c3b87dae.
 * Derived: what the host adds to a request (8 µs), and a journal commit as two dependent writes with a sync.
 */
export const sataSsd: DeviceFigures = {
  name: 'sata-ssd',
  source: 'Intel DC S4500 figures at hugo.ainoniwa.net/p/2025-09-23; QEMU commit f3c3b87dae; commit and host derived',
  readNear: 111,
  readFar: 111,
  writeNear: 67,
  writeFar: 67,
  readPerKiB: 1.8,
  writePerKiB: 2.1,
  sync: 455,
  commit: 590,
  commitPerChange: 2,
  locality: { regionBytes: 4_194_304, regions: 0 },
  parallelism: 8,
  spread: 0.35,
};
