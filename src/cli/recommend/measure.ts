import { dirname, resolve } from 'node:path';
import type { Candidates } from '../../advisor/candidates.ts';
import { fitsMemory, toleranceRatio } from '../../advisor/choose.ts';
import { type MeasuringWorkloads, measuringLengths, measuringWorkloads } from '../../advisor/measuring-workloads.ts';
import { type Proposal, sameSettings } from '../../advisor/proposal.ts';
import { race } from '../../advisor/race/race.ts';
import { raceCandidate, raceGoal } from '../../advisor/race/race-candidates.ts';
import { raceField } from '../../advisor/race/race-field.ts';
import type { RaceOutcome } from '../../advisor/race/types.ts';
import { workloadHead } from '../../advisor/race/workload-head.ts';
import type { Recommendation } from '../../advisor/recommendation.ts';
import { EnvironmentError } from '../../errors.ts';
import { formatQemuVersion, type QemuVersion } from '../../settings/qemu-version.ts';
import { checkRoom } from '../../trial/check-room.ts';
import { estimatePlan } from '../../trial/estimate.ts';
import { JournalWriter } from '../../trial/journal-writer.ts';
import { journalSchema } from '../../trial/record.ts';
import { formatDuration } from '../../units/duration.ts';
import type { Host } from '../host.ts';
import { type ChosenEngine, simulatedEngine } from '../run/choose-engine.ts';
import { findQemu } from '../run/open-engine.ts';
import { settledBy, withModel } from './measured-answer.ts';
import { RaceLine } from './race-line.ts';
import { exactHeats, mostBlocks, racePlan } from './race-plan.ts';
import { configurationOf, RaceTrack } from './race-track.ts';

/** What `--measure` and its companions say. */
export interface MeasureSettings {
  readonly timeMs: number;
  readonly seed: number;
  readonly qemuDirectory: string | undefined;
  /** The journal to keep, if any. */
  readonly out: string | undefined;
}

/** Part of the time kept back for clearing up, milliseconds. */
const closingMs = 500;
/** A heat that takes longer than foreseen may go beyond the time by this part of it. */
const graceShare = 0.1;
/** What writes may allocate in one image at most, and as a share of the free space. */
const allocationLimit = { bytes: 2 ** 30, freeRatio: 0.1 } as const;
/** The parts of traits are this much shorter than where a few configurations have all of the time. */
const partShare = 0.2;
/** A lane of a whole workload: its share of the time, and its bounds; milliseconds in the driver. */
const lane = { share: 1 / 240, leastMs: 50, mostMs: 400 } as const;
/** Blocks of the whole workload for the confirmation, where only its start was raced, may take this part of the time. */
const wholeShare = 0.35;
/** Lanes and blocks of a confirmation; and what a lane takes beside its requests, milliseconds. */
const confirming = { lanes: 3, blocks: 4, overheadMs: 250 } as const;
/** Mapping a disk's tables in a new image, bytes of tables a millisecond; and the part of the time that it may take of one configuration. */
const mapping = { bytesPerMs: 8192, share: 1 / 12 } as const;

/**
 * Races the configurations that the model ranked until one is surely best or the time is up, confirms it against the defaults, and
 * settles the recommendation by the result. Where there is no QEMU the model of its driver runs the heats, which have no noise then.
 * @throws EnvironmentError where there is no room, InterruptedError after a signal
 */
export async function measureRecommendation(
  predicted: Recommendation,
  candidates: Candidates,
  settings: MeasureSettings,
  host: Host,
): Promise<Recommendation> {
  const startedMs = host.now();
  const { request } = predicted;
  const found = await chooseEngine(request.qemu, settings, host);
  const simulated = found.name === 'simulated';
  const opened = await found.open();
  try {
    const { fileSystem, scratchDirectory } = opened;
    const freeBytes = fileSystem?.freeBytes ?? Number.POSITIVE_INFINITY;
    const field = fieldOf(predicted, candidates, settings, simulated);
    const full = measuringWorkloads(request, {
      proposals: field,
      allocationLimitBytes: Math.min(allocationLimit.bytes, freeBytes * allocationLimit.freeRatio),
      lengths: { ...measuringLengths(partShare * settings.timeMs), warmUp: measuringLengths(settings.timeMs).warmUp },
      seed: settings.seed,
    });
    const heats = shortened(full, predicted, settings);
    const plan = racePlan(field, heats, full, settings.seed, found.name);
    if (fileSystem !== undefined && scratchDirectory !== undefined) {
      const first = racePlan(field.slice(0, 4), heats, heats, settings.seed, found.name);
      checkRoom(estimatePlan(first, { traceHostIo: false }), { directory: dirname(scratchDirectory), ...fileSystem });
    }
    const qemu = request.qemu ?? (simulated ? undefined : found.version);
    const settled = { ...predicted, request: { ...request, ...(qemu === undefined ? {} : { qemu }) } };
    const modelled = simulated ? { ...settled, evidence: [] } : await withModel(settled, heats, host);
    if (!simulated) {
      const what = `up to ${field.length} configurations with QEMU ${formatQemuVersion(found.version)}`;
      host.stderr.write(`measuring ${what} for ${formatDuration(settings.timeMs)}\n`);
    }
    const proposals = new Map(field.map((proposal) => [configurationOf(proposal.settings).label, proposal]));
    const writer =
      settings.out === undefined
        ? undefined
        : await JournalWriter.open(resolve(host.cwd, settings.out), { resume: false, pid: host.pid });
    try {
      const described = await opened.describe();
      const startedAt = new Date(host.now()).toISOString();
      await writer?.append({ type: 'header', schema: journalSchema, startedAt, plan: plan.summary, ...described });
      const timeLimitMs = Math.max(10_000, settings.timeMs / 2);
      const deadlineMs = simulated ? Number.POSITIVE_INFINITY : startedMs + (1 + graceShare) * settings.timeMs;
      const context = { plan, opened, host, writer, traits: request.traits, proposals, timeLimitMs, deadlineMs };
      const track = new RaceTrack(context);
      const outcome = await runRace(modelled, track, { heats, full }, proposals, settings, {
        simulated,
        host,
        startedMs,
      });
      return settledBy(modelled, proposals, track, outcome, simulated);
    } finally {
      await writer?.close();
    }
  } finally {
    await opened.close();
  }
}

