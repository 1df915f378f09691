import type { Explanation, ValueCost, ValueFigures } from '../advisor/explain/explanation.ts';
import type { SettingDefinition } from '../settings/definition.ts';
import { formatBytes } from '../units/bytes.ts';
import { renderExplainChart } from './explain-charts.ts';
import { printable } from './printable.ts';
import { paragraph } from './recommendation-paragraph.ts';
import { renderTable } from './table.ts';

const indent = '  ';

/** An explanation for people, a page or two. */
export function renderExplanation(explanation: Explanation, columns: number): string {
  const width = Math.max(60, Math.min(columns, 100));
  const { topic } = explanation;
  const text = (title: string, words: string) => `${title}\n${paragraph(words, width, indent)}`;
  const list = (title: string, entries: readonly string[]) =>
    `${title}\n${entries.map((entry) => command(entry, width)).join('\n')}`;
  const sections = [
    heading(explanation, width),
    paragraph(topic.what, width),
    text('It helps', topic.helps),
    text('It does not', topic.useless),
    costs(explanation, width),
    ...explanation.charts.map((chart) => renderExplainChart(chart, width)),
    ...(explanation.profile === undefined ? [] : [basis(explanation.profile, width)]),
    defaults(explanation, width),
    hazards(explanation, width),
    list('See', topic.see),
    list('Change', topic.change),
    `Sources\n${topic.sources.map((source) => paragraph(source, width, indent)).join('\n')}`,
  ];
  return `${sections.join('\n\n')}\n`;
}

/** A command stays on its line, to be pasted; its comment goes in front where both do not fit. */
function command(entry: string, width: number): string {
  const [line = '', comment] = entry.split(/ {2,}# /);
  if (comment === undefined || indent.length + entry.length <= width) return `${indent}${entry}`;
  return `${paragraph(`# ${comment}`, width, indent)}\n${indent}${line}`;
}

/** All settings that can be explained, by where they are given. */
export function renderSettingList(definitions: readonly SettingDefinition[], columns: number): string {
  const width = Math.max(60, Math.min(columns, 100));
  const group = (scope: SettingDefinition['scope'], title: string) => {
    const own = definitions.filter((definition) => definition.scope === scope);
    const longest = Math.max(...own.map(({ name }) => name.length));
    return `${title}\n${own
      .map(({ name, does }) => {
        const [first = '', ...rest] = paragraph(does, width - longest - 4).split('\n');
        const space = ' '.repeat(longest + 4);
        return [`${indent}${name.padEnd(longest)}  ${first}`, ...rest.map((line) => `${space}${line}`)].join('\n');
      })
      .join('\n')}`;
  };
  return `${group('create', 'Said when the image is created, as in `qemu-img create -o`:')}\n\n${group('drive', 'Said when it is opened, as on `-drive`:')}\n\nqtune recommend --explain NAME [--disk SIZE] [--workload W] teaches one.\n`;
}

function heading({ setting, scope, domain, since, request }: Explanation, width: number): string {
  const where = scope === 'create' ? 'create-time' : 'run-time';
  const disk = `${formatBytes(request.diskBytes)}${request.hasBacking ? ' over a backing file' : ''}`;
  return `${setting}=${domain}\n${paragraph(`${where}, since QEMU ${since}. Figures are for a disk of ${disk}, workload ${printable(request.traits.name)}.`, width)}`;
}

const columns: readonly { readonly title: string; readonly key: keyof ValueFigures }[] = [
  { title: 'cache memory', key: 'memoryBytes' },
  { title: 'covers', key: 'coveredBytes' },
  { title: 'a miss reads', key: 'l2EntryBytes' },
  { title: 'tables, full', key: 'metadataBytes' },
  { title: 'new image', key: 'createdBytes' },
  { title: 'allocates', key: 'allocationUnitBytes' },
];

/** Only what differs between the values is a column; what does not is a sentence. */
function costs({ costs: rows, request }: Explanation, width: number): string {
  const title = 'What it costs on this disk [computed]';
  const known = rows.flatMap(({ figures }) => figures ?? []);
  const [first] = known;
  if (first === undefined) {
    return `${title}\n${paragraph('Neither memory nor space that qtune counts.', width, indent)}`;
  }
  const different = columns.filter(({ key }) => known.some((figures) => figures[key] !== first[key]));
  const same = `Cache memory ${formatBytes(first.memoryBytes)}, tables of the full image ${formatBytes(first.metadataBytes)}`;
  if (different.length === 0) {
    const refused = rows.flatMap((row) => (row.refused === undefined ? [] : [refusal(row, width)]));
    return [title, paragraph(`${same}: the same with every value.`, width, indent), ...refused].join('\n');
  }
  const table = renderTable(
    [{ title: '' }, ...different.map((column) => ({ title: column.title, align: 'right' as const }))],
    rows.flatMap((row) =>
      row.figures === undefined ? [] : [tableRow(row, row.figures, different, request.diskBytes)],
    ),
  ).trimEnd();
  const refused = rows.flatMap((row) => (row.refused === undefined ? [] : [refusal(row, width)]));
  const mark = rows.some(({ isDefault, figures }) => isDefault && figures) ? [`${indent}* QEMU's default`] : [];
  return [title, table, ...mark, ...refused].join('\n');
}

function tableRow(
  { value, isDefault }: ValueCost,
  figures: ValueFigures,
  shown: typeof columns,
  diskBytes: number,
): readonly string[] {
  const cell = (key: keyof ValueFigures) =>
    key === 'coveredBytes' && figures[key] >= diskBytes ? 'all' : formatBytes(figures[key]);
  return [`${indent}${value}${isDefault ? ' *' : ''}`, ...shown.map(({ key }) => cell(key))];
}

function refusal({ value, refused }: ValueCost, width: number): string {
  return paragraph(`${value}: refused here. ${printable(refused ?? '')}`, width, indent);
}

function basis({ name, warning }: NonNullable<Explanation['profile']>, width: number): string {
  const why = warning === undefined ? '' : ` (${printable(warning)}; \`qtune doctor --calibrate\` measures them)`;
  return paragraph(
    `Predicted: by the model of QEMU's driver, each host I/O at its cost on ${printable(name)}${why}. Read them as ratios.`,
    width,
  );
}

function defaults({ topic }: Explanation, width: number): string {
  return `QEMU's default\n${topic.defaults
    .map(({ versions, value, source }) => paragraph(`${versions}: ${value} [${source}]`, width, indent))
    .join('\n')}`;
}

function hazards({ topic }: Explanation, width: number): string {
  const { powerCut, olderVersions, snapshot, discard } = topic.hazards;
  const entries = {
    'A power cut': powerCut,
    'Older versions': olderVersions,
    'A snapshot': snapshot,
    'A discard': discard,
  };
  return `What it does to the disk\n${Object.entries(entries)
    .map(([what, words]) => paragraph(`${what}: ${words}`, width, indent))
    .join('\n')}`;
}
