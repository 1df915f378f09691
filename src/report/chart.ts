import asciichart from 'asciichart';

export interface ChartSeries {
  readonly name: string;
  /** One value per x position; NaN where there is none. */
  readonly values: readonly number[];
}

export interface ChartOptions {
  readonly title: string;
  /** One label per x position, in order; drawn below as far as they fit. */
  readonly xLabels: readonly string[];
  /** Formats a value of the y axis. */
  readonly formatValue: (value: number) => string;
  /** Rows of the plot. */
  readonly height?: number;
  /** Columns of the whole chart. */
  readonly width?: number;
}

/** Least width of the figures of the y axis. */
const labelWidth = 8;
/** Between the figures and the first column of the plot: a space and the axis. */
const axisOffset = 2;

/**
 * A line chart of one or more series over the same x positions, as text. Positions are spread over the width and joined
 * by straight lines; a series stops where its value is NaN. Several series are drawn below each other, each under its name,
 * all to the same scale, so that their heights compare.
 */
export function renderChart(series: readonly ChartSeries[], options: ChartOptions): string {
  const positions = options.xLabels.length;
  const all = series.flatMap((one) => one.values).filter(Number.isFinite);
  if (positions === 0 || all.length === 0) return '';
  const scale = {
    min: Math.min(0, ...all),
    max: Math.max(0, ...all) || 1,
    height: options.height ?? (series.length > 1 ? 6 : 10),
  };
  const labels = Array.from({ length: scale.height + 1 }, (_, row) =>
    options.formatValue(scale.max - (row * (scale.max - scale.min)) / scale.height),
  );
  const left = Math.max(labelWidth, ...labels.map((label) => label.length)) + axisOffset;
  const columns = positions === 1 ? 1 : Math.max(positions, (options.width ?? 78) - left - 1);
  const lines: string[] = [options.title, ''];
  for (const one of series) {
    if (!one.values.some(Number.isFinite)) continue;
    if (series.length > 1) lines.push(`${' '.repeat(left)} ${one.name}`);
    lines.push(...plotLines(spreadOver(one.values, columns), left, { ...scale, format: options.formatValue }));
  }
  lines.push(labelLine(options.xLabels, columns, left), '');
  return lines.join('\n');
}

interface Scale {
  readonly min: number;
  readonly max: number;
  readonly height: number;
  readonly format: (value: number) => string;
}

/** asciichart cannot draw gaps: it gets a full line, of which the columns that touch a gap are blanked. */
function plotLines(values: readonly number[], left: number, scale: Scale): readonly string[] {
  const first = values.find(Number.isFinite);
  if (first === undefined) return [];
  let last = first;
  const filled = values.map((value) => {
    if (Number.isFinite(value)) last = value;
    return last;
  });
  const format = (value: number): string => scale.format(value).padStart(left - axisOffset);
  const plotted = asciichart.plot(filled, { ...scale, format });
  return plotted.split('\n').map((line) => {
    const characters = [...line];
    values.forEach((value, column) => {
      const known = Number.isFinite(value) && Number.isFinite(values[column + 1] ?? value);
      if (!known && column + left < characters.length) characters[column + left] = ' ';
    });
    if (!Number.isFinite(values[0]) && characters[left - 1] === '┼') characters[left - 1] = '┤';
    return characters.join('').trimEnd();
  });
}

/** The values at every column of the plot, joined by straight lines. */
function spreadOver(values: readonly number[], columns: number): readonly number[] {
  if (columns === 1) return values.slice(0, 1);
  const step = (values.length - 1) / (columns - 1);
  return Array.from({ length: columns }, (_, column) => {
    const position = column * step;
    const below = values[Math.floor(position)] ?? Number.NaN;
    const above = values[Math.ceil(position)] ?? Number.NaN;
    const between = below + (above - below) * (position - Math.floor(position));
    if (Number.isFinite(between)) return between;
    // A value beside a gap is drawn as a dash of three columns, lest a lone one be invisible.
    const near = Math.round(position);
    return Math.abs(position - near) < 1.5 * step ? (values[near] ?? Number.NaN) : Number.NaN;
  });
}

function labelLine(labels: readonly string[], columns: number, left: number): string {
  const line: string[] = Array.from({ length: left + columns + 8 }, () => ' ');
  let free = 0;
  labels.forEach((label, index) => {
    const center = left + (labels.length === 1 ? 0 : Math.round((index * (columns - 1)) / (labels.length - 1)));
    const start = Math.max(0, Math.min(center - Math.floor(label.length / 2), line.length - label.length));
    if (label === '' || start < free) return;
    for (let offset = 0; offset < label.length; offset++) line[start + offset] = label.charAt(offset);
    free = start + label.length + 1;
  });
  return line.join('').trimEnd();
}
