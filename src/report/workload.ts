import { exactBytes, formatBytes } from '../units/bytes.ts';
import { formatRatio } from '../units/rate.ts';
import { requestHash } from '../workload/iolog.ts';
import type { Profile } from '../workload/profile.ts';
import { measureStatistics } from '../workload/stats/measure-statistics.ts';
import type { KindCounts } from '../workload/stats/request-counts.ts';
import type { Workload } from '../workload/workload.ts';
import { factLines, wrapped } from './facts.ts';
import { printable } from './printable.ts';

/** Cluster sizes to tell the allocation for: QEMU's default and the largest. */
const shownClusterBytes: readonly number[] = [65_536, 2_097_152];

/** Words are not broken, so a line may be longer than the terminal; not longer than this. */
const longestLine = 1000;

/** One workload as `workload show` tells it, as plain data. What its requests come to in detail is `workload stats`. */
export interface WorkloadDescription extends KindCounts {
  readonly name: string;
  readonly title: string;
  readonly about: string;
  readonly source: string;
  readonly diskBytes: number;
  readonly seed: number;
  readonly image: Workload['image'];
  readonly parameters: Readonly<Record<string, string | number | boolean>>;
  readonly warmUp: { readonly requestCount: number; readonly because: string };
  readonly requestCount: number;
  /** Distinct bytes read or written, and written. */
  readonly footprintBytes: number;
  readonly distinctWrittenBytes: number;
  readonly sequentialRatio: number;
  readonly allocation: readonly {
    readonly clusterBytes: number;
    readonly clusterCount: number;
    readonly dataBytes: number;
  }[];
  readonly requestHash: string;
  readonly experiment: Profile['experiment'];
  readonly published: Profile['published'];
}

/** Runs through a workload's requests and adds them up. */
export function describeWorkload(profile: Profile, workload: Workload): WorkloadDescription {
  const statistics = measureStatistics(workload);
  return {
    name: workload.name,
    title: workload.title,
    about: profile.about.trim(),
    source: workload.source.trim(),
    diskBytes: workload.diskBytes,
    seed: workload.seed,
    image: workload.image,
    parameters: profile.kind === 'patterns' ? profile.parameters : {},
    warmUp: { requestCount: workload.warmUpCount, because: profile.warmUp.because.trim() },
    requestCount: workload.requestCount,
    readCount: statistics.readCount,
    writeCount: statistics.writeCount,
    trimCount: statistics.trimCount,
    syncCount: statistics.syncCount,
    readBytes: statistics.readBytes,
    writeBytes: statistics.writeBytes,
    trimBytes: statistics.trimBytes,
    footprintBytes: statistics.footprintBytes,
    distinctWrittenBytes: statistics.distinctWrittenBytes,
    sequentialRatio: statistics.sequentialRatio,
    allocation: statistics.allocation
      .filter((shape) => shownClusterBytes.includes(shape.clusterBytes) && !shape.extendedL2)
      .map(({ clusterBytes, writtenClusterCount, dataBytes }) => ({
        clusterBytes,
        clusterCount: writtenClusterCount,
        dataBytes,
      })),
    requestHash: requestHash(workload.requests()),
    experiment: profile.experiment,
    published: profile.published,
  };
}

export function renderWorkload(description: WorkloadDescription, columns: number): string {
  const { image, warmUp } = description;
  const backing =
    image.backing === 'none' ? 'no backing file' : `${image.backing.format} backing file of ${image.backing.content}`;
  const facts: [string, string][] = [
    ['name', description.name],
    ['source', description.source],
    ['disk', formatBytes(description.diskBytes)],
    ['image', `${image.content}, ${backing}, ${image.state} for every trial`],
    ['seed', String(description.seed)],
    ...parameterRows(description),
    [
      'requests',
      `${whole(description.requestCount)}, ${warmUp.requestCount === 0 ? 'none' : `the first ${whole(warmUp.requestCount)}`} of them warm-up`,
    ],
    ['warm-up', warmUp.because],
    ...operationRows(description),
    ['in sequence', `${formatRatio(description.sequentialRatio)} start where the one before ended`],
    ['touched', `${formatBytes(description.footprintBytes)} of the disk`],
    ...description.allocation
      .filter(({ clusterCount }) => clusterCount > 0)
      .map(({ clusterBytes, clusterCount, dataBytes }): [string, string] => [
        `written at ${exactBytes(clusterBytes)}`,
        `${whole(clusterCount)} clusters, ${formatBytes(dataBytes)}`,
      ]),
    ...experimentRows(description),
    ['hash', description.requestHash],
  ];
  const body = factLines(facts, Math.min(columns, 110));
  const about = wrapped(description.about, Math.min(columns, 110));
  const lines = [description.title, '', ...about, '', ...body];
  return `${lines.map((line) => printable(line, longestLine)).join('\n')}\n`;
}

function parameterRows({ parameters }: WorkloadDescription): [string, string][] {
  const entries = Object.entries(parameters);
  return entries.length === 0 ? [] : [['parameters', entries.map(([key, value]) => `${key}=${value}`).join(', ')]];
}

function operationRows(description: WorkloadDescription): [string, string][] {
  const rows: [string, string][] = [];
  const add = (name: string, count: number, bytes: number): void => {
    if (count > 0)
      rows.push([name, `${whole(count)}, ${formatBytes(bytes)}, ${formatBytes(bytes / count)} on average`]);
  };
  add('reads', description.readCount, description.readBytes);
  add('writes', description.writeCount, description.writeBytes);
  add('trims', description.trimCount, description.trimBytes);
  if (description.syncCount > 0) rows.push(['syncs', whole(description.syncCount)]);
  return rows;
}

function experimentRows({ experiment, published }: WorkloadDescription): [string, string][] {
  const rows: [string, string][] = [];
  if (experiment) {
    const lists = [
      ...experiment.create.map((list) => `-o ${list}`),
      ...experiment.drive.map((list) => `--drive ${list}`),
    ];
    rows.push(['experiment', `${lists.join(' ')}, ${experiment.repetitions} repetitions`]);
  }
  if (published)
    rows.push(['published', `${published.rows.length} values of ${published.metric}: ${published.source.trim()}`]);
  return rows;
}

function whole(count: number): string {
  return count.toLocaleString('en-US');
}
