import type { Configuration } from '../settings/configuration.ts';
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
  const curves: (Curve | undefined)[] = [];
  const axis = speedAxis(axes);
  if (axis) curves.push(buildCurve('iops', axis, axes, measured));
  if (includes(axes, clusterAxis)) {
    const amplified = measured.every((row) => row.spaceAmplificationRatio !== null);
    curves.push(buildCurve(amplified ? 'spaceAmplificationRatio' : 'allocatedBytes', clusterAxis, axes, measured));
  }
  return curves.filter((curve) => curve !== undefined);
}

/** The setting over which IOPS are worth a curve, of those that vary; undefined where there is none. */
export function speedAxis(axes: readonly SettingAxis[]): SettingAxis | undefined {
  return [...cacheAxes, clusterAxis].find((axis) => includes(axes, axis));
}

/** What tells a line of a curve over `axis` from the others: its values of the other settings that vary. */
export function lineName(configuration: Configuration, axis: SettingAxis, axes: readonly SettingAxis[]): string {
  return axes
    .filter((other) => !isSame(other, axis))
    .map((other) => printSetting(other, settingOf(configuration, other)))
    .join(' ');
}

function includes(axes: readonly SettingAxis[], wanted: SettingAxis): boolean {
  return axes.some((axis) => isSame(axis, wanted));
}

function isSame(left: SettingAxis, right: SettingAxis): boolean {
  return left.scope === right.scope && left.name === right.name;
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
  const engines = new Set(rows.map((row) => row.engine));
  const nameOf = (row: JournalReportRow): string =>
    `${lineName(row.configuration, axis, axes)}${engines.size > 1 ? ` ${row.engine}` : ''}`.trimStart();
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
