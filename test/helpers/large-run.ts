import { createHash } from 'node:crypto';
import { LatencyRecorder } from '../../src/engine/latency-recorder.ts';
import { createRandom, type RandomSource } from '../../src/stats/random.ts';
import { exactBytes } from '../../src/units/bytes.ts';
import { type CellPlan, journalRecords } from './journal.ts';

const kibi = 1024;
const mebi = kibi * kibi;

export interface LargeRun {
  readonly workloadCount: number;
  /** Settings beside the five cluster sizes with and without subclusters: cache sizes. */
  readonly cacheSizeCount: number;
  readonly repetitions: number;
}

/**
 * A journal as a wide sweep would leave it: every workload under ten image formats times some cache sizes, with latencies
 * of hits and misses in real histograms, host I/O of six kinds, and ids as qtune makes them. The same on every call.
 */
export function largeRun({ workloadCount, cacheSizeCount, repetitions }: LargeRun): string {
  const random = createRandom(4);
  const cells: CellPlan[] = [];
  for (let workload = 0; workload < workloadCount; workload++) {
    for (const clusterKibi of [32, 64, 128, 512, 2048]) {
      for (const extended of [false, true]) {
        for (let size = 0; size < cacheSizeCount; size++) {
          cells.push(cell(workload, clusterKibi, extended, size, repetitions, random));
        }
      }
    }
  }
  const records = journalRecords({ cells, workload: { diskBytes: 2 ** 40 } });
  return records
    .map((record, place) => {
      if (record.type !== 'trial') return JSON.stringify(record);
      return JSON.stringify({ ...record, id: createHash('sha256').update(String(place)).digest('hex').slice(0, 16) });
    })
    .join('\n')
    .concat('\n');
}

function cell(
  workload: number,
  clusterKibi: number,
  extended: boolean,
  size: number,
  repetitions: number,
  random: RandomSource,
): CellPlan {
  const uniform = (): number => (random.next() + 1) / 2 ** 32;
  const hitRatio = Math.min(0.98, (0.1 * (size + 1) * clusterKibi) / 64);
  const [hitNs, missNs] = [2500 * (1 + 0.1 * workload), 60_000 * (1 + clusterKibi / 512)];
  const latencies = new LatencyRecorder();
  for (let request = 0; request < 4000; request++) {
    latencies.record((uniform() < hitRatio ? hitNs : missNs) * (0.8 + 0.4 * uniform() - 0.05 * Math.log(uniform())));
  }
  const histogram = latencies.encode();
  const summary = latencies.summary();
  const speed = 1000 / summary.mean;
  const cacheBytes = (size + 1) * 2 * mebi;
  return {
    workload: `workload-${workload}`,
    configuration: {
      label: `cluster_size=${exactBytes(clusterKibi * kibi)} extended_l2=${extended ? 'on' : 'off'} l2-cache-size=${exactBytes(cacheBytes)}`,
      create: { cluster_size: clusterKibi * kibi, extended_l2: extended },
      drive: { 'l2-cache-size': cacheBytes },
    },
    iops: Array.from({ length: repetitions }, () => speed * (0.97 + 0.06 * uniform())),
    metrics: {
      histograms: { read: histogram },
      latencyMs: summary,
      allocatedBytes: Math.round(clusterKibi * (extended ? 40 : 90) * kibi * (1 + workload)),
      spaceAmplificationRatio: clusterKibi / (extended ? 30 : 4),
      hostIo: {
        dataRead: 20_000,
        dataWrite: 3000 + 10 * clusterKibi,
        l2Read: Math.round(20_000 * (1 - hitRatio)),
        l2Write: 700,
        refcountWrite: 120,
        sync: 40,
      },
    },
  };
}
