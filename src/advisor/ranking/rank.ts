import type { CostProfile } from '../../driver/cost/cost-profile.ts';
import { commonHost, type ModelHost } from '../../driver/driver-options.ts';
import type { QemuVersion } from '../../settings/qemu-version.ts';
import type { AdviceRequest } from '../advice-request.ts';
import { baselineProposal, enumerateProposals, type Proposals, withoutImage } from '../candidates.ts';
import { extraCost, speedRatio } from '../choose.ts';
import type { MeasuringWorkloads, PartLengths } from '../measuring-workloads.ts';
import type { Outlook } from '../outlook.ts';
import { type Proposal, type ProposalSettings, propose, withPredictedIops } from '../proposal.ts';
import type { ModelBasis, RankedCandidates, SampleSize } from '../recommendation.ts';
import { canModel, type PredictionBasis } from './part.ts';
import { Predictor } from './predictor.ts';
import { RequestModel } from './request-model.ts';
import { rankingSpace } from './space.ts';

/** Costs for a prediction, and why they may not be this machine's. */
export interface RankingCosts {
  readonly profile: CostProfile;
  readonly warning?: string;
}

/** Requests of the parts: some hundred configurations have to be run in a second or two. */
const lengths: PartLengths = { warmUp: 16_384, reads: 800, writes: 250 };
/** Requests of a profile or a trace that are run, over all configurations: a second or two. */
const rankingRequests = 3 * 2 ** 20;
/** The same beside a measurement of a few configurations that takes a minute. */
const measuredRequests = 2 ** 24;

/** Images at most where only the most promising proposals are run; making an image takes as long as running many configurations of it. */
const mostImages = 10;

/** What a ranking may differ in. */
export interface RankingOptions {
  /** Settings that are going to be asked of its outlook and are not among the candidates. */
  readonly others?: readonly ProposalSettings[];
  /** Requests of a profile or a trace that are run, over all configurations. */
  readonly runRequests?: number;
  /**
   * Looks only at what arithmetic would, and of that at so many proposals for each image at most: those that are fastest, of the images that
   * are. Everything that is worth ranking where absent.
   */
  readonly perImage?: number;
  /** A model of the very same requests, to be asked in place of a new one. */
  readonly same?: Outlook;
}

/**
 * The candidates, each of them run through the model of QEMU's driver with the workload's requests, or with those that a measurement would
 * make of its traits. Of a long profile or trace windows all over it are run, and the error that this brings is part of the predictions.
 * @returns undefined for a disk that is larger than the model can number
 * @throws UsageError where none fits into the memory limit
 */
export function rankedCandidates(
  request: AdviceRequest,
  costs: RankingCosts,
  seed: number,
  options: RankingOptions = {},
): RankedCandidates | undefined {
  const baseline = baselineProposal(request);
  if (!canModel(request.diskBytes, baseline.settings.create)) return undefined;
  const spaceOf = (asked: AdviceRequest) =>
    options.perImage === undefined
      ? modelled(rankingSpace(asked))
      : promising(modelled(enumerateProposals(asked)), baseline, options.perImage);
  const proposals = spaceOf(request);
  const converted = request.image ? spaceOf(withoutImage(request)) : [];
  const others = options.others?.map((settings) => propose(request, settings)) ?? [];
  const all = byShape([baseline, ...proposals, ...converted]);
  const basis = { profile: costs.profile, host: modelHost(request.qemu) };
  const runRequests = options.runRequests ?? rankingRequests;
  const model =
    options.same instanceof RequestModel
      ? options.same
      : new RequestModel(request, [...all, ...others], basis, { lengths, runRequests, seed });
  const predicted = model.predict(all.map(({ settings }) => settings));
  const ranked = new Map(all.map((proposal, index) => [proposal, predicted[index] as Proposal]));
  const rankedOf = (proposal: Proposal) => ranked.get(proposal) as Proposal;
  const [first, ...rest] = proposals.map(rankedOf);
  const [firstConverted, ...restConverted] = converted.map(rankedOf);
  if (first === undefined) return undefined;
  return {
    baseline: rankedOf(baseline),
    proposals: [first, ...rest],
    ...(firstConverted ? { converted: [firstConverted, ...restConverted] as Proposals } : {}),
    model: modelBasis(costs, all.length, model.sampleSize),
    simulationId: (proposal) => model.simulationId(proposal),
    outlook: model,
  };
}

