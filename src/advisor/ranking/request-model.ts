import { ninetyPercentFactor, ratioSpread } from '../../driver/cost/prediction.ts';
import { contentHash } from '../../trial/canonical-json.ts';
import type { AdviceRequest } from '../advice-request.ts';
import { partRequests } from '../blend/blend.ts';
import { blendProposals, type PartProposal } from '../blend/blend-proposals.ts';
import { measuringWorkloads, type PartLengths } from '../measuring-workloads.ts';
import type { Outlook } from '../outlook.ts';
import type { Prediction } from '../prediction.ts';
import { type Proposal, type ProposalSettings, propose, withPredictedIops } from '../proposal.ts';
import type { SampleSize } from '../recommendation.ts';
import type { PredictionBasis } from './part.ts';
import { Predictor } from './predictor.ts';

/** What first writes may allocate in a simulated image, bytes; it takes no space. */
const allocationLimitBytes = 2 ** 40;

/** How much is run for a request. */
export interface ModelLength {
  readonly lengths: PartLengths;
  /** Requests of a profile or a trace that are run, over all configurations. */
  readonly runRequests: number;
  readonly seed: number;
}

/**
 * A request by the model of QEMU's driver: one predictor for its workload, or for each of a blend. The same request, configurations
 * and seed give the same numbers.
 */
export class RequestModel implements Outlook {
  readonly #isRobust: boolean;
  readonly #basis: PredictionBasis;
  readonly #parts: readonly {
    readonly request: AdviceRequest;
    readonly share: number;
    readonly predictor: Predictor;
  }[];
  /** The proposals of each workload, by the one that was made of them. */
  readonly #blended = new WeakMap<Proposal, readonly Proposal[]>();

  /** @param proposals what is going to be predicted: their caches have to be filled, their first writes have to fit */
  constructor(request: AdviceRequest, proposals: readonly Proposal[], basis: PredictionBasis, length: ModelLength) {
    const { lengths, seed } = length;
    const parts = partRequests(request);
    this.#isRobust = request.blend?.isRobust === true;
    this.#basis = basis;
    this.#parts = parts.map((part) => ({
      ...part,
      predictor: new Predictor(
        part.request.traits,
        measuringWorkloads(part.request, { proposals, allocationLimitBytes, lengths, seed }),
        basis,
        {
          runRequests: length.runRequests / parts.length,
          configurationCount: proposals.length,
          fillsOnly: true,
        },
      ),
    }));
  }

  /** Of the workload that was sampled; of several that of the largest. */
  get sampleSize(): SampleSize | undefined {
    return this.#parts
      .flatMap(({ predictor }) => predictor.sampleSize ?? [])
      .reduce<SampleSize | undefined>(
        (largest, size) => (largest && largest.ofRequestCount >= size.ofRequestCount ? largest : size),
        undefined,
      );
  }

  predict(settings: readonly ProposalSettings[]): readonly Proposal[] {
    const parts = this.#parts.map(({ request, share, predictor }) => {
      const proposals = settings.map((one) => propose(request, one));
      const predictions = predictor.predict(proposals);
      return predictions.map((iops, index) => {
        const proposal = proposals[index] as Proposal;
        const predicted = withPredictedIops(proposal, iops);
        return { share, predictor, proposal, predicted };
      });
    });
    return settings.map((_, index) => {
      const each = parts.map((part) => part[index] as (typeof part)[number]);
      const shown = each.map(({ share, predicted }) => ({ share, proposal: predicted }));
      const proposal = blendProposals(shown as unknown as [PartProposal, ...PartProposal[]], this.#isRobust);
      this.#blended.set(
        proposal,
        each.map((part) => part.proposal),
      );
      return proposal;
    });
  }

  predictParts(settings: ProposalSettings): readonly Proposal[] {
    return this.#parts.map(({ request, predictor }) => {
      const proposal = propose(request, settings);
      const [iops] = predictor.predict([proposal]);
      return iops === undefined ? proposal : withPredictedIops(proposal, iops);
    });
  }

  /**
   * The range is by the costs' spreads from run to run, of the parts of the time in which the two differ; the error of a sample comes on
   * top where there is one, taken as if each had its own.
   */
  ratio(head: Proposal, base: Proposal): Prediction {
    const value = head.iops.value / base.iops.value;
    const { profile } = this.#basis;
    const spread = ratioSpread(profile, this.#timeShares(head), this.#timeShares(base));
    const sampling = Math.hypot(head.iops.samplingRatio ?? 0, base.iops.samplingRatio ?? 0);
    const factor = ninetyPercentFactor(spread) * (1 + (head === base ? 0 : sampling));
    return { value, low: value / factor, high: value * factor };
  }

  /** The name of the simulation of a proposal; of a blend that of all its simulations. */
  simulationId(proposal: Proposal): string {
    const [first, ...others] = this.#parts.map(({ predictor }) => predictor.simulationId(proposal));
    return others.length === 0 ? (first as string) : contentHash([first, ...others]).slice(0, 16);
  }

  /** As the workloads' shares of the weights have it: the logarithm of a geometric mean is the mean of logarithms. */
  #timeShares(proposal: Proposal): Float64Array {
    const each = this.#blended.get(proposal);
    if (each === undefined) throw new RangeError('this proposal was not predicted here');
    const [first, ...others] = this.#parts.map(({ share, predictor }, index) =>
      predictor.timeShares(each[index] as Proposal).map((part) => part * share),
    );
    return others.reduce(
      (sum, shares) => sum.map((part, index) => part + (shares[index] as number)),
      first as Float64Array,
    );
  }
}
