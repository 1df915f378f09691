import type { Prediction } from '../advisor/prediction.ts';
import type { Reason } from '../advisor/rule.ts';
import { definitionsOf } from '../settings/catalogue.ts';
import type { SettingValues } from '../settings/configuration.ts';
import { printValue } from '../settings/value.ts';
import { formatBytes } from '../units/bytes.ts';
import { formatRatio } from '../units/rate.ts';
import { formatMultiple } from './figures.ts';
import { printable } from './printable.ts';
import { paragraph } from './recommendation-paragraph.ts';
import { renderTable } from './table.ts';

/** Settings of a running disk at one moment, and what they cost. */
export interface AppliedSide {
  readonly drive: SettingValues;
  readonly memoryBytes: number;
  /** Of the disk, 0…1. */
  readonly coveredRatio: number;
}

/** One running disk before and after a change. */
export interface AppliedDisk {
  readonly node: string;
  readonly device?: string;
  readonly fileName: string;
  readonly virtualBytes: number;
  readonly filters: readonly string[];
  readonly backingCount: number;
  readonly source: 'stated' | '-drive' | '-blockdev' | 'undo' | 'record';
  readonly former: AppliedSide;
  readonly wanted: AppliedSide;
  /** Speed after over speed before, predicted by arithmetic. */
  readonly speedRatio: Prediction;
  readonly workload: { readonly name: string; readonly title: string; readonly source: string };
  /** For what is going to change; empty where the user said it. */
  readonly reasons: readonly Reason[];
}

/** Where the settings now in force are known from. */
const sources: Readonly<Record<AppliedDisk['source'], string>> = {
  stated: 'what you said; QEMU does not tell it',
  '-drive': "what QEMU's command line says (-drive); QEMU does not tell whether it was changed since",
  '-blockdev': "what QEMU's command line says (-blockdev); QEMU does not tell whether it was changed since",
  record: 'what qtune set last; QEMU does not tell whether somebody changed it since',
  undo: 'what the undo file says; QEMU does not tell it',
};

/** What is going to change, disk by disk. @param qemu its version as it says it */
export function renderApplyPlan(disks: readonly AppliedDisk[], qemu: string, columns: number): string {
  const width = Math.max(60, Math.min(columns, 110));
  const workloads = [...new Map(disks.map(({ workload }) => [workload.name, workload])).values()];
  const bases = workloads.map(({ title, source }) =>
    paragraph(`For ${printable(title)} (${printable(source, 500)}).`, width),
  );
  const parts = [`QEMU ${printable(qemu)}`, ...disks.map((disk) => diskText(disk, width)), ...bases];
  return `${parts.join('\n\n')}\n`;
}

function diskText(disk: AppliedDisk, width: number): string {
  const { former, wanted } = disk;
  const names = [...definitionsOf('drive').values()].filter(({ name }) => name in former.drive || name in wanted.drive);
  const value = (drive: SettingValues, definition: (typeof names)[number]): string => {
    const set = drive[definition.name];
    return set === undefined ? 'default' : printValue(definition, set);
  };
  const table = renderTable(
    [{ title: '' }, { title: 'now' }, { title: 'new' }],
    [
      ...names.map((definition) => [
        definition.name,
        ...[former.drive, wanted.drive].map((drive) => printable(value(drive, definition), 60)),
      ]),
      ['cache memory, computed', formatBytes(former.memoryBytes), formatBytes(wanted.memoryBytes)],
      ['covered by the cache', formatRatio(former.coveredRatio), formatRatio(wanted.coveredRatio)],
    ],
  ).trimEnd();
  const parts = [
    paragraph(title(disk), width),
    table,
    paragraph(
      `${expectation(disk)} The caches start empty after the change. What is in force now is ${sources[disk.source]}.`,
      width,
    ),
    ...disk.reasons.map((reason) => reasonText(reason, width)),
  ];
  return parts.join('\n\n');
}

function title({ node, device, fileName, virtualBytes, filters, backingCount }: AppliedDisk): string {
  const name = device === undefined ? printable(node) : `${printable(device)} (node ${printable(node)})`;
  const below = backingCount === 0 ? '' : `, over ${backingCount} backing image${backingCount === 1 ? '' : 's'}`;
  const above = filters.length === 0 ? '' : `, behind ${filters.map((filter) => printable(filter)).join(', ')}`;
  return `${name}: ${printable(fileName)}, ${formatBytes(virtualBytes)}${below}${above}`;
}

function expectation({ speedRatio }: AppliedDisk): string {
  const { value, low, high } = speedRatio;
  if (low > 0.995 && high < 1.005) return 'Predicted, by arithmetic: the same speed.';
  const [middle, least, most] = [value, low, high].map((ratio) => formatMultiple(ratio).slice(1));
  return `Predicted, by arithmetic, one request at a time: ${middle} times the speed (${least} to ${most}).`;
}

function reasonText({ setting, because, source, costs }: Reason, width: number): string {
  const price = costs === undefined ? '' : ` Costs: ${costs}`;
  return paragraph(`${setting}: ${because}${price} [${source}]`, width, '  ');
}
