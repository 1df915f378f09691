import { geometryOfHeader } from '../advisor/inspection/image-findings.ts';
import { UsageError } from '../errors.ts';
import { computeCacheSizes } from '../settings/cache-sizing.ts';
import type { DiskSource } from '../settings/described-disk.ts';
import { printSettings } from '../settings/print.ts';
import { formatBytes } from '../units/bytes.ts';
import { formatRatio } from '../units/rate.ts';
import { factLines } from './facts.ts';
import { findingLines } from './finding-lines.ts';
import type { DiskReport, InspectedMachine } from './inspect-machine.ts';
import { printable } from './printable.ts';

/** A domain or a command line for people: each disk with its settings, what is wrong with them and what to write instead. */
export function renderMachine(inspected: InspectedMachine, width: number): string {
  const { machine, name, disks, problems } = inspected;
  const guest = machine.name === undefined ? '' : `, guest ${printable(machine.name, 60)}`;
  const count = `${disks.length} ${disks.length === 1 ? 'disk' : 'disks'}`;
  const title = `${printable(name)}: ${machine.kind === 'domain' ? 'libvirt domain' : 'QEMU command line'}${guest}, ${count}`;
  const explained = new Set<string>();
  const sections = [
    title,
    ...(problems.length === 0 ? [] : [findingLines(problems, width).join('\n')]),
    ...disks.map((disk) => diskLines(disk, machine.kind, width, explained).join('\n')),
  ];
  return `${sections.join('\n\n')}\n`;
}

function diskLines(
  report: DiskReport,
  kind: InspectedMachine['machine']['kind'],
  width: number,
  explained: Set<string>,
): readonly string[] {
  const { disk, problems, change } = report;
  const title = `${printable(disk.name, 60)} (${printable(disk.where, 60)})`;
  return [
    title,
    ...factLines(facts(report), width - 2).map((line) => `  ${line}`),
    ...(disk.source.kind === 'empty' ? [] : ['', ...findingLines(problems, width, '  ', explained)]),
    ...(change === undefined ? [] : ['', `  ${changeTitle(kind, disk.place)}`, '', indented(change)]),
  ];
}

function changeTitle(kind: InspectedMachine['machine']['kind'], place: DiskReport['disk']['place']): string {
  if (kind === 'domain') return 'Write its driver as (virsh edit; from the next start on):';
  return place === 'blockdev' ? 'Add to its qcow2 node:' : 'Add to its -drive:';
}

/** What is written from the file's own text is made safe line by line. */
function indented(text: string): string {
  return text
    .split('\n')
    .map((line) => `    ${printable(line, 400)}`)
    .join('\n');
}

function facts(report: DiskReport): readonly (readonly [string, string])[] {
  const { disk, image } = report;
  const settings = printSettings('drive', disk.drive);
  const format = disk.format === undefined ? 'format not said' : printable(disk.format, 40);
  const header = image.state === 'read' ? image.header : undefined;
  return [
    ['source', sourceText(disk.source)],
    [
      'as',
      [
        format,
        disk.device === 'disk' ? '' : disk.device,
        printable(disk.bus ?? '', 40),
        disk.readOnly ? 'read-only' : '',
      ]
        .filter((text) => text !== '')
        .join(', '),
    ],
    ['settings', settings === '' ? "QEMU's defaults" : printable(settings, 200)],
    ...(header === undefined
      ? []
      : ([
          [
            'image',
            `${formatBytes(header.virtualBytes)}, clusters of ${formatBytes(header.clusterBytes)}${header.extendedL2 ? ' with subclusters' : ''}`,
          ],
        ] as const)),
    ...cacheFact(report),
  ];
}

function sourceText(source: DiskSource): string {
  if (source.kind === 'empty') return 'none';
  return printable(source.kind === 'elsewhere' ? source.text : source.path);
}

function cacheFact({ disk, image }: DiskReport): readonly (readonly [string, string])[] {
  if (image.state !== 'read') return [];
  try {
    const { l2Bytes, refcountBytes, coveredRatio } = computeCacheSizes(geometryOfHeader(image.header), disk.drive);
    return [
      [
        'caches',
        `L2 ${formatBytes(l2Bytes)}, covers ${formatRatio(coveredRatio)}; refcounts ${formatBytes(refcountBytes)}`,
      ],
    ];
  } catch (error) {
    if (error instanceof UsageError) return [];
    throw error;
  }
}
