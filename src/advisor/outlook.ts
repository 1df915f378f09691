import type { AdviceRequest } from './advice-request.ts';
import { partRequests } from './blend/blend.ts';
import { blendProposals, type PartProposal } from './blend/blend-proposals.ts';
import type { Prediction } from './prediction.ts';
import { type Proposal, type ProposalSettings, propose } from './proposal.ts';

/** Tells of any settings what they are expected to do under one request, so that they can be set beside each other. */
export interface Outlook {
  /** One proposal for each, in their order. @throws UsageError for settings that QEMU would refuse */
  predict(settings: readonly ProposalSettings[]): readonly Proposal[];
  /** The same under each workload of a blend; the only one under the request's own. */
  predictParts(settings: ProposalSettings): readonly Proposal[];
  /**
   * How many times the speed of another proposal one has, both of them from {@link predict}, with the range for machines that differ
   * from the one whose costs are known.
   */
  ratio(head: Proposal, base: Proposal): Prediction;
}

/** By arithmetic, in no time: a ratio's range spans the machines whose costs are known. */
export function arithmeticOutlook(request: AdviceRequest): Outlook {
  const parts = partRequests(request);
  const predictParts = (settings: ProposalSettings) => parts.map((part) => propose(part.request, settings));
  return {
    predictParts,
    predict: (settings) =>
      settings.map((one) => {
        const proposals = predictParts(one).map((proposal, index) => ({ proposal, share: parts[index]?.share ?? 1 }));
        // A blend has at least two parts, and a plain request is one.
        return blendProposals(proposals as [PartProposal, ...PartProposal[]], request.blend?.isRobust === true);
      }),
    ratio: (head, base) => {
      const ratios = head.rates.map((rate, machine) => rate / (base.rates[machine] ?? rate));
      return { value: head.iops.value / base.iops.value, low: Math.min(...ratios), high: Math.max(...ratios) };
    },
  };
}
