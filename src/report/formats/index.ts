import type { Comparison } from '../comparison.ts';
import type { Gate } from '../gate.ts';

/** A whole document: the comparison and, where one was asked for, the gate's answer. */
export type Render = (comparison: Comparison, gate: Gate | undefined) => string;

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
    describe: 'one document with everything, schema qtune.compare/1',
    load: async () => (await import('./json.ts')).renderJson,
  },
];

/** The format of a name; undefined where there is none. */
export function findFormat(name: string): OutputFormat | undefined {
  return outputFormats.find((format) => format.name === name);
}
