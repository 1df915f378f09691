import type { AdviceRequest } from './advice-request.ts';
import { chooseAlternatives } from './alternatives.ts';
import type { Candidates } from './candidates.ts';
import { choose } from './choose.ts';
import { type CommandSheet, commandSheet } from './commands/index.ts';
import type { Contribution } from './contributions/contributions.ts';
import { arithmeticProspect, type Outlook } from './outlook.ts';
import type { Prediction } from './prediction.ts';
import { type Proposal, propose, sameSettings } from './proposal.ts';
import type { RaceSummary } from './race/race-summary.ts';
import { risksOf } from './risks/index.ts';
import type { Risk } from './risks/risk.ts';
import type { Reason, RuleContext } from './rule.ts';
import { rules } from './rules/index.ts';
import type { Sensitivity } from './sensitivity/sensitivity.ts';
import { withFixedReasons } from './space/fixed-reasons.ts';
import type { FrontPoint } from './space/front.ts';
import type { SpaceSummary } from './space/summary.ts';
import type { WorkloadEffect } from './workload-effects.ts';

/** A proposal as it is shown. */
export interface Option {
  /** A few words: `recommended`, `QEMU's defaults`, what an alternative is. */
  readonly title: string;
  /** What it gives and takes against the recommendation. */
  readonly tradeOff: string;
  readonly proposal: Proposal;
  /** One for each setting that is spelled out. */
  readonly reasons: readonly Reason[];
}

/** The answer. Plain data: the same request gives the same recommendation. */
export interface Recommendation extends CommandSheet {
  readonly request: AdviceRequest;
  readonly recommended: Option;
  readonly baseline: Option;
  readonly alternatives: readonly Option[];
  /** Whether QEMU's defaults are the recommendation. */
  readonly nothingToGain: boolean;
  /** What it risks that the defaults do not, and what it risks less; empty where they are the recommendation. */
  readonly risks: readonly Risk[];
  /** Settings left alone, and why. */
  readonly notes: readonly Reason[];
  /** Ids of the trials behind measured values and of the simulations behind predicted ones; empty for arithmetic. */
  readonly evidence: readonly string[];
  /** What the predictions come from; absent where they are arithmetic. */
  readonly model?: ModelBasis;
  /** The trials among the evidence; absent where no engine ran any. */
  readonly trials?: { readonly count: number; readonly engine: 'qemu-io' | 'simulated' };
  /** How the measurement decided; absent where nothing was measured. */
  readonly race?: RaceSummary;
  /** What the measurement says, some sentences; absent where nothing was measured. */
  readonly finding?: string;
  /** What the target sets by itself, where one was named and that differs from QEMU's defaults. */
  readonly platform?: Option;
  /** How many times the defaults' speed is predicted, with what differs between machines. */
  readonly speedRatio?: Prediction;
  /** Under each workload of a blend; absent where there is only one. */
  readonly workloads?: readonly WorkloadEffect[];
  /** What each of the settings does; empty where the defaults stay. */
  readonly contributions?: readonly Contribution[];
  /** What was searched, and what of it nothing else beats in speed, memory and space together. */
  readonly space?: SpaceSummary;
  readonly front?: readonly FrontPoint[];
  /** What becomes of it if things turn out differently. */
  readonly sensitivity?: readonly Sensitivity[];
}

/** How the model of QEMU's driver came to its predictions. */
export interface ModelBasis {
  /** How many configurations were simulated and ranked; 0 where only those shown were. */
  readonly rankedCount: number;
  /** The cost profile, and why it may not be this machine's. */
  readonly costs: { readonly name: string; readonly source: string; readonly warning?: string };
  /** Where the workload was too long to be run whole under every configuration. */
  readonly sample?: SampleSize;
}

/** How much of a profile or a trace was run under each configuration: windows all over it. */
export interface SampleSize {
  /** Requests whose cost was taken, and all of them behind the warm-up. */
  readonly requestCount: number;
  readonly ofRequestCount: number;
  readonly windowCount: number;
}

/** Candidates whose speeds come from the model of QEMU's driver. */
export interface RankedCandidates extends Candidates {
  readonly model: ModelBasis;
  /** A stable name for the simulation of these settings. */
  simulationId(proposal: Proposal): string;
  /** Any other settings under the very same requests. */
  readonly outlook: Outlook;
}

/**
 * Searches all settings that could matter for the disk and explains the best.
 * @param candidates with speeds from arithmetic, or from the model
 * @throws UsageError where the disk is beyond the format or the memory limit below the least possible
 */
