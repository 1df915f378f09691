import type { JournalReportRow } from './journal-report-row.ts';
import { printSetting, type SettingAxis, settingOf, varyingSettings } from './setting-axes.ts';

/** One line of a chart: a value per x position, null where nothing was measured there. */
export interface CurveSeries {
  readonly name: string;
  readonly values: readonly (number | null)[];
}

/** A figure over a setting in bytes, one line for each combination of the other settings in which rows differ. */
export interface Curve {
  readonly metric: 'iops' | 'spaceAmplificationRatio' | 'allocatedBytes';
  readonly setting: string;
  readonly scope: SettingAxis['scope'];
  /** The x positions: values of the setting, ascending, bytes. */
  readonly settingBytes: readonly number[];
  readonly series: readonly CurveSeries[];
}

/** Cache settings over which IOPS are worth a curve; the first that differs is taken. */
const cacheAxes: readonly SettingAxis[] = [
  { scope: 'drive', name: 'l2-cache-size' },
  { scope: 'drive', name: 'cache-size' },
  { scope: 'drive', name: 'l2-cache-entry-size' },
];
const clusterAxis: SettingAxis = { scope: 'create', name: 'cluster_size' };

/** The curves that the rows of one workload can be drawn as: IOPS over cache size, IOPS and space over cluster size. */
export function buildCurves(rows: readonly JournalReportRow[]): readonly Curve[] {
  const measured = rows.filter((row) => row.iops !== null);
  const axes = varyingSettings(measured.map((row) => row.configuration));
  const has = (wanted: SettingAxis): boolean =>
    axes.some((axis) => axis.scope === wanted.scope && axis.name === wanted.name);
  const cacheAxis = cacheAxes.find(has);
  const curves: (Curve | undefined)[] = [];
  if (cacheAxis) curves.push(buildCurve('iops', cacheAxis, axes, measured));
  if (has(clusterAxis)) {
    if (!cacheAxis) curves.push(buildCurve('iops', clusterAxis, axes, measured));
    const amplified = measured.every((row) => row.spaceAmplificationRatio !== null);
    curves.push(buildCurve(amplified ? 'spaceAmplificationRatio' : 'allocatedBytes', clusterAxis, axes, measured));
  }
  return curves.filter((curve) => curve !== undefined);
}

/** Undefined where fewer than two rows say the setting's size. */
function buildCurve(
  metric: Curve['metric'],
  axis: SettingAxis,
  axes: readonly SettingAxis[],
  rows: readonly JournalReportRow[],
): Curve | undefined {
  const points = rows.flatMap((row) => {
    const bytes = settingOf(row.configuration, axis);
    return typeof bytes === 'number' ? [{ row, bytes }] : [];
  });
  const settingBytes = [...new Set(points.map((point) => point.bytes))].sort((left, right) => left - right);
  if (settingBytes.length < 2) return undefined;
  const others = axes.filter((other) => other.scope !== axis.scope || other.name !== axis.name);
  const engines = new Set(rows.map((row) => row.engine));
  const nameOf = (row: JournalReportRow): string =>
    [
      ...others.map((other) => printSetting(other, settingOf(row.configuration, other))),
      ...(engines.size > 1 ? [row.engine] : []),
    ].join(' ');
  const names = [...new Set(points.map((point) => nameOf(point.row)))];
  return {
    metric,
    setting: axis.name,
    scope: axis.scope,
    settingBytes,
    series: names.map((name) => ({
      name,
      values: settingBytes.map((bytes) => {
        const point = points.find((candidate) => candidate.bytes === bytes && nameOf(candidate.row) === name);
        return point?.row[metric]?.median ?? null;
      }),
    })),
  };
}
