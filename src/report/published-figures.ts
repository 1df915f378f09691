import type { SettingScope } from '../settings/configuration.ts';
import { parseSettingList } from '../settings/parse.ts';
import type { JournalReportRow } from './journal-report-row.ts';
import { settingOf } from './setting-axes.ts';

/** A published value beside the measured one. Machines differ, so what compares is each one's ratio to its first row. */
export interface PublishedRow {
  /** The settings of the row, as QEMU writes them. */
  readonly settings: string;
  readonly publishedValue: number;
  readonly publishedRatio: number;
  /** Configuration that has these settings; null where none was measured. */
  readonly configuration: string | null;
  readonly value: number | null;
  /** To the first row that was measured, as `publishedRatio` is to the same row. */
  readonly ratio: number | null;
}

export interface PublishedFigures {
  readonly source: string;
  readonly metric: 'iops' | 'fileBytes';
  readonly note: string | null;
  readonly rows: readonly PublishedRow[];
}

interface RawRow {
  readonly create?: unknown;
  readonly drive?: unknown;
  readonly value: number;
}

/**
 * Puts the figures that a workload's profile quotes beside the measured rows. Undefined where the journal has none or
 * they cannot be read: they are an aside, and no reason to refuse a journal.
 */
export function besidePublished(raw: unknown, rows: readonly JournalReportRow[]): PublishedFigures | undefined {
  if (!isFields(raw) || !Array.isArray(raw.rows) || typeof raw.source !== 'string') return undefined;
  const metric = raw.metric === 'fileBytes' ? 'fileBytes' : raw.metric === 'iops' ? 'iops' : undefined;
  if (metric === undefined || !raw.rows.every(isRawRow)) return undefined;
  const found = raw.rows.map((row) => ({
    row,
    measured: plainest(rows.filter((candidate) => hasSettings(candidate, row))),
  }));
  const measuredValue = (row: JournalReportRow | undefined): number | null =>
    (metric === 'iops' ? row?.iops?.median : row?.fileBytes?.median) ?? null;
  const first = found.find(({ measured }) => measuredValue(measured) !== null) ?? found[0];
  if (first === undefined) return undefined;
  const firstValue = measuredValue(first.measured);
  return {
    source: raw.source,
    metric,
    note: typeof raw.note === 'string' ? raw.note : null,
    rows: found.map(({ row, measured }) => {
      const value = measuredValue(measured);
      return {
        settings: [row.create, row.drive].filter((text) => typeof text === 'string').join(' '),
        publishedValue: row.value,
        publishedRatio: row.value / first.row.value,
        configuration: measured?.configuration.label ?? null,
        value,
        ratio: value === null || !firstValue ? null : value / firstValue,
      };
    }),
  };
}

function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isRawRow(value: unknown): value is RawRow {
  return isFields(value) && typeof value.value === 'number' && value.value > 0 && Number.isFinite(value.value);
}

/** Of several configurations that have a published row's settings, the one that sets least beside them. */
function plainest(rows: readonly JournalReportRow[]): JournalReportRow | undefined {
  const settingCount = ({ configuration }: JournalReportRow): number =>
    Object.keys(configuration.create).length + Object.keys(configuration.drive).length;
  return [...rows].sort((left, right) => settingCount(left) - settingCount(right))[0];
}

/** Whether a configuration has all settings that a published row names, defaults counted. */
function hasSettings({ configuration }: JournalReportRow, row: RawRow): boolean {
  const scopes: readonly SettingScope[] = ['create', 'drive'];
  return scopes.every((scope) => {
    const text = row[scope];
    if (typeof text !== 'string') return true;
    return Object.entries(read(scope, text)).every(
      ([name, value]) => settingOf(configuration, { scope, name }) === value,
    );
  });
}

function read(scope: SettingScope, text: string): Readonly<Record<string, unknown>> {
  try {
    return parseSettingList(scope, text, 'published')[0] ?? {};
  } catch {
    return { [text]: true }; // An unreadable row names a setting that nobody has.
  }
}
