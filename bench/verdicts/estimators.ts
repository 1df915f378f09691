import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { commonHost } from '../../src/driver/driver-options.ts';
import { classifyRequests } from '../../src/engine/request-classes.ts';
import { toSample } from '../../src/stats/sample.ts';
import { walshCount, walshOfRank } from '../../src/stats/walsh-averages.ts';
import { loadProfile } from '../../src/workload/load-profile.ts';
import { resolveWorkload } from '../../src/workload/resolve-workload.ts';
import type { Workload } from '../../src/workload/workload.ts';
import { type EstimatorCase, estimatorCases } from './estimator-cases.ts';
import { requestSignatures } from './request-signatures.ts';
import { withDuplicates } from './sides.ts';
import { cappedTotal, estimators, type Lane, total, typical } from './slice-times.ts';

/**
 * Compares ways to sum up a slice on the latencies that record-latencies.ts kept: node estimators.js DIRECTORY OUTPUT.
 * DIRECTORY holds CASE-NUMBER for each recording. Values are percent of log ratio to the first side of the case.
 */
const [, , directory = '.', output = 'estimators-tables.md'] = process.argv;
const signal = new AbortController().signal;

interface Recorded {
  readonly block: number;
  readonly sliceEnds: readonly (readonly number[])[];
  readonly reasons: readonly string[];
  readonly ms: number;
}

/** Per block, the log ratios of one side to the first. */
interface Ratios {
  readonly estimates: Map<string, number[]>;
  readonly totals: [number, number][];
  readonly cappedTotals: [number, number][];
  /** Of the requests that were made twice, what the second cost in units of the others. */
  readonly twice: number[];
}

function* blocksOf(name: string): Generator<{ readonly path: string; readonly recorded: Recorded }> {
  for (const entry of readdirSync(directory).filter((one) => one.replace(/-\d+$/, '') === name)) {
    const path = join(directory, entry);
    for (const line of readFileSync(join(path, 'blocks.ndjson'), 'utf8').trim().split('\n')) {
      const recorded = JSON.parse(line) as Recorded;
      if (recorded.reasons.length === 0) yield { path, recorded };
    }
  }
}

function latencies(path: string): Float32Array {
  const bytes = readFileSync(path);
  return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4).slice();
}

async function sidesOf(chosen: EstimatorCase, workload: Workload) {
  return Promise.all(
    chosen.lanes.map(async ({ label, create = {}, drive = {}, duplicates = 0 }) => {
      const own = withDuplicates(workload, duplicates);
      const configuration = { label, create, drive };
      return {
        signatures: requestSignatures(configuration, own),
        classes: await classifyRequests({ configuration, workload: own, signal }, commonHost),
        repeats: duplicates > 0 ? repeatsOf(own) : undefined,
      };
    }),
  );
}

/** Which requests repeat the one before. */
function repeatsOf(workload: Workload): Uint8Array {
  const list = new Uint8Array(workload.requestCount);
  let position = 0;
  let last = -1;
  for (const block of workload.requests()) {
    for (let index = 0; index < block.count; index++, position++) {
      const offset = block.offsetBytes[index] ?? 0;
      list[position] = offset === last ? 1 : 0;
      last = list[position] === 1 ? -1 : offset;
    }
  }
  return list;
}

/** The middle of a block's slices, as verdicts have it. */
function hodgesLehmann(base: readonly number[], head: readonly number[]): number {
  const sample = toSample(head.map((value, index) => Math.log(value / (base[index] ?? 0))));
  if (sample === undefined || sample.length < 2) return Number.NaN;
  const count = walshCount(sample.length);
  return (walshOfRank(sample, Math.ceil(count / 2)) + walshOfRank(sample, Math.floor(count / 2) + 1)) / 2;
}

function measure(name: string, chosen: EstimatorCase, sides: Awaited<ReturnType<typeof sidesOf>>): readonly Ratios[] {
  const results = chosen.lanes.map((): Ratios => ({ estimates: new Map(), totals: [], cappedTotals: [], twice: [] }));
  for (const { path, recorded } of blocksOf(name)) {
    const lanes = sides.map(
      (side, number): Lane => ({
        ...side,
        nanoseconds: latencies(join(path, `${recorded.block}-${number}.f32`)),
        ends: recorded.sliceEnds[number] ?? [],
      }),
    );
    const [base] = lanes;
    if (base === undefined || base.ends.length < 3) continue;
    for (const [key, times] of Object.entries(estimators)) {
      const ofBase = times(base);
      lanes.forEach((lane, number) => {
        const list = results[number]?.estimates.get(key) ?? [];
        list.push(number === 0 ? 0 : hodgesLehmann(ofBase, times(lane)));
        results[number]?.estimates.set(key, list);
      });
    }
    lanes.forEach((lane, number) => {
      results[number]?.totals.push([total(base), total(lane)]);
      results[number]?.cappedTotals.push([cappedTotal(base), cappedTotal(lane)]);
      const { repeats } = sides[number] ?? {};
      if (repeats !== undefined) results[number]?.twice.push(costOfRepeats(lane, repeats));
    });
  }
  return results;
}

