import type { Better } from '../../stats/verdict.ts';
import type { Comparison } from '../comparison.ts';
import type { Gate } from '../gate.ts';

/** A whole document: the comparison and, where one was asked for, the gate's answer. */
export type Render = (comparison: Comparison, gate: Gate | undefined) => string;

/** The same for the metrics of one direction only. */
export type RenderDirection = (comparison: Comparison, better: Better) => string;

/** A way to write down a comparison. */
export interface OutputFormat {
  /** The value of `--format`. */
  readonly name: string;
  /** What a file of it is usually called, with the dot. */
  readonly extension: string;
  /** One line for the help text. */
  readonly describe: string;
  /** Loads the renderer; only the one that is asked for is read. */
  load(): Promise<Render>;
  /** For a format that holds one direction a file: where there are both, `--output` writes two. */
  loadDirection?(): Promise<RenderDirection>;
}

/** Every format of `qtune compare`, in the order of the help text. */
export const outputFormats: readonly OutputFormat[] = [
  {
    name: 'table',
    extension: '.txt',
    describe: 'for a terminal, the default',
    load: async () => (await import('./table.ts')).renderTableFormat,
  },
  {
    name: 'json',
    extension: '.json',
    describe: 'one document with everything',
    load: async () => (await import('./json.ts')).renderJson,
  },
  {
    name: 'markdown',
    extension: '.md',
    describe: 'for a comment on a pull request',
    load: async () => (await import('./markdown.ts')).renderMarkdown,
  },
  {
    name: 'github',
    extension: '.txt',
    describe: 'log, annotations, summary and outputs of GitHub Actions',
    load: async () => (await import('./github.ts')).renderGithub,
  },
  {
    name: 'junit',
    extension: '.xml',
    describe: 'JUnit XML, a test case a cell and metric',
    load: async () => (await import('./junit.ts')).renderJunit,
  },
  {
    name: 'bmf',
    extension: '.json',
    describe: "head's values for `bencher run --adapter json`",
    load: async () => (await import('./bmf.ts')).renderBmf,
  },
  {
    name: 'action-benchmark',
    extension: '.json',
    describe: "head's values for github-action-benchmark, a file a direction",
    load: async () => (await import('./action-benchmark.ts')).renderActionBenchmark,
    loadDirection: async () => (await import('./action-benchmark.ts')).renderActionBenchmarkOf,
  },
  {
    name: 'openmetrics',
    extension: '.txt',
    describe: "head's values and ratios; also GitLab's metrics reports",
    load: async () => (await import('./openmetrics.ts')).renderOpenMetrics,
  },
  {
    name: 'csv',
    extension: '.csv',
    describe: 'a row a cell and metric, RFC 4180',
    load: async () => (await import('./csv.ts')).renderCsv,
  },
];

/** The format of a name; undefined where there is none. */
export function findFormat(name: string): OutputFormat | undefined {
  return outputFormats.find((format) => format.name === name);
}