/** The proposals shown, then what else is worth racing and whose image can be made in time. */
function fieldOf(
  { request, baseline, recommended, alternatives }: Recommendation,
  { proposals }: Candidates,
  { timeMs }: MeasureSettings,
  simulated: boolean,
): readonly Proposal[] {
  const all = [baseline, recommended, ...alternatives].map((option) => option.proposal);
  const shown = all.filter(
    (proposal, index) => all.findIndex((other) => sameSettings(other.settings, proposal.settings)) === index,
  ) as unknown as readonly [Proposal, ...Proposal[]];
  const inTime = proposals.filter((proposal) => simulated || (imageOf(proposal)?.ms ?? 0) <= mapping.share * timeMs);
  const needsMapping = request.workload === undefined || request.workload.image.content === 'mapped';
  return raceField(request, shown, needsMapping ? inTime : proposals);
}

/** The tables of a mapped image, which is made once for all heats. */
function imageOf({ geometry, settings }: Proposal): { readonly name: string; readonly ms: number } {
  return { name: JSON.stringify(settings.create), ms: geometry.l2FullCoverageBytes / mapping.bytesPerMs };
}

/** The start of a whole workload that is too long for hundreds of trials. */
function shortened(
  full: MeasuringWorkloads,
  { baseline }: Recommendation,
  { timeMs }: MeasureSettings,
): MeasuringWorkloads {
  if (full.whole === undefined) return full;
  const laneMs = Math.max(lane.leastMs, Math.min(lane.mostMs, lane.share * timeMs));
  return { ...full, whole: workloadHead(full.whole, (laneMs / 1000) * baseline.proposal.iops.value) };
}

interface RaceParts {
  /** What is raced, and what the winner is confirmed on. */
  readonly heats: MeasuringWorkloads;
  readonly full: MeasuringWorkloads;
}

async function runRace(
  { request, baseline, recommended, alternatives }: Recommendation,
  track: RaceTrack,
  { heats, full }: RaceParts,
  proposals: ReadonlyMap<string, Proposal>,
  { timeMs, seed }: MeasureSettings,
  { simulated, host, startedMs }: { readonly simulated: boolean; readonly host: Host; readonly startedMs: number },
): Promise<RaceOutcome> {
  const label = (proposal: Proposal): string => configurationOf(proposal.settings).label;
  const whole = confirmationOf(heats, full, baseline.proposal, timeMs);
  const mapped = heats.read !== undefined || heats.whole?.image.state === 'shared';
  const line = new RaceLine(host, { timeMs, startedMs });
  try {
    return await race(
      [...proposals].map(([key, proposal]) => ({
        ...raceCandidate(request, baseline.proposal, proposal, key),
        ...(mapped && !simulated ? { image: imageOf(proposal) } : {}),
      })),
      (keys) => track.heat(keys, heats),
      {
        ...{ baseline: label(baseline.proposal), goal: raceGoal(request), seed, exact: simulated },
        ...{
          toleranceRatio: toleranceRatio({ speedSource: 'model' }),
          mostHeats: simulated ? exactHeats : mostBlocks * 0.7,
        },
        budgetMs: simulated ? Number.MAX_SAFE_INTEGER : startedMs + timeMs - closingMs - host.now(),
        baselineBarred: !fitsMemory(request, baseline.proposal),
        mustRun: [recommended, ...alternatives].map(({ proposal }) => label(proposal)),
        ...(whole === undefined || simulated
          ? {}
          : { confirmation: { track: (keys) => track.heat(keys, full), blockMs: whole } }),
        onProgress: (progress) => line.show(progress),
      },
    );
  } finally {
    line.close();
  }
}

/** What a block of the whole workload takes, milliseconds; undefined where it is what was raced, or takes too long. */
function confirmationOf(
  heats: MeasuringWorkloads,
  full: MeasuringWorkloads,
  baseline: Proposal,
  timeMs: number,
): number | undefined {
  if (full.whole === undefined || full.whole === heats.whole) return undefined;
  const laneMs = (1000 * full.whole.requestCount) / baseline.iops.value + confirming.overheadMs;
  const blockMs = confirming.lanes * laneMs;
  return confirming.blocks * blockMs <= wholeShare * timeMs ? blockMs : undefined;
}

/** QEMU where it is, else the model of its driver, which standard error is told. */
async function chooseEngine(
  modelled: QemuVersion | undefined,
  { qemuDirectory }: MeasureSettings,
  host: Host,
): Promise<ChosenEngine> {
  try {
    const { version, open } = await findQemu({ qemuDirectory }, host);
    return { name: 'qemu-io', version, open };
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error;
    const hint = error.hint === undefined ? '' : `  ${error.hint}\n`;
    host.stderr.write(`qtune: not measured: ${error.message}; the model of QEMU's driver predicts instead\n${hint}`);
    return simulatedEngine(modelled, host);
  }
}
