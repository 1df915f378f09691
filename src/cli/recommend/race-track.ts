import { dataReadSettings, type MeasuringWorkloads } from '../../advisor/measuring-workloads.ts';
import type { Proposal, ProposalSettings } from '../../advisor/proposal.ts';
import type { RacedValues } from '../../advisor/race/settle-race.ts';
import type { HeatResult } from '../../advisor/race/types.ts';
import type { WorkloadTraits } from '../../advisor/workload-traits.ts';
import { InterruptedError } from '../../errors.ts';
import type { Configuration } from '../../settings/configuration.ts';
import { printSettings } from '../../settings/print.ts';
import { reserveBytes } from '../../trial/check-room.ts';
import { estimatePlan } from '../../trial/estimate.ts';
import type { JournalWriter } from '../../trial/journal-writer.ts';
import type { Plan } from '../../trial/plan.ts';
import type { TrialRecord } from '../../trial/record.ts';
import { runSides } from '../../trial/runner.ts';
import type { Host } from '../host.ts';
import type { OpenEngine } from '../run/open-engine.ts';
import { readHeat } from './race-heats.ts';

/** Length of a slice, milliseconds: short ones alternate often, and have some hundred requests all the same. */
const sliceMs = 20;

/** What heats are run with. */
export interface HeatContext {
  /** Trials of every heat that may come: one block each. */
  readonly plan: Plan;
  readonly opened: OpenEngine;
  readonly host: Host;
  readonly writer: JournalWriter | undefined;
  readonly traits: WorkloadTraits;
  readonly proposals: ReadonlyMap<string, Proposal>;
  /** Of a trial, milliseconds. */
  readonly timeLimitMs: number;
  /** What still runs then is stopped and counts for nothing; milliseconds since the epoch. */
  readonly deadlineMs: number;
}

/** The name of settings in a race and in its journal. */
export function configurationOf(settings: ProposalSettings): Configuration {
  const label = [printSettings('create', settings.create), printSettings('drive', settings.drive)]
    .filter((text) => text !== '')
    .join(' ');
  return { label: label === '' ? 'default' : label, create: settings.create, drive: settings.drive };
}

/** Runs heats one after the other, each a block of the plan, and keeps what they showed. */
export class RaceTrack {
  readonly #context: HeatContext;
  readonly #blocks = new Map<number, Plan['trials'][number][]>();
  readonly #values = new Map<string, { rates: number[]; spaceRatios: number[]; spread?: RacedValues['spread'] }>();
  readonly records: TrialRecord[] = [];
  #block = 0;

  constructor(context: HeatContext) {
    this.#context = context;
    for (const trial of context.plan.trials) {
      const block = this.#blocks.get(trial.block) ?? [];
      this.#blocks.set(trial.block, block);
      block.push(trial);
    }
  }

  valuesOf(key: string): RacedValues {
    return this.#values.get(key) ?? { rates: [], spaceRatios: [] };
  }

  /** One heat of these configurations, on these requests. Undefined where the plan has no more blocks, or no more time. @throws InterruptedError */
  async heat(keys: readonly string[], parts: MeasuringWorkloads): Promise<HeatResult | undefined> {
    const { host, plan, traits, proposals } = this.#context;
    const members = keys.map((key) => ({ key, extendedL2: proposals.get(key)?.geometry.extendedL2 ?? false }));
    const trials = this.#trialsOf(members, parts);
    if (trials.length === 0) return undefined;
    this.#block += 1;
    const beganMs = host.now();
    const records = await this.#run({ ...plan, trials });
    if (records === undefined) return undefined;
    this.records.push(...records);
    const [plain, subclusters] = dataReadSettings.map((settings) => configurationOf(settings).label);
    const dataRead = { plain: plain ?? '', subclusters: subclusters ?? '' };
    const { lanes, values } = readHeat(traits, parts, members, records, dataRead);
    for (const [key, { rate, space, spread }] of values) {
      const known = this.#values.get(key) ?? { rates: [], spaceRatios: [] };
      this.#values.set(key, known);
      known.rates.push(rate);
      if (space !== undefined) known.spaceRatios.push(space);
      if (spread !== undefined) known.spread = spread;
    }
    return { lanes, costMs: host.now() - beganMs, disturbed: isDisturbed(records) };
  }

  #trialsOf(members: readonly { key: string; extendedL2: boolean }[], parts: MeasuringWorkloads): Plan['trials'] {
    const { whole, read, write, data } = parts;
    const names = new Set([whole, read, write].flatMap((workload) => workload?.name ?? []));
    const keys = new Set(members.map(({ key }) => key));
    const needsData = members.some(({ extendedL2 }) => extendedL2);
    return (this.#blocks.get(this.#block) ?? []).filter(
      ({ workload, configuration }) =>
        (names.has(workload) && keys.has(configuration)) || (needsData && workload === data?.name),
    );
  }

  async #run(plan: Plan): Promise<readonly TrialRecord[] | undefined> {
    const { opened, host, writer, timeLimitMs } = this.#context;
    const { fileSystem, scratchDirectory } = opened;
    const leftMs = this.#context.deadlineMs - host.now();
    const signal = Number.isFinite(leftMs)
      ? AbortSignal.any([host.signal, AbortSignal.timeout(Math.max(1, leftMs))])
      : host.signal;
    const found: TrialRecord[] = [];
    const side = {
      engine: opened.engine,
      record: async (records: readonly TrialRecord[]) => {
        await writer?.append(...records);
        found.push(...records);
      },
    };
    const running = runSides(plan, [side], {
      ...{ timeLimitMs, traceHostIo: false, signal, now: () => host.now(), reusesImages: true, keepsDisturbed: true },
      ...(opened.engine.begin === undefined
        ? {}
        : {
            slices: {
              sliceMs,
              ...(scratchDirectory === undefined ? {} : { scratchDirectory }),
              fits: () => fileSystem === undefined || estimatedBytes(plan) < fileSystem.freeBytes - reserveBytes,
            },
          }),
    });
    try {
      await running;
    } catch (error) {
      if (!(error instanceof InterruptedError) || host.signal.aborted) throw error;
      return undefined;
    }
    return found;
  }
}

/** Of all images of a heat at the same time, at worst. */
function estimatedBytes(plan: Plan): number {
  const configurations = new Set(plan.trials.map(({ configuration }) => configuration));
  const summary = {
    ...plan.summary,
    workloads: plan.summary.workloads.map((workload) => ({
      ...workload,
      configurations: (workload.configurations ?? [...configurations]).filter((label) => configurations.has(label)),
    })),
  };
  return estimatePlan({ ...plan, summary }, { traceHostIo: false }).cells.reduce(
    (sum, cell) => sum + cell.imageBytes,
    0,
  );
}

/** Whether the run that counts, which is the last of each trial, was disturbed. */
function isDisturbed(records: readonly TrialRecord[]): boolean {
  const last = records.at(-1);
  return last?.state === 'completed' && last.disturbance?.disturbed === true;
}
