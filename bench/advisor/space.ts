import type { AdviceRequest } from '../../src/advisor/advice-request.ts';
import { isAllowed } from '../../src/advisor/choose.ts';
import { type Proposal, sameSettings } from '../../src/advisor/proposal.ts';
import { raceCandidate } from '../../src/advisor/race/race-candidates.ts';
import { type RankingCosts, rankedCandidates } from '../../src/advisor/ranking/rank.ts';
import { recommend } from '../../src/advisor/recommendation.ts';
import { traitsOfRequests } from '../../src/advisor/requests-traits.ts';
import type { QemuVersion } from '../../src/settings/qemu-version.ts';
import type { Workload } from '../../src/workload/workload.ts';
import type { RecordedConfiguration, RecordingHeader } from './recording.ts';

/** What the advisor is asked. */
export function studyRequest(workload: Workload, qemu: QemuVersion): AdviceRequest {
  return {
    ...{ diskBytes: workload.diskBytes, workload, traits: traitsOfRequests(workload), qemu },
    ...{ hasBacking: workload.image.backing !== 'none', priority: 'speed', fileName: 'disk.qcow2' },
  };
}

/** Share of the configurations that are the first of the model's order; the others are spread evenly over the rest. */
const topShare = 0.4;

/**
 * The configurations to be measured: what the advisor ranks and its objective allows; of more than `mostCount` the defaults, the
 * recommendation, the first of the model's order and, evenly spread, the rest.
 */
export function studySpace(
  workload: Workload,
  qemu: QemuVersion,
  costs: RankingCosts,
  mostCount: number,
): Pick<RecordingHeader, 'rankedCount' | 'configurations' | 'recommended'> {
  const request = studyRequest(workload, qemu);
  const candidates = rankedCandidates(request, costs, 1);
  if (candidates === undefined) throw new Error(`${workload.name}: the disk is too large for the model`);
  const { baseline, proposals } = candidates;
  const pick = recommend(request, candidates).recommended.proposal;
  const ranked = proposals.filter(
    (proposal) => !sameSettings(proposal.settings, baseline.settings) && isAllowed(request, baseline, proposal),
  );
  const recommended = ranked.find((proposal) => sameSettings(proposal.settings, pick.settings));
  const fastest = [...ranked].sort((a, b) => b.iops.value - a.iops.value);
  const first = [baseline, ...(recommended === undefined ? [] : [recommended])];
  const top = fastest.slice(0, Math.floor(topShare * mostCount));
  const rest = fastest.slice(top.length);
  const step = Math.max(1, rest.length / Math.max(1, mostCount - top.length - first.length));
  const spread = rest.filter((_, at) => Math.floor(at / step) !== Math.floor((at - 1) / step));
  const chosen = [...new Set([...first, ...top, ...spread])].slice(0, mostCount);
  return {
    rankedCount: candidates.model.rankedCount,
    configurations: chosen.map((proposal): RecordedConfiguration => recorded(request, baseline, proposal)),
    recommended: recommended === undefined ? 0 : 1,
  };
}

function recorded(request: AdviceRequest, baseline: Proposal, proposal: Proposal): RecordedConfiguration {
  const { logRate, cost, features } = raceCandidate(request, baseline, proposal, '');
  const round = (value: number) => Number(value.toPrecision(7));
  return { ...proposal.settings, logRate: round(logRate), cost: round(cost), features };
}
