import { combinedRates, type PartSeconds, widestSpread } from '../../advisor/measured-iops.ts';
import type { MeasuringWorkloads } from '../../advisor/measuring-workloads.ts';
import { type Lane, laneResults } from '../../advisor/race/lanes.ts';
import type { RacedValues } from '../../advisor/race/settle-race.ts';
import type { LaneResult } from '../../advisor/race/types.ts';
import type { WorkloadTraits } from '../../advisor/workload-traits.ts';
import type { TrialRecord } from '../../trial/record.ts';

/** One configuration of a heat. */
export interface HeatMember {
  readonly key: string;
  readonly extendedL2: boolean;
}

/** What one heat's records say: the lanes for the race, and values to be shown. */
export interface HeatReading {
  readonly lanes: readonly LaneResult[];
  readonly values: ReadonlyMap<
    string,
    { readonly rate: number; readonly space?: number } & Pick<RacedValues, 'spread'>
  >;
}

type Completed = Extract<TrialRecord, { state: 'completed' }>;

/**
 * Reads the trials of one heat. A whole workload's lanes are compared slice by slice. Where it is measured in parts, each
 * part's lanes are, and the rate of the whole is put together from them as `combinedRates` has it.
 *
 * @param dataRead labels of the two configurations that tell what reading data costs
 */
export function readHeat(
  traits: WorkloadTraits,
  parts: MeasuringWorkloads,
  members: readonly HeatMember[],
  records: readonly TrialRecord[],
  dataRead: { readonly plain: string; readonly subclusters: string },
): HeatReading {
  const find = (workload: string | undefined, label: string): TrialRecord | undefined =>
    records.findLast((record) => record.workload === workload && record.configuration.label === label);
  const lanesOf = (workload: string): readonly LaneResult[] =>
    laneResults(members.map(({ key }) => laneOf(key, find(workload, key))));
  const names = [parts.whole ?? parts.write, parts.read].flatMap((workload) => workload?.name ?? []);
  const partLanes = new Map(names.map((name) => [name, lanesOf(name)]));
  const completed = (workload: string | undefined, label: string): Completed | undefined => {
    const record = find(workload, label);
    return record?.state === 'completed' ? record : undefined;
  };
  const dataSeconds =
    secondsOf(completed(parts.data?.name, dataRead.plain)) -
    secondsOf(completed(parts.data?.name, dataRead.subclusters));
  const skipped = Number.isFinite(dataSeconds) ? Math.max(0, dataSeconds) : 0;
  const failure = (at: number): string | undefined => {
    for (const lanes of partLanes.values()) {
      const lane = lanes[at];
      if (lane !== undefined && 'failure' in lane) return lane.failure;
    }
    return undefined;
  };
  const first = members.findIndex((_, at) => failure(at) === undefined);
  const start = members[first];
  const seconds = (workload: string | undefined, at: number): number => {
    const lane = workload === undefined ? undefined : partLanes.get(workload)?.[at];
    if (lane === undefined || 'failure' in lane || start === undefined) return workload === undefined ? 0 : Number.NaN;
    return secondsOf(completed(workload, start.key)) / Math.exp(lane.logRate);
  };
  const runs = members.flatMap(({ key, extendedL2 }, at) => {
    if (failure(at) !== undefined) return [];
    const skippedSeconds = extendedL2 ? skipped : 0;
    const cell: PartSeconds = {
      readSeconds: parts.whole ? 0 : seconds(parts.read?.name, at) + skippedSeconds,
      writeSeconds: seconds((parts.whole ?? parts.write)?.name, at),
      skippedSeconds,
    };
    return [{ key, at, cell }];
  });
  const rates = combinedRates(
    traits,
    parts,
    runs.map(({ cell }) => cell),
  );
  const [base = Number.NaN] = rates;
  const byKey = new Map(runs.map(({ key, at }, place) => [key, { at, rate: rates[place] as number }]));
  return {
    lanes: members.map(({ key }, at): LaneResult => {
      const reason = failure(at);
      const run = byKey.get(key);
      if (reason !== undefined || run === undefined) return { key, failure: reason ?? 'it did not run' };
      const whole = parts.whole && partLanes.get(parts.whole.name)?.[at];
      if (whole && skipped === 0) return whole;
      const errors = [...partLanes.values()].map((lanes) => errorOf(lanes[at]));
      const against = at === first ? {} : { against: { base: [base], head: [run.rate] } };
      return { key, logRate: Math.log(run.rate / base), logError: Math.max(0, ...errors), ...against };
    }),
    values: new Map(
      runs.map(({ key }, place) => {
        const write = completed((parts.whole ?? parts.write)?.name, key)?.metrics;
        const read = completed(parts.read?.name, key)?.metrics;
        const spread = widestSpread(
          [write, read].flatMap((one) => (one?.iopsInterval ? [{ iops: one.iops, ...one.iopsInterval }] : [])),
        );
        const space = write?.spaceAmplificationRatio;
        const rate = rates[place] as number;
        return [key, { rate, ...(space === undefined ? {} : { space }), ...(spread ? { spread } : {}) }];
      }),
    ),
  };
}

function laneOf(key: string, record: TrialRecord | undefined): Lane {
  if (record === undefined) return { key, failure: 'it did not run' };
  if (record.state !== 'completed') return { key, failure: record.reason };
  const { slices, metrics } = record;
  if (slices === undefined) return { key, times: { driverMs: [1000 / metrics.iops] } };
  const { driverMs, robustMs } = slices;
  return { key, times: { driverMs, ...(robustMs === undefined ? {} : { robustMs }) } };
}

function errorOf(lane: LaneResult | undefined): number {
  return lane === undefined || 'failure' in lane ? 0 : lane.logError;
}

/** Of a data request; NaN where it was not measured. */
function secondsOf(record: Completed | undefined): number {
  return record ? 1 / record.metrics.iops : Number.NaN;
}
