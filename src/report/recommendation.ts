import type { ExistingImage } from '../advisor/advice-request.ts';
import type { ModelBasis, Option, Recommendation } from '../advisor/recommendation.ts';
import type { Reason } from '../advisor/rule.ts';
import { formatBytes } from '../units/bytes.ts';
import { formatCount, formatRatio } from '../units/rate.ts';
import { printable } from './printable.ts';
import { mainCommands, otherCommands } from './recommendation-commands.ts';
import { contributionsSection } from './recommendation-contributions.ts';
import { paragraph } from './recommendation-paragraph.ts';
import { risksSection } from './recommendation-risks.ts';
import { sensitivitySection } from './recommendation-sensitivity.ts';
import { spaceText } from './recommendation-space.ts';
import { recommendationTable } from './recommendation-table.ts';
import { settingTexts } from './recommendation-values.ts';
import { workloadsSection } from './recommendation-workloads.ts';

/**
 * The recommendation for people: the cliff, the comparison, the reasons, and what to paste.
 * @param front sections on the front, where it was asked for
 */
export function renderRecommendation(
  recommendation: Recommendation,
  columns: number,
  front: readonly string[] = [],
): string {
  const width = answerWidth(columns);
  const { target } = recommendation.request;
  const table = recommendationTable(recommendation, width);
  const sections = [
    ...headline(recommendation).map((text) => paragraph(text, width)),
    table.text,
    ...mainCommands(recommendation, target !== undefined, width),
    paragraph(`${basis(recommendation)} ${spaceText(recommendation)}`.trim(), width),
    ...front,
    ...workloadsSection(recommendation, width),
    section(
      'Why',
      recommendation.recommended.reasons.map((reason) => reasonText(reason, width)),
    ),
    ...contributionsSection(recommendation, width),
    ...risksSection(recommendation, width),
    ...sensitivitySection(recommendation, width),
    section(
      'Alternatives',
      recommendation.alternatives.map((option) => alternativeText(option, table.left.includes(option), width)),
    ),
    section(
      'Left alone',
      recommendation.notes.map((reason) => reasonText(reason, width)),
    ),
    ...otherCommands(recommendation, target !== undefined, width),
  ];
  return `${sections.join('\n\n')}\n`;
}

/** Columns of the answer on a terminal of so many. */
export function answerWidth(columns: number): number {
  return Math.max(60, Math.min(columns, 110));
}

function headline(recommendation: Recommendation): readonly string[] {
  const { baseline, request } = recommendation;
  const disk = formatBytes(request.diskBytes);
  const { coveredBytes } = baseline.proposal.cache;
  const image = request.image === undefined ? [] : [existingImageText(request.image, request.diskBytes)];
  const covered = coveredBytes >= request.diskBytes;
  const cliff = covered
    ? `QEMU's default cache covers all of this ${disk} disk: its L2 tables take ${formatBytes(baseline.proposal.geometry.l2FullCoverageBytes)} of at most 32 MiB.`
    : `QEMU's default cache covers ${formatBytes(coveredBytes)} of this ${disk} disk (${formatRatio(coveredBytes / request.diskBytes)}). A request to the rest first reads an L2 table.`;
  if (recommendation.finding !== undefined) {
    const change = recommendation.nothingToGain ? ` There is nothing to gain. ${whatWouldChange(covered)}` : '';
    return [...image, cliff, `${recommendation.finding}${change}`];
  }
  if (!recommendation.nothingToGain) return [...image, cliff, speedup(recommendation)];
  return [...image, cliff, `There is nothing to gain: ${nothing(recommendation, covered)}`];
}

/** What is there already, by the header of the image. */
function existingImageText(
  { create, fileName, allocatedBytes, backingName, hasSnapshots, running }: ExistingImage,
  diskBytes: number,
): string {
  const made = settingTexts({ create, drive: {} }).join(', ') || "QEMU's default format";
  const taken = allocatedBytes === undefined ? '' : `, ${formatBytes(allocatedBytes)} on the host's disk`;
  const backing = backingName === undefined ? '' : ` It lies over ${printable(backingName)}, which was not opened.`;
  const snapshots = hasSnapshots ? ' It has internal snapshots.' : '';
  return `${printable(fileName)}: ${formatBytes(diskBytes)}, ${printable(made)}${taken}.${backing}${snapshots} What it was created with stays: these are settings ${running === undefined ? 'for its next start' : 'that it can be given while it runs, beside those that QEMU starts with'}.`;
}

function speedup({ recommended, baseline, speedRatio, model }: Recommendation): string {
  const value = recommended.proposal.iops.value / baseline.proposal.iops.value;
  const by = model ? "the model of QEMU's driver" : 'arithmetic';
  const range = speedRatio ? ` (${speedRatio.low.toFixed(2)} to ${speedRatio.high.toFixed(2)} times)` : '';
  const than = `the defaults' speed${range}, by ${by}`;
  if (value >= 1.15) return `Recommended: about ${value.toFixed(value < 1.95 ? 2 : 1)} times ${than}.`;
  if (value >= 1.015) return `Recommended: about ${formatRatio(value - 1)} above ${than}.`;
  if (value <= 0.985) return `Recommended: about ${formatRatio(1 - value)} below ${than}, for what it saves.`;
  return `Recommended: ${than}, for less.`;
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
  // Several workloads are not measured at once.
  const hint = trials || request.blend ? '' : ' Measure with --measure.';
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

/** What an alternative gives and takes; with its settings where the table had no room for it. */
function alternativeText({ title, tradeOff, proposal }: Option, isLeft: boolean, width: number): string {
  const text = paragraph(`${title}: ${tradeOff}`, width, '  ');
  if (!isLeft) return text;
  const { iops, memoryBytes, spaceAmplification, settings } = proposal;
  const figures = `${formatCount(iops.value)} IOPS, ${formatBytes(memoryBytes)} of cache, ${Number(spaceAmplification.value.toPrecision(3))}× space per byte`;
  return `${text}\n${paragraph(`${settingTexts(settings).join(', ') || 'the defaults'}: ${figures}`, width, '    ')}`;
}

function section(title: string, entries: readonly string[]): string {
  return `${title}\n\n${entries.join('\n')}`;
}

function reasonText({ setting, because, source, costs }: Reason, width: number): string {
  const price = costs === undefined ? '' : ` Costs: ${costs}`;
  return paragraph(`${setting}: ${because}${price} [${source}]`, width, '  ');
}
