import { dirname, resolve } from 'node:path';
import { settleByMeasurement } from '../../advisor/measured-choice.ts';
import { combineMeasurements } from '../../advisor/measured-iops.ts';
import {
  dataReadSettings,
  type MeasuringWorkloads,
  measuringLengths,
  measuringWorkloads,
} from '../../advisor/measuring-workloads.ts';
import { type Proposal, type ProposalSettings, sameSettings } from '../../advisor/proposal.ts';
import { modelBasis, modelHost, predictMeasurement } from '../../advisor/ranking/rank.ts';
import { describeRecommendation, type Recommendation } from '../../advisor/recommendation.ts';
import { EnvironmentError } from '../../errors.ts';
import type { Configuration } from '../../settings/configuration.ts';
import { printSettings } from '../../settings/print.ts';
import { formatQemuVersion, type QemuVersion } from '../../settings/qemu-version.ts';
import { checkRoom } from '../../trial/check-room.ts';
import { estimatePlan } from '../../trial/estimate.ts';
import { JournalWriter } from '../../trial/journal-writer.ts';
import { buildPlan, type Plan } from '../../trial/plan.ts';
import { journalSchema, type TrialRecord } from '../../trial/record.ts';
import { runPlan } from '../../trial/runner.ts';
import { formatDuration } from '../../units/duration.ts';
import type { Host } from '../host.ts';
import { Progress } from '../progress.ts';
import { type ChosenEngine, simulatedEngine } from '../run/choose-engine.ts';
import { costProfiles } from '../run/cost-profiles.ts';
import { findQemu, type OpenEngine } from '../run/open-engine.ts';

/** What `--measure` and its companions say. */
export interface MeasureSettings {
  readonly timeMs: number;
  readonly seed: number;
  readonly qemuDirectory: string | undefined;
  /** The journal to keep, if any. */
  readonly out: string | undefined;
}

/** Blocks at most; more would not change a verdict that matters. */
const mostBlocks = 30;
/** Part of the time kept back for clearing up, milliseconds. */
const closingMs = 500;
/** What writes may allocate in one image at most, and as a share of the free space. */
const allocationLimit = { bytes: 2 ** 30, freeRatio: 0.1 } as const;

/**
 * Measures the contenders of a recommendation in turns until the time is up, and settles the recommendation by the result.
 * Where there is no QEMU the model of its driver runs the same workloads, once each.
 * @throws EnvironmentError where there is no room, InterruptedError after a signal
 */
export async function measureRecommendation(
  predicted: Recommendation,
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
    const proposals = contendersOf(predicted);
    const parts = measuringWorkloads(request, {
      proposals,
      allocationLimitBytes: Math.min(allocationLimit.bytes, freeBytes * allocationLimit.freeRatio),
      lengths: measuringLengths(settings.timeMs),
      seed: settings.seed,
    });
    const plan = planOf(proposals, parts, settings.seed, found.name);
    const estimate = estimatePlan(plan, { traceHostIo: false });
    if (fileSystem !== undefined && scratchDirectory !== undefined) {
      checkRoom(estimate, { directory: dirname(scratchDirectory), ...fileSystem });
    }
    const deadline = startedMs + settings.timeMs - closingMs;
    if (!simulated) {
      const what = `${proposals.length} configurations with QEMU ${formatQemuVersion(found.version)}`;
      host.stderr.write(`measuring ${what} for ${formatDuration(settings.timeMs)}\n`);
    }
    const records = await runTrials(plan, { opened, settings, host, deadline });
    const qemu = request.qemu ?? (simulated ? undefined : found.version);
    const settled = { ...predicted, request: { ...request, ...(qemu === undefined ? {} : { qemu }) } };
    if (simulated) {
      const how = { source: 'predicted', seed: settings.seed } as const;
      return settle({ ...settled, evidence: [] }, parts, proposals, records, how);
    }
    const beside = await withModel(settled, parts, proposals, host);
    return settle(beside, parts, proposals, records, { source: 'measured', seed: settings.seed });
  } finally {
    await opened.close();
  }
}

/**
 * What the model of QEMU's driver says of the very requests that were measured, in place of what it or the arithmetic said
 * before, so that the two stand beside each other.
 */
