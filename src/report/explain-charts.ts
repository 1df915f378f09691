import type { ChartSeries, ChartUnit, ExplainChart } from '../advisor/explain/explanation.ts';
import { formatBytes } from '../units/bytes.ts';
import { formatCount, formatRatio } from '../units/rate.ts';
import { bar } from './bar.ts';
import { renderChart } from './chart.ts';
import { paragraph } from './recommendation-paragraph.ts';
import { renderTable } from './table.ts';

const barWidth = 28;
const narrowBarWidth = 12;
const oneHeight = 9;
const severalHeight = 5;

const formats: Readonly<Record<ChartUnit, (value: number) => string>> = {
  bytes: formatBytes,
  count: formatCount,
  perSecond: formatCount,
  ratio: formatRatio,
};

/** A chart with what it shows: lines over steps, bars for things apart. */
export function renderExplainChart(chart: ExplainChart, width: number): string {
  const about = paragraph(`[${chart.source}] ${chart.about}`, width, '  ');
  if (chart.shape === 'bars') return `${paragraph(chart.title, width)}\n\n${bars(chart)}\n${about}`;
  const { drawn, note } = lines(chart, width);
  return `${paragraph(`${chart.title}${note}`, width)}\n\n${drawn}\n${about}`;
}

function lines(
  { labels, series: all, unit }: ExplainChart,
  width: number,
): { readonly drawn: string; readonly note: string } {
  const series = together(all);
  const axis = axisOf(
    series.flatMap(({ values }) => values.filter((value) => value !== null)),
    formats[unit],
  );
  const drawn = renderChart(
    series.map(({ name, values }) => ({
      name,
      values: values.map((value) => (value === null ? Number.NaN : axis.position(value))),
    })),
    {
      title: '',
      xLabels: labels,
      formatValue: axis.format,
      height: series.length > 1 ? severalHeight : oneHeight,
      width: width - 1,
    },
  );
  const named = series.length === 1 ? `  ${series[0]?.name ?? ''}\n` : '';
  return { drawn: `${named}${drawn.replace(/^\n+/, '')}`, note: axis.note };
}

/** Lines that are the same are drawn once, under the names of all. */
function together(series: readonly ChartSeries[]): readonly ChartSeries[] {
  const byValues = new Map<string, ChartSeries[]>();
  for (const one of series) {
    const key = JSON.stringify(one.values);
    byValues.set(key, [...(byValues.get(key) ?? []), one]);
  }
  return [...byValues.values()].map((same) => ({
    name: same.map(({ name }) => name).join(', '),
    values: same[0]?.values ?? [],
  }));
}

interface Axis {
  position(value: number): number;
  readonly format: (position: number) => string;
  readonly note: string;
}

/** Values that differ by more than this, as a ratio, are drawn on a logarithmic axis: the small ones would all be at its foot. */
const widestLinearRatio = 40;

/** A chart begins at 0, so that a logarithmic one is drawn from the power of two below its least value; 0 is put there too. */
function axisOf(values: readonly number[], format: (value: number) => string): Axis {
  const positive = values.filter((value) => value > 0);
  const [least, most] = [Math.min(...positive), Math.max(...positive)];
  if (positive.length === 0 || least < 1 || most / least <= widestLinearRatio)
    return { position: (value) => value, format, note: '' };
  const foot = Math.floor(Math.log2(least)) - (positive.length < values.length ? 1 : 0);
  const hasZero = positive.length < values.length;
  return {
    position: (value) => (value > 0 ? Math.log2(value) - foot : 0),
    format: (position) => (hasZero && position < 1e-9 ? format(0) : format(2 ** (position + foot))),
    note: ' (logarithmic)',
  };
}

function bars({ labels, series, unit }: ExplainChart): string {
  const most = Math.max(...series.flatMap(({ values }) => values.map((value) => value ?? 0)));
  const several = series.length > 1;
  const rows = labels.flatMap((label, index) =>
    series.map(({ name, values }, position) => {
      const value = values[index] ?? null;
      const drawn =
        value === null || value === 0 || most === 0 ? '' : bar(value / most, several ? narrowBarWidth : barWidth);
      return [
        position === 0 ? `  ${label}` : '',
        ...(several ? [name] : []),
        value === null ? '–' : formats[unit](value),
        drawn,
      ];
    }),
  );
  return renderTable(
    [{ title: '' }, ...(several ? [{ title: '' }] : []), { title: '', align: 'right' }, { title: '' }],
    rows,
  ).replace(/^\s*\n/, '');
}
