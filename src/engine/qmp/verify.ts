import { visibleText } from '../visible-text.ts';
import { type BlockNode, type BlockNodes, queryBlockNodes } from './block-nodes.ts';
import type { QmpConnection } from './connection.ts';
import { QmpError } from './qmp.ts';
import { recordOf } from './values.ts';

/** What QEMU tells of nodes and of the guest at one moment. */
export interface Observation {
  readonly nodes: BlockNodes;
  /** Run state of the guest; undefined where there is none, as in a storage daemon. */
  readonly runState: string | undefined;
}

/** @throws QmpBrokenError where the answers cannot be right or do not come */
export async function observe(connection: QmpConnection): Promise<Observation> {
  const nodes = await queryBlockNodes(connection);
  const answer = await connection.execute('query-status').catch((error: unknown) => {
    if (error instanceof QmpError) return undefined;
    throw error;
  });
  const status = answer === undefined ? undefined : recordOf(answer, 'the run state').status;
  return { nodes, runState: typeof status === 'string' ? status : undefined };
}

/** What a node has to say of itself after a change; the rest has to be as it was. */
export interface Expected {
  readonly nodeName: string;
  /** Absent where only the structure is looked at: which files, on which nodes, for reading or for writing. */
  readonly detectZeroes?: string;
}

/** States of a guest that had an error on a disk. @source QEMU qapi/run-state.json, RunState */
const brokenStates: ReadonlySet<string> = new Set(['io-error', 'internal-error', 'guest-panicked']);

/**
 * What is not as it should be after a change, in words; empty where all is. Nodes that a disk is not made of may change meanwhile.
 */
export function differences(before: Observation, after: Observation, expected: readonly Expected[]): readonly string[] {
  const found: string[] = [];
  const state = after.runState;
  const isStructure = expected.every(({ detectZeroes }) => detectZeroes === undefined);
  if (!isStructure && state !== undefined && state !== before.runState && brokenStates.has(state)) {
    found.push(`the guest is in the state ${visibleText(state)}`);
  }
  const looked = new Set<string>();
  const look = (name: string, detectZeroes: string | undefined): void => {
    const was = before.nodes.get(name);
    if (was === undefined || looked.has(name)) return;
    looked.add(name);
    const shown = `node ${visibleText(name)}`;
    const is = after.nodes.get(name);
    if (is === undefined) found.push(`${shown} is gone`);
    else {
      const different = [...structureOf(was, is), ...(isStructure ? [] : flagsOf(was, is, detectZeroes))];
      found.push(...different.map((what) => `${shown}: ${visibleText(what)}`));
    }
    for (const child of was.children.values()) look(child, undefined);
  };
  for (const { nodeName, detectZeroes } of expected) look(nodeName, detectZeroes);
  return found;
}

function structureOf(was: BlockNode, is: BlockNode): readonly string[] {
  const [before, after] = [was.children, is.children].map((children) =>
    JSON.stringify([...children].sort(([a], [b]) => (a < b ? -1 : 1))),
  );
  return [
    ...different('its driver', was.driver, is.driver),
    ...different('its file', was.fileName, is.fileName),
    ...different('its size', was.virtualBytes, is.virtualBytes),
    ...different('read-only', was.readOnly, is.readOnly),
    ...different('encrypted', was.encrypted, is.encrypted),
    ...different('what lies below it', before, after),
  ];
}

function flagsOf(was: BlockNode, is: BlockNode, detectZeroes: string | undefined): readonly string[] {
  const isWrong = detectZeroes !== undefined && is.detectZeroes !== detectZeroes;
  return [
    ...different('cache.direct', was.direct, is.direct),
    ...different('cache.no-flush', was.noFlush, is.noFlush),
    ...(isWrong ? [`detect-zeroes should be ${detectZeroes} and is ${is.detectZeroes}`] : []),
  ];
}

function different(what: string, before: unknown, after: unknown): readonly string[] {
  return before === after ? [] : [`${what} was ${String(before)} and is ${String(after)}`];
}
