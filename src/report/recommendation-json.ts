import type { Option, Recommendation } from '../advisor/recommendation.ts';
import { formatQemuVersion } from '../settings/qemu-version.ts';
import { commandVerification } from './recommendation-commands.ts';

/** The JSON document of a recommendation, as the contract has it. */
export function recommendationDocument(recommendation: Recommendation) {
  const { request } = recommendation;
  return {
    schema: 'qtune.recommend/1',
    disk: { virtualBytes: request.diskBytes, backing: request.hasBacking },
    workload: { name: request.traits.name, title: request.traits.title, source: request.traits.source },
    priority: request.priority,
    ...(request.memoryLimitBytes === undefined ? {} : { memoryLimitBytes: request.memoryLimitBytes }),
    ...(request.qemu === undefined ? {} : { qemuVersion: formatQemuVersion(request.qemu) }),
    nothingToGain: recommendation.nothingToGain,
    recommended: optionDocument(recommendation.recommended),
    baseline: optionDocument(recommendation.baseline),
    alternatives: recommendation.alternatives.map(optionDocument),
    commands: recommendation.commands,
    undo: recommendation.undo,
    commandNotes: recommendation.commandNotes,
    commandVerification: commandVerification(recommendation),
    notes: recommendation.notes,
    evidence: recommendation.evidence,
    ...(recommendation.model === undefined ? {} : { model: recommendation.model }),
    ...(recommendation.finding === undefined ? {} : { finding: recommendation.finding }),
  } as const;
}

function optionDocument({ title, tradeOff, proposal, reasons }: Option) {
  const round = (value: number) => Number(value.toPrecision(6));
  return {
    title,
    ...(tradeOff === '' ? {} : { tradeOff }),
    ...proposal.stated,
    expected: proposal.expected.map(({ metric, source, value, low, high, samplingRatio }) => ({
      metric,
      source,
      value: round(value),
      low: round(low),
      high: round(high),
      ...(samplingRatio === undefined ? {} : { samplingRatio: round(samplingRatio) }),
    })),
    memoryBytes: proposal.memoryBytes,
    metadataBytes: proposal.metadataBytes,
    allocationUnitBytes: proposal.allocationUnitBytes,
    coveredBytes: Math.min(proposal.cache.coveredBytes, proposal.geometry.diskBytes),
    reasons,
  };
}
