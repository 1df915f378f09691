import type { AdviceRequest } from './advice-request.ts';
import { partRequests } from './blend/blend.ts';
import { blendProposals, type PartProposal } from './blend/blend-proposals.ts';
import { arithmeticCandidates, type Candidates, type Proposals } from './candidates.ts';
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

/** Everything that can be said of a request. */
export interface Prospect {
  readonly candidates: Candidates;
  readonly outlook: Outlook;
}

/**
 * Looks at a request that differs from the user's, in a fraction of the time.
 * @param others settings that are going to be asked of the outlook
 * @param same an outlook of the very same requests, where there is one: nothing needs to be looked at twice
 * @returns undefined where it is beyond what can be predicted @throws UsageError where nothing fits
 */
export type Foresight = (
  request: AdviceRequest,
  others: readonly ProposalSettings[],
  same?: Outlook,
) => Prospect | undefined;

/** By arithmetic, in no time: a ratio's range spans the machines whose costs are known. */
export function arithmeticProspect(request: AdviceRequest): Prospect {
  const outlook = arithmeticOutlook(request);
  const candidates = arithmeticCandidates(request);
  if (request.blend === undefined) return { candidates, outlook };
  const blended = (proposals: readonly Proposal[]) => outlook.predict(proposals.map(({ settings }) => settings));
  const { baseline, proposals, converted } = candidates;
  return {
    candidates: {
      baseline: blended([baseline])[0] as Proposal,
      // One for each.
      proposals: blended(proposals) as unknown as Proposals,
      ...(converted ? { converted: blended(converted) as unknown as Proposals } : {}),
    },
    outlook,
  };
}

/** See {@link Outlook}; by arithmetic. */
export function arithmeticOutlook(request: AdviceRequest): Outlook {
  const parts = partRequests(request);
  const predictParts = (settings: ProposalSettings) => parts.map((part) => propose(part.request, settings));
  return {
    predictParts,
    predict: (settings) =>
      settings.map((one) => {
        const proposals = predictParts(one).map((proposal, index) => ({ proposal, share: parts[index]?.share ?? 1 }));
        // A request has at least one part.
        return blendProposals(
          proposals as unknown as [PartProposal, ...PartProposal[]],
          request.blend?.isRobust === true,
        );
      }),
    ratio: (head, base) => {
      const ratios = head.rates.map((rate, machine) => rate / (base.rates[machine] ?? rate));
      const value = head.iops.value / base.iops.value;
      return { value, low: Math.min(value, ...ratios), high: Math.max(value, ...ratios) };
    },
  };
}