function costOfRepeats({ nanoseconds, ends }: Lane, repeats: Uint8Array): number {
  const measured = (_: number, index: number): boolean => index >= (ends[0] ?? 0);
  const again = nanoseconds.filter((_, index) => measured(_, index) && repeats[index] === 1);
  return typical(again) / typical(nanoseconds.filter((_, index) => measured(_, index) && repeats[index] !== 1));
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const deviation = (values: readonly number[]): number =>
  Math.sqrt(values.reduce((sum, value) => sum + (value - mean(values)) ** 2, 0) / (values.length - 1));
const error = (values: readonly number[]): number => deviation(values) / Math.sqrt(values.length);
const percent = (value: number): string => (100 * value).toFixed(2);

/** The log ratio of all blocks' totals, and what each block adds to it. */
function longRun(totals: readonly (readonly [number, number])[]): { readonly value: number; readonly parts: number[] } {
  const base = mean(totals.map(([one]) => one));
  const head = mean(totals.map(([, other]) => other));
  return { value: Math.log(head / base), parts: totals.map(([one, other]) => other / head - one / base) };
}

function table(label: string, ratios: Ratios, expected: number | undefined, ofRequests: number): string {
  const raw = longRun(ratios.totals);
  const cut = longRun(ratios.cappedTotals);
  const usual = deviation(ratios.estimates.get('mean') ?? []);
  const truth = expected === undefined ? undefined : Math.log1p(expected * mean(ratios.twice));
  const truthText =
    truth === undefined
      ? ''
      : `; known loss ${percent(truth)} ± ${percent((expected ?? 0) * error(ratios.twice))} (${ofRequests} more requests, each ${mean(ratios.twice).toFixed(3)} of the others)`;
  const lines = [
    `\n### ${label}\n`,
    `${ratios.totals.length} blocks. Long-run ratio ${percent(raw.value)} ± ${percent(error(raw.parts))}, stalls cut at 100 medians ${percent(cut.value)} ± ${percent(error(cut.parts))}${truthText}.\n`,
    `| estimator | estimate | deviation of a block | relative error | off the long run | off the cut long run |${truth === undefined ? '' : ' off the known loss |'}`,
    `| --- | ---: | ---: | ---: | ---: | ---: |${truth === undefined ? '' : ' ---: |'}`,
  ];
  for (const [key, values] of ratios.estimates) {
    const off = ({ value, parts }: typeof raw): string =>
      `${percent(mean(values) - value)} ± ${percent(error(values.map((one, index) => one - (parts[index] ?? 0))))}`;
    const cells = [
      key,
      `${percent(mean(values))} ± ${percent(error(values))}`,
      percent(deviation(values)),
      (deviation(values) / usual).toFixed(2),
      off(raw),
      off(cut),
      ...(truth === undefined ? [] : [`${percent(mean(values) - truth)} ± ${percent(error(values))}`]),
    ];
    lines.push(`| ${cells.join(' | ')} |`);
  }
  return lines.join('\n');
}

const text = [
  '# Ways to sum up a slice: all tables\n',
  'Made by `bench/verdicts/estimators.ts`; what they say is in [estimators.md](estimators.md). Log ratios in percent, with standard errors over blocks.',
];
for (const [name, chosen] of Object.entries(estimatorCases)) {
  const workload = resolveWorkload(await loadProfile(chosen.workload, process.cwd()), {});
  const sides = await sidesOf(chosen, workload);
  const results = measure(name, chosen, sides);
  if ((results[0]?.totals.length ?? 0) < 3) continue;
  text.push(`\n## ${name}: against ${chosen.lanes[0]?.label}`);
  const measured = workload.requestCount - workload.warmUpCount;
  for (const [number, { label, duplicates }] of chosen.lanes.entries()) {
    const ratios = results[number];
    if (number === 0 || ratios === undefined) continue;
    const extra = withDuplicates(workload, duplicates ?? 0).requestCount - workload.requestCount;
    // What a request costs twice is only known where all requests are alike.
    const isKnown = name === 'cached-reads' && extra > 0;
    text.push(table(label, ratios, isKnown ? extra / measured : undefined, extra));
  }
}
writeFileSync(output, `${text.join('\n')}\n`);
