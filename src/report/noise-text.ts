import { formatBytes } from '../units/bytes.ts';
import { formatDuration } from '../units/duration.ts';
import { formatRatio } from '../units/rate.ts';
import { formatChange, formatChangeInterval } from './figures.ts';
import type { NoiseReport, WorkloadNoise } from './noise.ts';
import { renderTable } from './table.ts';

const right = 'right';

/** How noisy the machine is, what disturbed it, and which differences it shows in which time. */
export function renderNoise(report: NoiseReport): string {
  const { workloads, power, errorRate, mostBlocks } = report;
  const columns = workloads.map(({ name }) => ({ title: name, align: right }) as const);
  const rows: readonly (readonly [string, (noise: WorkloadNoise) => string])[] = [
    ['blocks', ({ blockCount }) => String(blockCount)],
    ['time of a block', ({ blockMs }) => formatDuration(blockMs)],
    ['ratio of equal sides', ({ ratio }) => (ratio === null ? '' : formatChange(ratio))],
    ['its 95 % interval', ({ low, high }) => (low === null || high === null ? '' : formatChangeInterval(low, high))],
    ['spread from block to block', ({ deviation }) => (deviation === null ? 'unknown' : percent(deviation))],
    ['its 95 % interval', spreadInterval],
    ['disturbed blocks', ({ disturbed }) => String(disturbed.blockCount)],
  ];
  const found = `${formatRatio(power)} of runs find it`;
  const first = workloads[0];
  const toFind = (first?.toFind ?? []).map(({ effectRatio }, index) => [
    percent(effectRatio),
    ...workloads.map(({ toFind: all }) => effort(all[index], mostBlocks)),
  ]);
  const inTime = (first?.inTime ?? []).map(({ timeMs }, index) => [
    formatDuration(timeMs),
    ...workloads.map(({ inTime: all }) => visible(all[index])),
  ]);
  return [
    ...workloads.map(({ name, title }) => `${name}: ${title}\n`),
    `Two equal sides in slices that took turns, as in \`run --until-decided\`; QEMU ${report.engine.version}\n\n`,
    renderTable(
      [{ title: '' }, ...columns],
      rows.map(([title, text]) => [title, ...workloads.map(text)]),
    ),
    ...workloads.flatMap(disturbances),
    `\nDifferences that can be told from noise, one comparison at an error rate of ${formatRatio(errorRate)} (${found}):\n\n`,
    renderTable([{ title: 'difference', align: right }, ...columns], toFind),
    toFind.some((row) => row.some((text) => text.endsWith('*')))
      ? `* \`run --until-decided\` stops at ${mostBlocks} blocks unless --repetitions allows more\n`
      : '',
    '\n',
    renderTable([{ title: 'time', align: right }, ...columns], inTime),
    `\n${recommendation(report)}\n`,
    ...report.warnings.map(
      ({ subject, message, hint }, index) =>
        `${index === 0 ? '\n' : ''}[${index + 1}] ${[`${subject}: ${message}.`, hint ?? ''].join(' ').trim()}\n`,
    ),
  ].join('');
}

function spreadInterval({ deviationLow, deviationHigh }: WorkloadNoise): string {
  if (deviationLow === null || deviationHigh === null) return '';
  return `[${percent(deviationLow).replace(' %', '')}, ${percent(deviationHigh)}]`;
}

function effort(entry: WorkloadNoise['toFind'][number] | undefined, mostBlocks: number): string {
  if (entry === undefined || entry.blockCount === null || entry.timeMs === null) return 'never';
  const mark = entry.blockCount > mostBlocks ? '*' : '';
  return `${formatDuration(entry.timeMs)}, ${entry.blockCount} blocks${mark}`;
}

function visible(entry: WorkloadNoise['inTime'][number] | undefined): string {
  return entry === undefined || entry.effectRatio === null ? 'too short' : percent(entry.effectRatio);
}

/** Two digits, rounded up so that nothing is promised that is not there. */
function percent(ratio: number): string {
  const value = ratio * 100;
  if (value >= 100) return `${Math.ceil(value)} %`;
  const unit = 10 ** (Math.floor(Math.log10(value)) - 1);
  return `${Number((Math.ceil(value / unit - 1e-6) * unit).toPrecision(2))} %`;
}

function disturbances({ name, disturbed, blockCount, usedBlockCount }: WorkloadNoise): readonly string[] {
  if (disturbed.blockCount === 0) return [];
  const kinds = [
    [disturbed.stealMs, `the hypervisor had the processor for ${formatDuration(disturbed.stealMs)}`],
    [disturbed.waitMs, `other processes had it for ${formatDuration(disturbed.waitMs)}`],
    [disturbed.throttledMs, `a quota held processes back for ${formatDuration(disturbed.throttledMs)}`],
    [disturbed.otherIoBytes, `others moved ${formatBytes(disturbed.otherIoBytes)} on the disk`],
  ] as const;
  const what = kinds.filter(([amount]) => amount > 0).map(([, text]) => text);
  const rest = usedBlockCount < blockCount ? 'left out, as a run would measure them again' : 'used all the same';
  return [
    `${name}: ${disturbed.blockCount} of ${blockCount} blocks were disturbed and are ${rest}: ${what.join('; ')}\n`,
  ];
}

function recommendation({ workloads, recommendedThresholdRatio: ratio, recommendedForMs }: NoiseReport): string {
  if (workloads.some(({ deviation }) => deviation === null))
    return 'Blocks did not differ, so nothing is known of the noise.';
  const time = formatDuration(recommendedForMs);
  if (ratio === null) return `This machine is too noisy: ${time} do not show a difference of 20 %.`;
  return `Recommended: --threshold ${percent(ratio).replace(' ', '')}. A run of ${time} tells smaller differences from noise too seldom here.`;
}
