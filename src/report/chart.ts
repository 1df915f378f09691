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

/** Marks that tell series apart without colour, in the legend and in the plot. */
const axisWidth = 11;

/**
 * A line chart of one or more series over the same x positions, as text. Positions are spread over the width and joined
 * by straight lines; a series stops where its value is NaN.
 */
export function renderChart(series: readonly ChartSeries[], options: ChartOptions): string {
  const positions = options.xLabels.length;
  if (positions === 0 || series.length === 0) return '';
  const plotWidth = Math.max(positions, (options.width ?? 78) - axisWidth);
  const columns = positions === 1 ? 1 : plotWidth;
  const lines: string[] = [options.title, ''];
  for (const one of series) {
    if (series.length > 1) lines.push(`${' '.repeat(axisWidth)}${one.name}`);
    const spread = Array.from({ length: columns }, (_, column) => interpolate(one.values, column, columns));
    const finite = spread.filter(Number.isFinite);
    if (finite.length === 0) continue;
    const maximum = Math.max(...finite);
    lines.push(
      asciichart.plot(spread, {
        height: options.height ?? (series.length > 1 ? 6 : 10),
        min: Math.min(0, ...finite),
        max: maximum === 0 ? 1 : maximum,
        format: (value: number) => options.formatValue(value).padStart(axisWidth - 3),
      }),
    );
  }
  lines.push(labelLine(options.xLabels, columns), '');
  return lines.join('\n');
}

function interpolate(values: readonly number[], column: number, columns: number): number {
  if (columns === 1) return values[0] ?? Number.NaN;
  const position = (column * (values.length - 1)) / (columns - 1);
  const left = values[Math.floor(position)] ?? Number.NaN;
  const right = values[Math.ceil(position)] ?? Number.NaN;
  return left + (right - left) * (position - Math.floor(position));
}

function labelLine(labels: readonly string[], columns: number): string {
  const line: string[] = Array.from({ length: axisWidth + columns + 8 }, () => ' ');
  let free = 0;
  labels.forEach((label, index) => {
    const center =
      axisWidth - 1 + (labels.length === 1 ? 0 : Math.round((index * (columns - 1)) / (labels.length - 1)));
    const start = Math.max(0, Math.min(center - Math.floor(label.length / 2), line.length - label.length));
    if (start < free) return;
    for (let offset = 0; offset < label.length; offset++) line[start + offset] = label.charAt(offset);
    free = start + label.length + 1;
  });
  return line.join('').trimEnd();
}