export function recommend(
  request: AdviceRequest,
  candidates: Candidates | RankedCandidates = arithmeticProspect(request).candidates,
): Recommendation {
  const { baseline } = candidates;
  const recommended = pickOf(request, candidates);
  const alternatives = chooseAlternatives(request, recommended, candidates);
  const contenders = { recommended, baseline, alternatives };
  if (!('model' in candidates)) return describeRecommendation(request, contenders, { evidence: [] });
  const shown = [recommended, baseline, ...alternatives.map(({ proposal }) => proposal)];
  const evidence = [...new Set(shown.map((proposal) => candidates.simulationId(proposal)))];
  return describeRecommendation(request, contenders, { evidence, model: candidates.model });
}

/** The best of the candidates with what the rules add to it. */
export function pickOf(request: AdviceRequest, { baseline, proposals }: Candidates): Proposal {
  return withAdditions(request, baseline, choose(request, baseline, proposals));
}

/** The proposals that a recommendation is about. */
export interface Contenders {
  readonly recommended: Proposal;
  readonly baseline: Proposal;
  readonly alternatives: readonly { readonly title: string; readonly tradeOff: string; readonly proposal: Proposal }[];
}

/** Adds reasons, notes and commands to contenders whose values are settled. */
export function describeRecommendation(
  request: AdviceRequest,
  contenders: Contenders,
  measurement: Pick<Recommendation, 'evidence' | 'finding' | 'model' | 'race' | 'trials'>,
): Recommendation {
  const { baseline, recommended } = contenders;
  const nothingToGain = sameSettings(recommended.settings, baseline.settings);
  const option = (title: string, tradeOff: string, proposal: Proposal) =>
    optionOf({ request, proposal, baseline }, title, tradeOff);
  return {
    request,
    recommended: option('recommended', '', recommended),
    baseline: option(baselineTitle(request, baseline), '', baseline),
    alternatives: contenders.alternatives.map(({ title, tradeOff, proposal }) => option(title, tradeOff, proposal)),
    nothingToGain,
    risks: risksOf({ request, proposal: recommended, baseline }),
    notes: reasonsFor({ request, proposal: recommended, baseline }).filter(
      ({ setting }) => !isStated(recommended, setting),
    ),
    ...commandSheet({ request, proposal: recommended, ...convertedOf(request, contenders) }),
    ...measurement,
  };
}

function baselineTitle({ held, image }: AdviceRequest, { settings }: Proposal): string {
  if (held) return 'defaults with yours';
  return image || Object.keys(settings.create).length === 0 ? "QEMU's defaults" : 'smallest clusters possible';
}

/** A proposal with the reasons for its settings. */
export function optionOf(context: RuleContext, title: string, tradeOff: string): Option {
  const { proposal } = context;
  return {
    title,
    tradeOff,
    proposal,
    reasons: reasonsFor(context).filter(({ setting }) => isStated(proposal, setting)),
  };
}

/** For an image that exists, the first alternative that it would have to be converted for. */
function convertedOf({ image }: AdviceRequest, { alternatives }: Contenders): { readonly converted?: Proposal } {
  if (image === undefined) return {};
  const kept = (proposal: Proposal) =>
    sameSettings({ create: proposal.settings.create, drive: {} }, { create: image.create, drive: {} });
  const converted = alternatives.find(({ proposal }) => !kept(proposal))?.proposal;
  return converted === undefined ? {} : { converted };
}

function reasonsFor(context: RuleContext): readonly Reason[] {
  return withFixedReasons(
    context.request,
    rules.flatMap((rule) => rule.explain(context) ?? []),
  );
}

function isStated(proposal: Proposal, setting: string): boolean {
  const { create, drive } = proposal.stated;
  return setting in create || setting in drive;
}

/** What the rules add to the run-time settings that the search chose. */
export function withAdditions(request: AdviceRequest, baseline: Proposal, chosen: Proposal): Proposal {
  const context = { request, proposal: chosen, baseline };
  const added = Object.assign({}, ...rules.map((rule) => rule.adds?.(context) ?? {}));
  if (Object.keys(added).length === 0) return chosen;
  // None of the additions changes what the workload's requests cost.
  const { create, drive } = chosen.settings;
  const proposal = propose(request, { create, drive: { ...drive, ...added } });
  const { rates, speedSource, iops, spaceAmplification, expected } = chosen;
  return { ...proposal, rates, speedSource, iops, spaceAmplification, expected };
}
