import { Random } from '../../src/workload/random.ts';

const gibibyte = 2 ** 30;
const sizes = [20, 32, 40, 50, 80, 100, 200, 500, 1024, 2048, 4096];
/** Most disks are small. */
const sizeWeights = [18, 14, 14, 12, 10, 10, 8, 6, 4, 3, 1];
const workloads = ['general', 'database', 'vdi', 'fileserver', 'build', 'backup-target', 'boot', 'random-read'];
const workloadWeights = [10, 14, 30, 12, 8, 6, 15, 5];
const clusters = ['64K', '64K', '64K', '64K', '64K', '64K', '128K', '256K', '1M'];

/** The columns of a sample fleet. */
export const sampleHeader =
  'name,host,disk,allocated,cluster_size,extended_l2,chain,snapshots,workload,iops,l2-cache-size,count,growth';

/**
 * Rows of a made-up fleet: sizes, workloads and request rates as an operator's list might have them; the same seed gives the
 * same rows.
 */
export function* sampleRows(count: number, hostCount: number, seed = 1): Generator<string, void, undefined> {
  const random = new Random(seed);
  const below = (limit: number): number => random.below(limit);
  const weighted = <Value>(values: readonly Value[], weights: readonly number[]): Value => {
    let place = random.fraction() * weights.reduce((sum, weight) => sum + weight, 0);
    const index = weights.findIndex((weight) => {
      place -= weight;
      return place < 0;
    });
    return values[Math.max(0, index)] as Value;
  };
  for (let row = 0; row < count; row++) {
    const diskGiB = weighted(sizes, sizeWeights);
    const allocated = Math.floor(diskGiB * gibibyte * (0.05 + 0.9 * random.fraction() ** 1.5));
    const chain = weighted([1, 2, 3, 5], [60, 28, 9, 3]);
    // Rates spread over four powers of ten, and one disk in eight is idle.
    const iops = below(8) === 0 ? 0 : Math.round(10 ** (4 * random.fraction()));
    const fields = [
      `vm-${String(row).padStart(7, '0')}`,
      `kvm${String(below(hostCount) + 1).padStart(3, '0')}`,
      `${diskGiB}G`,
      allocated,
      clusters[below(clusters.length)],
      below(20) === 0 ? 'on' : 'off',
      chain,
      below(15) === 0 ? below(8) + 1 : 0,
      weighted(workloads, workloadWeights),
      iops,
      below(12) === 0 ? '4M' : '',
      1,
      below(3) === 0 ? `${below(40) / 10}%` : `${below(4000)}M`,
    ];
    yield fields.join(',');
  }
}
