/**
 * How near a sample of a workload comes to the run of all its requests: speed by either, the error, and the interval that is
 * claimed for it.
 *
 *     npm run build && tsc -p bench/tsconfig.json && node .cache/bench/bench/rank-sampling.js DISK WORKLOAD|FILE…
 */
import { PredictedPart } from '../src/advisor/ranking/part.ts';
import { modelHost } from '../src/advisor/ranking/rank.ts';
import { SampledPart } from '../src/advisor/ranking/sampled-part.ts';
import { samplingPlan } from '../src/advisor/ranking/sampling-plan.ts';
import { shippedProfile } from '../src/driver/cost/shipped/index.ts';
import type { SettingValues } from '../src/settings/configuration.ts';
import { parseBytes } from '../src/units/bytes.ts';
import { loadProfile } from '../src/workload/load-profile.ts';
import { resolveWorkload } from '../src/workload/resolve-workload.ts';

const [disk = '16G', ...names] = process.argv.slice(2);
const diskBytes = parseBytes(disk, 'DISK');
if (diskBytes === undefined) throw new Error(`no size: ${disk}`);
const basis = { profile: shippedProfile('nvme', 'direct'), host: modelHost(undefined) };

const configurations: readonly (readonly [string, SettingValues, SettingValues])[] = [
  ['defaults', {}, {}],
  ['16K, 64 KiB cache', { cluster_size: 16_384 }, { 'l2-cache-size': 65_536, 'l2-cache-entry-size': 4096 }],
  ['64K, 8 KiB cache', {}, { 'l2-cache-size': 8192, 'l2-cache-entry-size': 4096 }],
  ['2M', { cluster_size: 2 ** 21 }, {}],
  ['128K, subclusters', { cluster_size: 2 ** 17, extended_l2: true }, {}],
  ['64K, 4 KiB entries', {}, { 'l2-cache-entry-size': 4096 }],
  ['64K, metadata', { preallocation: 'metadata' }, {}],
];

const out = (cells: readonly (string | number)[], widths: readonly number[]) =>
  process.stdout.write(`${cells.map((cell, at) => String(cell).padEnd(widths[at] ?? 0)).join('  ')}\n`);

let inside = 0;
let all = 0;
let within = 0;
for (const name of names) {
  const profile = await loadProfile(name, process.cwd(), diskBytes);
  const workload = resolveWorkload(profile, { diskBytes });
  const settings = configurations.map(([, create, drive]) => ({ create, drive }));
  const startedMs = performance.now();
  const whole = new PredictedPart(workload, basis, 'all');
  const full = settings.map((one) => whole.rate(one));
  const fullMs = performance.now() - startedMs;
  const plan = samplingPlan(workload, { runRequests: 3 * 2 ** 20, configurationCount: 837 });
  if (plan === undefined) {
    out([`${name}: ${workload.requestCount} requests are run whole`], []);
    continue;
  }
  const sampledFrom = performance.now();
  const sampled = new SampledPart({ ...workload, seed: Number(process.env.SEED ?? 1) }, basis, plan);
  const read = performance.now() - sampledFrom;
  const rates = sampled.rates(settings);
  const runMs = performance.now() - sampledFrom - read;
  out(
    [
      `${name}: ${workload.requestCount} requests, whole ${fullMs.toFixed(0)} ms; sample of ${sampled.sample.measuredCount} in ${plan.windowCount} windows, ${read.toFixed(0)} + ${runMs.toFixed(0)} ms, ${sampled.sample.firstWrites.index.length} first writes`,
    ],
    [],
  );
  for (const [at, [title]] of configurations.entries()) {
    const exact = full[at]?.iops ?? Number.NaN;
    const { iops = Number.NaN, samplingRatio = Number.NaN } = rates[at] ?? {};
    const error = iops / exact - 1;
    const holds = Math.abs(exact / iops - 1) <= samplingRatio || Math.abs(error) <= samplingRatio;
    all += 1;
    if (holds) inside += 1;
    if (Math.abs(error) < 0.1) within += 1;
    out(
      [
        '',
        title,
        exact.toFixed(0),
        iops.toFixed(0),
        `${(error * 100).toFixed(1)} %`,
        `± ${(samplingRatio * 100).toFixed(1)} %`,
        holds ? '' : 'outside',
      ],
      [1, 20, 10, 10, 8, 9],
    );
  }
}
out([`${within} of ${all} within a tenth, ${inside} within their intervals`], []);
