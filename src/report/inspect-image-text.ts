import type { Option } from '../advisor/recommendation.ts';
import type { ImageHeader } from '../qcow2/header.ts';
import type { ImageCensus } from '../qcow2/inspect/inspect-image.ts';
import { printSettings } from '../settings/print.ts';
import { formatBytes } from '../units/bytes.ts';
import { formatRatio } from '../units/rate.ts';
import { factLines } from './facts.ts';
import { findingLines } from './finding-lines.ts';
import type { InspectedImage } from './inspect-image.ts';
import { printable } from './printable.ts';
import { paragraph } from './recommendation-paragraph.ts';

/** One image for people: what it is, what it holds, what is wrong with it and which settings it needs. */
export function renderImage(image: InspectedImage, columns: number): string {
  const width = Math.max(60, Math.min(columns, 110));
  const layers = [image, ...(image.chain ?? [])].map((layer, index) => layerLines(layer, index, width).join('\n'));
  return `${[...layers, ...recommendationLines(image, width)].join('\n\n')}\n`;
}

function layerLines(image: InspectedImage, depth: number, width: number): readonly string[] {
  const { census } = image;
  const facts = census === undefined ? bareFacts(image) : [...shapeFacts(image, census), ...contentFacts(census)];
  const title = `${printable(image.name)}${depth === 0 ? '' : `, ${depth} below`}`;
  return [title, '', ...factLines(facts, width), '', ...findingLines(image.problems, width)];
}

type Fact = readonly [name: string, text: string];

function bareFacts({ fileBytes, allocatedBytes, bare, format }: InspectedImage): readonly Fact[] {
  const facts: Fact[] = [];
  if (bare?.isQcow2) facts.push(['format', `qcow2${bare.version === undefined ? '' : `, version ${bare.version}`}`]);
  else if (format !== undefined) facts.push(['format', printable(format)]);
  if (bare?.virtualBytes !== undefined) facts.push(['disk', formatBytes(bare.virtualBytes)]);
  if (bare?.clusterBytes !== undefined) facts.push(['clusters', formatBytes(bare.clusterBytes)]);
  facts.push(['file', fileText(fileBytes, allocatedBytes)]);
  return facts;
}

function fileText(fileBytes: number | undefined, allocatedBytes: number | undefined): string {
  if (fileBytes === undefined || allocatedBytes === undefined) return 'not read';
  return `${formatBytes(fileBytes)} long, of which the host stores ${formatBytes(allocatedBytes)}`;
}

function shapeFacts({ fileBytes, allocatedBytes }: InspectedImage, { header }: ImageCensus): readonly Fact[] {
  const { backingName, extensions } = header;
  return [
    ['format', `qcow2, version ${header.version}${features(header)}`],
    ['disk', `${formatBytes(header.virtualBytes)} (${header.virtualBytes} bytes)`],
    [
      'clusters',
      `${formatBytes(header.clusterBytes)}${header.extendedL2 ? ` in 32 subclusters of ${formatBytes(header.clusterBytes / 32)}` : ''}, refcounts of ${header.refcountBits} bits`,
    ],
    ['file', fileText(fileBytes, allocatedBytes)],
    ...(backingName === '' ? [] : ([['backing', named(backingName, extensions.backingFormat)]] as const)),
    ...(extensions.dataFileName === undefined ? [] : ([['data file', printable(extensions.dataFileName)]] as const)),
    ...(header.snapshotCount === 0 ? [] : ([['snapshots', `${header.snapshotCount}, internal`]] as const)),
  ];
}

function features(header: ImageHeader): string {
  return [
    header.lazyRefcounts ? ', lazy refcounts' : '',
    header.compression === 'zstd' ? ', zstd' : '',
    header.encryption === 'none' ? '' : `, encrypted (${header.encryption})`,
    header.extensions.bitmapDirectory === undefined ? '' : `, bitmaps: ${header.extensions.bitmapDirectory.count}`,
  ].join('');
}

function named(name: string, format: string | undefined): string {
  return `${printable(name)}${format === undefined ? '' : ` (${printable(format)})`}`;
}

function contentFacts(census: ImageCensus): readonly Fact[] {
  const { header, allocated, compressed, dataExtentCount, l2TableCount } = census;
  const clusters = Math.ceil(header.virtualBytes / header.clusterBytes);
  const share = clusters === 0 ? '' : ` (${formatRatio(allocated / clusters)})`;
  const zero = census.zeroPlain + census.zeroAllocated;
  return [
    [
      'allocated',
      `${allocated} of ${clusters} clusters${share}${compressed === 0 ? '' : `, ${compressed} of them compressed`}${zero === 0 ? '' : `; ${zero} read as zeroes`}`,
    ],
    ['mapping', `${l2TableCount} L2 tables, ${formatBytes(l2TableCount * header.clusterBytes)}`],
    [
      'data',
      `in ${dataExtentCount} ${dataExtentCount === 1 ? 'piece' : 'pieces'}${census.longestExtentBytes === 0 ? '' : `, the longest ${formatBytes(census.longestExtentBytes)}`}`,
    ],
  ];
}

function recommendationLines({ recommendation, name }: InspectedImage, width: number): readonly string[] {
  if (recommendation === undefined) return [];
  const { recommended, nothingToGain } = recommendation;
  if (nothingToGain) {
    return [paragraph("Recommended: QEMU's defaults; nothing is to be gained for random requests all over it.", width)];
  }
  const memory = formatBytes(recommended.proposal.memoryBytes);
  const createOf = ({ proposal }: Option): string => printSettings('create', proposal.settings.create);
  const converted = recommendation.alternatives.find((option) => createOf(option) !== createOf(recommended));
  return [
    paragraph(
      `Recommended while it runs, with ${memory} of caches (\`qtune recommend --image ${printable(name)}\` has the reasons and the other targets):`,
      width,
    ),
    `  ${printSettings('drive', recommended.proposal.settings.drive)}`,
    ...(converted === undefined
      ? []
      : [
          paragraph(
            `Or ${converted.title}, with ${formatBytes(converted.proposal.memoryBytes)} of caches: ${createOf(converted)}`,
            width,
          ),
        ]),
  ];
}
