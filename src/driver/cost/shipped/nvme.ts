import type { DeviceFigures } from './device-profile.ts';

/**
 * An NVMe SSD for data centres, with capacitors against power loss.
 * @source Random read and write latency (85 and 20 µs) and transfer rates (3.2 and 1.05 GB/s): Lenovo product guide for the Intel P4500,
 * 2 TB, table 2. Sync: 12 to 58 µs with power-loss protection, M. Callaghan, "SSDs, power loss protection and fsync latency", 2026-01-07.
 * Derived: what the host adds to a request (8 µs), and a journal commit as two dependent writes with a sync.
 */
export const nvme: DeviceFigures = {
  name: 'nvme',
  source: 'Lenovo product guide Intel P4500 2 TB; smalldatum.blogspot.com 2026-01-07; commit and host derived',
  readNear: 93,
  readFar: 93,
  writeNear: 28,
  writeFar: 28,
  readPerKiB: 0.32,
  writePerKiB: 0.98,
  sync: 30,
  commit: 80,
  commitPerChange: 1,
  locality: { regionBytes: 4_194_304, regions: 0 },
  parallelism: 8,
  spread: 0.3,
};
