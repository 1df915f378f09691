/**
 * Whether ranking by a sample finds what ranking by whole runs would: the speed of the pick against that of the best of all ranked
 * configurations, both by the run of all requests, which takes minutes; with the time that the ranking took.
 *
 *     npm run build && tsc -p bench/tsconfig.json && node .cache/bench/bench/rank-choice.js DISK WORKLOAD|FILE…
 *
 * TIMES=n in front repeats each workload's requests n times; EVERY=k runs every k-th configuration whole only, 0 none.
 */
import type { AdviceRequest } from '../src/advisor/advice-request.ts';
import type { Proposal } from '../src/advisor/proposal.ts';
import { PredictedPart } from '../src/advisor/ranking/part.ts';
import { modelHost, rankedCandidates } from '../src/advisor/ranking/rank.ts';
import { recommend } from '../src/advisor/recommendation.ts';
import { traitsOfRequests } from '../src/advisor/requests-traits.ts';
import { shippedProfile } from '../src/driver/cost/shipped/index.ts';
import { parseBytes } from '../src/units/bytes.ts';
import { loadProfile } from '../src/workload/load-profile.ts';
import { resolveWorkload } from '../src/workload/resolve-workload.ts';
import type { Workload } from '../src/workload/workload.ts';

const [disk = '16G', ...names] = process.argv.slice(2);
const times = Number(process.env.TIMES ?? 1);
const every = Number(process.env.EVERY ?? 1);
const diskBytes = parseBytes(disk, 'DISK');
const profile = shippedProfile('nvme', 'direct');

const print = (text: string) => process.stdout.write(`${text}\n`);
const figure = (value: number) => value.toFixed(0);

for (const name of names) {
  const loadedFrom = performance.now();
  const once = resolveWorkload(await loadProfile(name, process.cwd(), diskBytes), { diskBytes });
  const workload = repeated(once, times);
  const traits = traitsOfRequests(workload);
  const request: AdviceRequest = {
    ...{ diskBytes, workload, traits, hasBacking: workload.image.backing !== 'none' },
    ...{ priority: 'speed', fileName: 'disk.qcow2' },
  };
  const rankedFrom = performance.now();
  const candidates = rankedCandidates(request, { profile }, 1);
  if (candidates === undefined) throw new Error('not ranked');
  const rankedMs = performance.now() - rankedFrom;
  const { baseline, proposals } = candidates;
  const seconds = (ms: number) => (ms / 1000).toFixed(2);
  const megabytes = (process.resourceUsage().maxRSS / 1024).toFixed(0);
  print(
    `${name}: ${workload.requestCount} requests read in ${seconds(rankedFrom - loadedFrom)} s, ${candidates.model.rankedCount} configurations ranked in ${seconds(rankedMs)} s, ${megabytes} MiB at most`,
  );
  if (every === 0) continue;
  const part = new PredictedPart(workload, { profile, host: modelHost(undefined) }, 'all');
  const whole = (proposal: Proposal) => part.rate(proposal.settings).iops;
  const pick = recommend(request, candidates).recommended.proposal;
  const ranked = [baseline, ...proposals].filter((_, at) => at % every === 0);
  const fastest = (proposals: readonly Proposal[], iops: (proposal: Proposal) => number) =>
    proposals.reduce((best, one) => (iops(one) > iops(best) ? one : best));
  const best = fastest(ranked, whole);
  const top = fastest(ranked, ({ iops }) => iops.value);
  const errors = ranked.map((one) => Math.abs(one.iops.value / whole(one) - 1)).sort((a, b) => a - b);
  const quantile = (share: number) => `${((errors[Math.floor(share * (errors.length - 1))] ?? 0) * 100).toFixed(1)} %`;
  print(`  best ${figure(whole(best))} ${JSON.stringify(best.settings)}`);
  print(`  fastest by the sample ${figure(whole(top))}, ${((1 - whole(top) / whole(best)) * 100).toFixed(1)} % below`);
  print(`  recommended ${figure(whole(pick))}, ${((1 - whole(pick) / whole(best)) * 100).toFixed(1)} % below`);
  print(
    `  errors over ${ranked.length}: median ${quantile(0.5)}, nine in ten ${quantile(0.9)}, largest ${quantile(1)}`,
  );
}

function repeated(workload: Workload, count: number): Workload {
  if (count === 1) return workload;
  return {
    ...workload,
    requestCount: workload.requestCount * count,
    *requests() {
      for (let round = 0; round < count; round++) yield* workload.requests();
    },
  };
}
