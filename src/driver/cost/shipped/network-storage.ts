import type { DeviceFigures } from './device-profile.ts';

/**
 * Replicated network storage: a file system on a Ceph RBD volume of a small cluster with SSDs. iSCSI volumes answer alike or faster.
 * @source Reads: 0.99 ms, 8 KiB at queue depth 1 in a guest on such a cluster, fio output published at pastebin.com/TFUg5fqA, 2019-07-15.
 * Derived: a write waits for its replicas as well, half as long again; a write that was answered is safe, so that a sync is a round trip;
 * a journal commit is two dependent writes; 10 Gbit/s.
 */
export const networkStorage: DeviceFigures = {
  name: 'network-storage',
  source: 'Ceph RBD, fio output at pastebin.com/TFUg5fqA for reads; writes, sync, commit and transfer derived',
  readNear: 990,
  readFar: 990,
  writeNear: 1500,
  writeFar: 1500,
  readPerKiB: 0.9,
  writePerKiB: 1.8,
  sync: 500,
  commit: 3000,
  commitPerChange: 2,
  locality: { regionBytes: 4_194_304, regions: 0 },
  parallelism: 8,
  spread: 0.5,
};
