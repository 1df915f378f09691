import { deviceProfile } from './device-profile.ts';

/** An NVMe SSD for data centres. */
export const nvme = deviceProfile({
  name: 'nvme',
  source: 'to be cited',
  readNear: 90,
  readFar: 90,
  writeNear: 25,
  writeFar: 25,
  readPerKiB: 0.35,
  writePerKiB: 0.5,
  sync: 15,
  commit: 60,
  commitPerChange: 1,
  locality: { regionBytes: 4_194_304, regions: 0 },
  parallelism: 8,
  spread: 0.3,
});
