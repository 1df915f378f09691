import type { ModelBasis, Option, Recommendation } from '../advisor/recommendation.ts';
import type { Reason } from '../advisor/rule.ts';
import { formatBytes } from '../units/bytes.ts';
import { formatCount, formatRatio } from '../units/rate.ts';
import { commandSections } from './recommendation-commands.ts';
import { paragraph } from './recommendation-paragraph.ts';
import { recommendationTable } from './recommendation-table.ts';

/** The recommendation for people: the cliff, the comparison, the reasons, and what to paste. */
export function renderRecommendation(recommendation: Recommendation, columns: number): string {
  const width = Math.max(60, Math.min(columns, 110));
  const sections = [
    ...headline(recommendation).map((text) => paragraph(text, width)),
    recommendationTable(recommendation).trimEnd(),
    paragraph(basis(recommendation), width),
    section(
      'Why',
      recommendation.recommended.reasons.map((reason) => reasonText(reason, width)),
    ),
    section(
      'Alternatives',
      recommendation.alternatives.map(({ title, tradeOff }) => paragraph(`${title}: ${tradeOff}`, width, '  ')),
    ),
    section(
      'Left alone',
      recommendation.notes.map((reason) => reasonText(reason, width)),
    ),
    ...commandSections(recommendation, width),
  ];
  return `${sections.join('\n\n')}\n`;
}

function headline(recommendation: Recommendation): readonly string[] {
  const { baseline, recommended, request } = recommendation;
  const disk = formatBytes(request.diskBytes);
  const { coveredBytes } = baseline.proposal.cache;
  const covered = coveredBytes >= request.diskBytes;
  const cliff = covered
    ? `QEMU's default cache covers all of this ${disk} disk: its L2 tables take ${formatBytes(baseline.proposal.geometry.l2FullCoverageBytes)} of at most 32 MiB.`
    : `QEMU's default cache covers ${formatBytes(coveredBytes)} of this ${disk} disk (${formatRatio(coveredBytes / request.diskBytes)}). A request to the rest first reads an L2 table.`;
  if (recommendation.finding !== undefined) {
    const change = recommendation.nothingToGain ? ` There is nothing to gain. ${whatWouldChange(covered)}` : '';
    return [cliff, `${recommendation.finding}${change}`];
  }
  if (!recommendation.nothingToGain)
    return [cliff, speedup(recommended.proposal.iops.value / baseline.proposal.iops.value)];
  return [cliff, `There is nothing to gain: ${nothing(recommendation, covered)}`];
}

function speedup(ratio: number): string {
  if (ratio > 1.05) return `Recommended: about ${ratio.toFixed(1)} times the speed of the defaults in the model.`;
  if (ratio < 0.95)
    return `Recommended: about ${formatRatio(ratio)} of the defaults' speed in the model, for what it saves.`;
  return 'Recommended: the speed of the defaults in the model, for less.';
}

function nothing({ request }: Recommendation, covered: boolean): string {
  const reason =
    request.priority === 'speed'
      ? `no settings are expected to be noticeably faster for ${request.traits.title}.`
      : `no settings save a tenth of the ${request.priority} without being slower.`;
  return `${reason} ${whatWouldChange(covered)}`;
}

function whatWouldChange(covered: boolean): string {
  return covered
    ? 'A larger disk, a backing file or a limit on memory would change that.'
    : 'Work that reaches more of the disk (--workload general is the worst case), a backing file or a limit on memory would change that.';
}

function basis({ request, trials, recommended, baseline, model }: Recommendation): string {
  const { title, source } = request.traits;
  const workload = `one request at a time, for ${title} (${source}).`;
  if (trials?.engine === 'simulated') {
    return `Nothing was measured. IOPS are predicted ${workload} The model of QEMU's driver ran ${trials.count} workloads on disks of this size, and each host I/O has its cost (\`qtune doctor --calibrate\` measures this machine's).`;
  }
  const qemu = request.qemu ? '' : ' QEMU is taken to be 5.2 or later (--qemu-version says otherwise).';
  const hint = trials ? '' : ' Measure with --measure.';
  const measured = trials ? `${measuredText(trials.count, recommended)} ` : '';
  if (model !== undefined)
    return `${measured}${modelText(model, trials !== undefined)} ${imageText(request)}${sampleText(model, recommended, baseline)} For ${title} (${source}).${hint}${qemu}`;
  return `${measured}Predicted from arithmetic, ${workload} The range spans a published SSD and qtune's own reference machine, half as much again on both sides; read predicted IOPS as ratios between columns. --rank has the model of QEMU's driver predict.${hint}${qemu}`;
}

function measuredText(trialCount: number, { proposal }: Option): string {
  if (proposal.expected.every(({ source }) => source !== 'measured')) {
    return `The time was enough for ${trialCount} trials, and not for a value of each configuration.`;
  }
  return `Measured one request at a time on images of the disk's size in ${trialCount} trials; the range is a 95 % interval of the median.`;
}

function modelText({ rankedCount, costs }: ModelBasis, sameRequests: boolean): string {
  const ranked = rankedCount > 0 ? `, the best of ${formatCount(rankedCount)} configurations` : '';
  const same = sameRequests ? ' of the same requests' : '';
  const warning = costs.warning === undefined ? '' : ` (${costs.warning}; \`qtune doctor --calibrate\` does that)`;
  return `Predicted${same}, one at a time, by the model of QEMU's driver${ranked}: each host I/O has its cost on ${costs.name}${warning}, and nine of ten runs on such a machine should fall into the range.`;
}

/** What the image holds, and where the figures for space come from. */
function imageText({ workload, traits }: Recommendation['request']): string {
  const image =
    workload === undefined || workload.image.content === 'mapped'
      ? 'As in measured images of this size the data itself is a hole: reading and writing real data adds the same to every column.'
      : `The image starts ${workload.image.content}, as the workload has it.`;
  return `${image} Space is ${traits.allocatedRatios === undefined ? 'arithmetic' : 'counted from the requests'}.`;
}

/** How much of a long workload was run, and what that may do to the figures. */
function sampleText({ sample }: ModelBasis, recommended: Option, baseline: Option): string {
  if (sample === undefined) return '';
  const { requestCount, ofRequestCount, windowCount } = sample;
  const errors = [recommended, baseline].map(({ proposal }) => proposal.iops.samplingRatio ?? 0);
  const [least, most] = [Math.min(...errors), Math.max(...errors)].map((ratio) => formatRatio(ratio));
  const error = least === most ? `${most}` : `${least} to ${most}`;
  return ` Each configuration ran ${requestCount.toLocaleString('en')} of the ${ofRequestCount.toLocaleString('en')} requests, in ${windowCount} windows all over them, on the image as it is there: against a run of all, IOPS may be off by ±${error} (95 % interval; within the range).`;
}

function section(title: string, entries: readonly string[]): string {
  return `${title}\n\n${entries.join('\n')}`;
}

function reasonText({ setting, because, source, costs }: Reason, width: number): string {
  const price = costs === undefined ? '' : ` Costs: ${costs}`;
  return paragraph(`${setting}: ${because}${price} [${source}]`, width, '  ');
}
