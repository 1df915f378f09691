import type { Expectation } from '../advisor/proposal.ts';
import type { Option, Recommendation } from '../advisor/recommendation.ts';
import type { SettingValue } from '../settings/configuration.ts';
import { exactBytes, formatBytes } from '../units/bytes.ts';
import { formatCount, formatRatio } from '../units/rate.ts';
import { printable } from './printable.ts';
import { renderTable } from './table.ts';

/** The table, and the alternatives that it has no room for. */
export interface FittedTable {
  readonly text: string;
  readonly left: readonly Option[];
}

/** Settings on the left, one column for each option, its expected speed and costs below: as many alternatives as there is room for. */
export function recommendationTable(recommendation: Recommendation, columns: number): FittedTable {
  const { recommended, baseline, platform, alternatives } = recommendation;
  const first = [recommended, baseline, ...(platform ? [platform] : [])];
  for (let count = alternatives.length; ; count--) {
    const text = optionsTable(recommendation, [...first, ...alternatives.slice(0, count)]).trimEnd();
    const width = Math.max(...text.split('\n').map((line) => line.length));
    if (width <= columns || count === 0) return { text, left: alternatives.slice(count) };
  }
}

function optionsTable(recommendation: Recommendation, options: readonly Option[]): string {
  const defaults = recommendation.baseline.title;
  const shown = recommendation.nothingToGain ? options.slice(1) : options;
  const row = (title: string, cell: (option: Option) => string) => [title, ...shown.map(cell)];
  const names = [...new Set(options.flatMap((option) => Object.keys(settingsOf(option))))];
  const columns = shown.map(({ title }) => ({
    title: recommendation.nothingToGain && title === defaults ? 'recommended (defaults)' : title,
  }));
  return renderTable(
    [{ title: '' }, ...columns],
    [
      ...names.map((name) => row(name, (option) => settingText(settingsOf(option)[name]))),
      ...expectationRows(row, options),
      row('cache memory, computed', ({ proposal }) => formatBytes(proposal.memoryBytes)),
      row('covered by the cache', ({ proposal }) =>
        proposal.cache.coveredBytes >= proposal.geometry.diskBytes ? 'all' : formatBytes(proposal.cache.coveredBytes),
      ),
      row('metadata on disk, computed', ({ proposal }) => formatBytes(proposal.metadataBytes)),
      row('unit of allocation', ({ proposal }) => formatBytes(proposal.allocationUnitBytes)),
    ],
  );
}

const metrics = [
  { metric: 'iops', title: 'IOPS', format: formatCount },
  {
    metric: 'spaceAmplificationRatio',
    title: 'space per byte',
    format: (value: number) => `${Number(value.toPrecision(3))}×`,
  },
] as const;

/** By how much the measured speed differs from the predicted one, as a share of that. */
function differenceRows(
  row: (title: string, cell: (option: Option) => string) => string[],
  options: readonly Option[],
): string[][] {
  const difference = ({ proposal }: Option): number | undefined => {
    const [measured, predicted] = (['measured', 'predicted'] as const).map((source) =>
      proposal.expected.find((entry) => entry.metric === 'iops' && entry.source === source),
    );
    return measured && predicted ? measured.value / predicted.value - 1 : undefined;
  };
  if (!options.some((option) => difference(option) !== undefined)) return [];
  return [
    row('measured against predicted', (option) => {
      const share = difference(option);
      return share === undefined ? '–' : `${share < 0 ? '−' : '+'}${formatRatio(Math.abs(share))}`;
    }),
  ];
}

function expectationRows(
  row: (title: string, cell: (option: Option) => string) => string[],
  options: readonly Option[],
): string[][] {
  return metrics.flatMap(({ metric, title, format }) =>
    (['measured', 'predicted'] as const).flatMap((source) => {
      const find = (option: Option): Expectation | undefined =>
        option.proposal.expected.find((entry) => entry.metric === metric && entry.source === source);
      if (!options.some(find)) return [];
      const differences = metric === 'iops' && source === 'predicted' ? differenceRows(row, options) : [];
      return [
        row(`${title}, ${source}`, (option) => {
          const found = find(option);
          return found ? format(found.value) : '–';
        }),
        row('  from … to', (option) => {
          const found = find(option);
          return found ? `${format(found.low)} … ${format(found.high)}` : '';
        }),
        ...differences,
      ];
    }),
  );
}

function settingsOf({ proposal }: Option): Readonly<Record<string, SettingValue>> {
  const { create, drive } = proposal.stated;
  return { ...create, ...drive };
}

function settingText(value: SettingValue | undefined): string {
  if (value === undefined) return 'default';
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  return typeof value === 'number' && value >= 1024 ? exactBytes(value) : printable(String(value), 24);
}
