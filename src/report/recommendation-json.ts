import type { RaceSummary } from '../advisor/race/race-summary.ts';
import type { Option, Recommendation } from '../advisor/recommendation.ts';
import { formatQemuVersion } from '../settings/qemu-version.ts';
import { commandVerification } from './recommendation-commands.ts';
import { spaceDocument } from './recommendation-space.ts';
import { rounded, worthDocument } from './recommendation-worth-json.ts';

/** The JSON document of a recommendation, as the contract has it. */
export function recommendationDocument(recommendation: Recommendation) {
  const { request } = recommendation;
  return {
    schema: 'qtune.recommend/1',
    disk: { virtualBytes: request.diskBytes, backing: request.hasBacking },
    workload: { name: request.traits.name, title: request.traits.title, source: request.traits.source },
    ...(request.image === undefined ? {} : { image: request.image }),
    ...(request.target === undefined ? {} : { target: request.target }),
    ...(request.blend === undefined ? {} : { robust: request.blend.isRobust }),
    priority: request.priority,
    ...(request.memoryLimitBytes === undefined ? {} : { memoryLimitBytes: request.memoryLimitBytes }),
    ...(request.qemu === undefined ? {} : { qemuVersion: formatQemuVersion(request.qemu) }),
    nothingToGain: recommendation.nothingToGain,
    recommended: optionDocument(recommendation.recommended),
    baseline: optionDocument(recommendation.baseline),
    ...(recommendation.platform === undefined ? {} : { platformDefaults: optionDocument(recommendation.platform) }),
    alternatives: recommendation.alternatives.map(optionDocument),
    ...worthDocument(recommendation),
    commands: recommendation.commands,
    undo: recommendation.undo,
    commandNotes: recommendation.commandNotes,
    commandVerification: commandVerification(recommendation),
    ...spaceDocument(recommendation),
    risks: recommendation.risks,
    notes: recommendation.notes,
    evidence: recommendation.evidence,
    ...(recommendation.model === undefined ? {} : { model: recommendation.model }),
    ...(recommendation.race === undefined ? {} : { race: raceDocument(recommendation.race) }),
    ...(recommendation.finding === undefined ? {} : { finding: recommendation.finding }),
  } as const;
}

function raceDocument({ certaintyRatio, confirmation, ...race }: RaceSummary) {
  return {
    ...race,
    certaintyRatio: rounded(certaintyRatio),
    ...(confirmation === undefined ? {} : { confirmation: confirmationDocument(confirmation) }),
  };
}

function confirmationDocument({ ratio, low, high, ...rest }: NonNullable<RaceSummary['confirmation']>) {
  const figure = (value: number | null) => (value === null ? null : rounded(value));
  return { ...rest, ratio: figure(ratio), low: figure(low), high: figure(high) };
}

function optionDocument({ title, tradeOff, proposal, reasons }: Option) {
  return {
    title,
    ...(tradeOff === '' ? {} : { tradeOff }),
    ...proposal.stated,
    expected: proposal.expected.map(({ metric, source, value, low, high, samplingRatio }) => ({
      metric,
      source,
      value: rounded(value),
      low: rounded(low),
      high: rounded(high),
      ...(samplingRatio === undefined ? {} : { samplingRatio: rounded(samplingRatio) }),
    })),
    memoryBytes: proposal.memoryBytes,
    metadataBytes: proposal.metadataBytes,
    allocationUnitBytes: proposal.allocationUnitBytes,
    coveredBytes: Math.min(proposal.cache.coveredBytes, proposal.geometry.diskBytes),
    reasons,
  };
}
