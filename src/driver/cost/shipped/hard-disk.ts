import type { DeviceFigures } from './device-profile.ts';

/**
 * A hard disk of 7,200 turns a minute, its own write cache in use but full, as under steady random writes.
 * @source Seek 8.2 ms: HGST Ultrastar 7K4000 specification, table 6; half a turn is 4.17 ms. Derived: near is half a turn and a short seek
 * of 1 ms; 170 MB/s; a sync waits for a turn of the platter, a journal commit for two.
 */
export const hardDisk: DeviceFigures = {
  name: 'hard-disk',
  source: 'HGST Ultrastar 7K4000 specification, table 6; near, transfer, sync and commit derived from its rotation',
  readNear: 5200,
  readFar: 12_400,
  writeNear: 5200,
  writeFar: 12_400,
  readPerKiB: 6,
  writePerKiB: 6,
  sync: 8300,
  commit: 16_700,
  commitPerChange: 50,
  locality: { regionBytes: 16_777_216, regions: 1 },
  parallelism: 1,
  spread: 0.4,
};
