import { monitorOwner } from '../../engine/qmp/monitor-owner.ts';
import type { Host } from '../host.ts';
import { currentOptions } from './current.ts';
import { readLastChange } from './last-change.ts';
import { checkReopenable, type DiskPlan, planDisk, type Wish } from './plan.ts';
import { type Running, type RunningChoice, socketPath } from './running.ts';
import type { ApplySettings } from './settings.ts';
import { readUndo, type UndoDisk, undoFor } from './undo-file.ts';

/** The disks that are meant; an undo file names them itself. */
export async function choiceOf(
  { choice, wish }: ApplySettings,
  host: Host,
): Promise<{ readonly choice: RunningChoice; readonly undo: readonly UndoDisk[] }> {
  if (wish.from !== 'undo') return { choice, undo: [] };
  const undo = await readUndo(host, wish.file);
  return { choice: { ...choice, nodes: undo.map(({ node }) => node), devices: [] }, undo };
}

/** What is going to be changed on every disk. @throws UsageError as its parts */
export async function planAll(
  running: Running,
  input: {
    readonly settings: ApplySettings;
    readonly undo: readonly UndoDisk[];
    readonly args: Readonly<Record<string, unknown>>;
    readonly host: Host;
  },
): Promise<readonly DiskPlan[]> {
  const { settings, undo, args, host } = input;
  const { connection, observation, disks } = running;
  const { version } = connection;
  checkReopenable(disks, observation.nodes, version);
  const { wish, current, choice } = settings;
  const known =
    wish.from === 'undo'
      ? disks.map((disk) => ({ source: 'undo' as const, ...undoFor(disk, undo, wish.file).wanted }))
      : currentOptions(disks, current, await whatIsKnown(socketPath(host, choice.socket), host));
  // Of `args` only what a recommendation depends on is looked at.
  const { workload, memory, priority } = args;
  const context = { version, args: { workload, memory, priority }, host };
  const plans: DiskPlan[] = [];
  for (const [index, disk] of disks.entries()) {
    const now = known[index];
    if (now === undefined) continue;
    const wished: Wish = wish.from === 'undo' ? { from: 'undo', disk: undoFor(disk, undo, wish.file) } : wish;
    plans.push(await planDisk(disk, now, wished, context));
  }
  return plans;
}

async function whatIsKnown(socket: string, host: Host): Promise<Parameters<typeof currentOptions>[2]> {
  const owner = monitorOwner(socket);
  return { owner, last: owner && (await readLastChange(host, owner.identity)) };
}
