import type { Bench } from 'tinybench';
import type { AdviceRequest } from '../src/advisor/advice-request.ts';
import { rankedCandidates } from '../src/advisor/ranking/rank.ts';
import { findTraits } from '../src/advisor/workload-traits.ts';
import { shippedProfile } from '../src/driver/cost/shipped/index.ts';

const profile = shippedProfile('nvme', 'direct');

const cases: readonly (readonly [name: string, diskBytes: number, workload: string, hasBacking: boolean])[] = [
  ['2 TiB, general', 2 ** 41, 'general', false],
  ['2 TiB, random-read', 2 ** 41, 'random-read', false],
  ['500 GiB, database', 500 * 2 ** 30, 'database', false],
  ['100 GiB over a backing file, general', 100 * 2 ** 30, 'general', true],
];

function requestOf(diskBytes: number, workload: string, hasBacking: boolean): AdviceRequest {
  const traits = findTraits(workload);
  if (!traits) throw new Error(`no workload ${workload}`);
  return { diskBytes, traits, hasBacking, priority: 'speed', fileName: 'disk.qcow2' };
}

/** The whole ranking behind `qtune recommend --rank`: at least 500 configurations through the model of the driver. */
export async function register(bench: Bench): Promise<void> {
  for (const [name, ...rest] of cases) {
    const request = requestOf(...rest);
    const count = rankedCandidates(request, { profile }, 1)?.model.rankedCount ?? 0;
    bench.add(`${count} configurations ranked: ${name}`, () => {
      rankedCandidates(request, { profile }, 1);
    });
  }
}
