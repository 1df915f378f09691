import { setTimeout as sleep } from 'node:timers/promises';
import type { JsonValue } from '../../settings/blockdev.ts';
import type { BlockNodes } from './block-nodes.ts';
import type { QmpConnection } from './connection.ts';
import { reopenOptions } from './live-settings.ts';
import { type QmpArguments, QmpError } from './qmp.ts';
import type { NodeOptions } from './started-options.ts';
import { differences, type Expected, type Observation, observe } from './verify.ts';

/** A node whose options are to change. */
export interface NodeChange {
  readonly nodeName: string;
  readonly former: NodeOptions;
  readonly wanted: NodeOptions;
}

/** How a change ended. `reason` says what went wrong. */
export type ReopenOutcome =
  /** QEMU has taken all of them and shows the nodes as they should be. */
  | { readonly state: 'changed' }
  /** QEMU refused; the nodes are as before. */
  | { readonly state: 'refused'; readonly reason: string }
  /** Something went wrong after the change; the former options are in force again, and checked. */
  | { readonly state: 'restored'; readonly reason: string }
  /** Something went wrong, and neither the new nor the former options could be made sure of. */
  | { readonly state: 'unknown'; readonly reason: string; readonly restoring: string };

export interface ReopenInput {
  readonly connection: QmpConnection;
  /** Another connection to the same QEMU, where this one broke. */
  reconnect(): Promise<QmpConnection>;
  /** What was seen when the change was planned. */
  readonly before: Observation;
  /** At least one. */
  readonly changes: readonly NodeChange[];
}

/** Attempts to reach a QEMU whose monitor broke off, and the pause before each, ms. */
const attempts = 3;
const pauseMs = 500;

/** The one command that changes all nodes: QEMU prepares every one before it commits any. */
export function reopenCommand(
  nodes: BlockNodes,
  changes: readonly NodeChange[],
  which: 'former' | 'wanted',
): { readonly execute: string; readonly arguments: QmpArguments } {
  const options = changes.flatMap((change): JsonValue[] => {
    const node = nodes.get(change.nodeName);
    return node === undefined ? [] : [reopenOptions(node, change[which])];
  });
  return { execute: 'blockdev-reopen', arguments: { options } };
}

/**
 * Changes the options of nodes of a running QEMU, all or none, and looks whether that came about; else it restores the former ones.
 * @throws whatever is not about the change itself, a bug
 * @source QEMU block.c, bdrv_reopen_multiple: a transaction
 */
export async function reopenNodes(input: ReopenInput): Promise<ReopenOutcome> {
  const { connection, before, changes } = input;
  const command = reopenCommand(before.nodes, changes, 'wanted');
  let wrong: string;
  try {
    await connection.execute(command.execute, command.arguments);
    const found = differences(before, await observe(connection), expectations(changes, 'wanted'));
    if (found.length === 0) return { state: 'changed' };
    wrong = `QEMU took the change, and then ${found.join('; ')}`;
  } catch (error) {
    wrong = messageOf(error);
    if (error instanceof QmpError && (await isAsBefore(input))) return { state: 'refused', reason: wrong };
  }
  return restore(input, wrong);
}

async function isAsBefore({ connection, before, changes }: ReopenInput): Promise<boolean> {
  try {
    return differences(before, await observe(connection), expectations(changes, 'former')).length === 0;
  } catch {
    return false;
  }
}

/**
 * Puts the former options back, over a new connection where the old one broke; the same command twice does no harm. Where the nodes are
 * others by now (somebody took a snapshot meanwhile) they are left alone: the command names what lay below them before.
 */
async function restore(input: ReopenInput, reason: string): Promise<ReopenOutcome> {
  const { before, changes } = input;
  const command = reopenCommand(before.nodes, changes, 'former');
  let connection = input.connection;
  let restoring = '';
  for (let attempt = 0; attempt < attempts; attempt++) {
    try {
      const structure = changes.map(({ nodeName }) => ({ nodeName }));
      const moved = differences(before, await observe(connection), structure);
      if (moved.length > 0) return { state: 'unknown', reason, restoring: `not tried, since ${moved.join('; ')}` };
      await connection.execute(command.execute, command.arguments);
      const found = differences(before, await observe(connection), expectations(changes, 'former'));
      if (found.length === 0) return { state: 'restored', reason };
      // QEMU answers, and does not do it: asking again would not change that.
      return { state: 'unknown', reason, restoring: found.join('; ') };
    } catch (error) {
      restoring = messageOf(error);
      if (error instanceof QmpError) return { state: 'unknown', reason, restoring };
    }
    await sleep(pauseMs);
    try {
      connection = await input.reconnect();
    } catch (error) {
      restoring = messageOf(error);
    }
  }
  return { state: 'unknown', reason, restoring };
}

function expectations(changes: readonly NodeChange[], which: 'former' | 'wanted'): readonly Expected[] {
  return changes.map((change) => ({
    nodeName: change.nodeName,
    detectZeroes: String(change[which].drive['detect-zeroes'] ?? 'off'),
  }));
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