export interface MeasurementPrediction {
  readonly options: readonly { readonly proposal: Proposal; readonly simulationId: string }[];
  /** What of the requests was run; undefined where all of them were. */
  readonly sample: SampleSize | undefined;
}

/** What measuring these parts should give, by the model: for each proposal its speed, with the simulation's id. */
export function predictMeasurement(
  request: AdviceRequest,
  parts: MeasuringWorkloads,
  proposals: readonly Proposal[],
  basis: PredictionBasis,
): MeasurementPrediction {
  const modellable = proposals.filter(({ settings }) => canModel(request.diskBytes, settings.create));
  const predictor = new Predictor(request.traits, parts, basis, {
    ...{ runRequests: measuredRequests, configurationCount: modellable.length },
    fillsOnly: false,
  });
  const predictions = predictor.predict(modellable);
  const options = modellable.map((proposal, index) => ({
    proposal: withPredictedIops(proposal, predictions[index] as (typeof predictions)[number]),
    simulationId: predictor.simulationId(proposal),
  }));
  return { options, sample: predictor.sampleSize };
}

/** The host that is modelled for this QEMU; 10.0 where it is not known. */
export function modelHost(qemu: QemuVersion | undefined): ModelHost {
  return { ...commonHost, ...(qemu === undefined ? {} : { qemu }) };
}

export function modelBasis(
  { profile, warning }: RankingCosts,
  rankedCount: number,
  sample: SampleSize | undefined,
): ModelBasis {
  const { name, source } = profile;
  return {
    rankedCount,
    costs: { name, source, ...(warning === undefined ? {} : { warning }) },
    ...(sample === undefined ? {} : { sample }),
  };
}

function modelled(proposals: Proposals): readonly Proposal[] {
  return proposals.filter(({ geometry, settings }) => canModel(geometry.diskBytes, settings.create));
}

/** The fastest and cheapest of each image by arithmetic, where only so many are to be run. */
function promising(proposals: readonly Proposal[], baseline: Proposal, perImage: number): readonly Proposal[] {
  const speed = new Map(proposals.map((proposal) => [proposal, speedRatio(proposal, baseline)]));
  const merit = (proposal: Proposal) => Math.log2(speed.get(proposal) as number) - extraCost(proposal, baseline);
  const images = [...byImage(proposals)].sort((a, b) => Math.max(...b.map(merit)) - Math.max(...a.map(merit)));
  return images.slice(0, mostImages).flatMap((image) => {
    const bySpeed = [...image].sort((a, b) => (speed.get(b) as number) - (speed.get(a) as number));
    const byMerit = [...image].sort((a, b) => merit(b) - merit(a));
    const chosen = new Set([...bySpeed.slice(0, Math.ceil(perImage / 2)), ...byMerit].slice(0, perImage));
    return image.filter((proposal) => chosen.has(proposal));
  });
}

/** Configurations of one image behind each other. */
function byShape(proposals: readonly Proposal[]): readonly Proposal[] {
  return byImage(proposals)
    .flat()
    .sort((a, b) => shapeOf(a) - shapeOf(b));
}

function byImage(proposals: readonly Proposal[]): readonly (readonly Proposal[])[] {
  const images = new Map<string, Proposal[]>();
  for (const proposal of proposals) {
    const key = JSON.stringify(proposal.settings.create);
    const others = images.get(key);
    if (others) others.push(proposal);
    else images.set(key, [proposal]);
  }
  return [...images.values()];
}

function shapeOf({ geometry }: Proposal): number {
  return geometry.clusterBytes * 2 + (geometry.extendedL2 ? 1 : 0);
}