async function withModel(
  recommendation: Recommendation,
  parts: MeasuringWorkloads,
  proposals: readonly Proposal[],
  host: Host,
): Promise<Recommendation> {
  const { request, recommended, baseline, alternatives } = recommendation;
  const { profile, warning } = await costProfiles(host)('direct', 'io_uring');
  const costs = { profile, ...(warning === undefined ? {} : { warning: warning.message }) };
  const { options: predictions, sample } = predictMeasurement(request, parts, proposals, {
    profile,
    host: modelHost(request.qemu),
  });
  if (predictions.length < proposals.length) return recommendation;
  const modelled = <Shown extends { readonly proposal: Proposal }>(option: Shown): Shown => {
    const found = predictions.find(({ proposal }) => sameSettings(proposal.settings, option.proposal.settings));
    return { ...option, proposal: found?.proposal ?? option.proposal };
  };
  return {
    ...recommendation,
    recommended: modelled(recommended),
    baseline: modelled(baseline),
    alternatives: alternatives.map(modelled),
    evidence: predictions.map(({ simulationId }) => simulationId),
    model: modelBasis(costs, recommendation.model?.rankedCount ?? 0, sample),
  };
}

/** Each set of settings once. */
function contendersOf({ recommended, baseline, alternatives }: Recommendation): readonly Proposal[] {
  const all = [baseline, recommended, ...alternatives].map((option) => option.proposal);
  return all.filter(
    (proposal, index) => all.findIndex((other) => sameSettings(other.settings, proposal.settings)) === index,
  );
}

function configurationOf(settings: ProposalSettings): Configuration {
  const label = [printSettings('create', settings.create), printSettings('drive', settings.drive)]
    .filter((text) => text !== '')
    .join(' ');
  return { label: label === '' ? 'default' : label, ...settings };
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

function planOf(
  proposals: readonly Proposal[],
  parts: MeasuringWorkloads,
  seed: number,
  engine: ChosenEngine['name'],
): Plan {
  const { whole, read, write, data } = parts;
  const configurations = proposals.map((proposal) => configurationOf(proposal.settings));
  return buildPlan({
    workloads: [whole, read, write, data].filter((workload) => workload !== undefined),
    configurations: (workload) => (workload === data ? dataReadSettings.map(configurationOf) : configurations),
    repetitions: engine === 'simulated' ? 1 : mostBlocks,
    seed,
    engine,
  });
}

interface RunContext {
  readonly opened: OpenEngine;
  readonly settings: MeasureSettings;
  readonly host: Host;
  /** Milliseconds since the epoch. */
  readonly deadline: number;
}

async function runTrials(plan: Plan, context: RunContext): Promise<readonly TrialRecord[]> {
  const { opened, settings, host, deadline } = context;
  const writer =
    settings.out === undefined
      ? undefined
      : await JournalWriter.open(resolve(host.cwd, settings.out), { resume: false, pid: host.pid });
  const progress = new Progress(host);
  const startedMs = host.now();
  try {
    const described = await opened.describe();
    const startedAt = new Date(host.now()).toISOString();
    await writer?.append({ type: 'header', schema: journalSchema, startedAt, plan: plan.summary, ...described });
    const summary = await runPlan(plan, opened.engine, {
      timeLimitMs: Math.max(60_000, settings.timeMs),
      traceHostIo: false,
      signal: host.signal,
      now: () => host.now(),
      deadline,
      record: async (record) => writer?.append(record),
      onProgress: ({ trial }) => {
        const done = Math.min(0.99, (host.now() - startedMs) / Math.max(1, deadline - startedMs));
        if (trial) progress.update(done, `${trial.workload}, ${trial.configuration}, round ${trial.block + 1}`);
      },
    });
    return summary.records;
  } finally {
    progress.done();
    await writer?.close();
  }
}

function settle(
  predicted: Recommendation,
  parts: MeasuringWorkloads,
  proposals: readonly Proposal[],
  records: readonly TrialRecord[],
  how: { readonly source: 'measured' | 'predicted'; readonly seed: number },
): Recommendation {
  const { request } = predicted;
  const label = (settings: ProposalSettings) => configurationOf(settings).label;
  const [plain, subclusters] = dataReadSettings;
  const measured = combineMeasurements(
    request.traits,
    parts,
    records,
    proposals.map(({ settings, geometry }) => ({ label: label(settings), extendedL2: geometry.extendedL2 })),
    { plain: label(plain), subclusters: label(subclusters) },
  );
  const settled = settleByMeasurement(
    request,
    {
      recommended: predicted.recommended.proposal,
      baseline: predicted.baseline.proposal,
      alternatives: predicted.alternatives,
    },
    (proposal) => measured.get(label(proposal.settings)),
    how,
  );
  const { evidence, model } = predicted;
  const trials = records.filter((record) => record.state === 'completed').map((record) => record.id);
  return describeRecommendation(request, settled, {
    evidence: [...trials, ...evidence],
    finding: settled.finding,
    trials: { count: trials.length, engine: how.source === 'measured' ? 'qemu-io' : 'simulated' },
    ...(model === undefined ? {} : { model }),
  });
}
