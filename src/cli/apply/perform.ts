import { QmpConnection } from '../../engine/qmp/connection.ts';
import { monitorOwner } from '../../engine/qmp/monitor-owner.ts';
import { type NodeChange, reopenCommand, reopenNodes } from '../../engine/qmp/reopen.ts';
import { differences, observe } from '../../engine/qmp/verify.ts';
import { EnvironmentError } from '../../errors.ts';
import type { ApplyResult } from '../../report/apply-json.ts';
import type { Host } from '../host.ts';
import { checkGuestState } from './guest-state.ts';
import { keepLastChange, readLastChange } from './last-change.ts';
import type { DiskPlan } from './plan.ts';
import { type Running, socketPath } from './running.ts';
import type { ApplySettings } from './settings.ts';
import { saveUndo, type UndoDisk } from './undo-file.ts';

/** The same change as the entries of an undo file. */
export function undoEntries(plans: readonly DiskPlan[]): readonly UndoDisk[] {
  return plans.map(({ disk: { node }, former, wanted }) => ({
    node: node.name,
    fileName: node.fileName,
    virtualBytes: node.virtualBytes,
    former: { drive: former.drive, kept: former.kept },
    wanted: { drive: wanted.drive, kept: wanted.kept },
  }));
}

/** The QMP commands of a change and of its way back, before anything is done. */
export function plannedResult(running: Running, plans: readonly DiskPlan[], state: ApplyResult['state']): ApplyResult {
  const { nodes } = running.observation;
  return {
    qemu: running.connection.versionText,
    state,
    disks: plans.map(({ shown }) => shown),
    command: reopenCommand(nodes, changesOf(plans), 'wanted'),
    undo: reopenCommand(nodes, changesOf(plans), 'former'),
  };
}

/**
 * Changes the disks, all or none, and verifies. From the first command on a signal is not listened to: QEMU has taken the whole change or
 * nothing of it at every moment, and what follows is only looking, or the way back.
 * @throws EnvironmentError where the disks are not any more what the plan was made for; UsageError for `--save-undo`
 */
export async function performChange(
  running: Running,
  plans: readonly DiskPlan[],
  settings: ApplySettings,
  host: Host,
): Promise<ApplyResult> {
  const { connection } = running;
  const changes = changesOf(plans);
  // The answer to the question may have taken an hour.
  const before = await observe(connection);
  const asBefore = changes.map(({ nodeName, former }) => ({
    nodeName,
    detectZeroes: String(former.drive['detect-zeroes'] ?? 'off'),
  }));
  const [moved] = differences(running.observation, before, asBefore);
  if (moved !== undefined) {
    throw new EnvironmentError(`the disk is not what it was a moment ago: ${moved}; nothing was changed`, {
      hint: 'Run the command again to see it as it is now.',
    });
  }
  await checkGuestState(connection, before);
  // Before the change, so that whatever happens to qtune the way back is there.
  if (settings.saveUndo !== undefined) saveUndo(host, settings.saveUndo, undoEntries(plans));
  const path = socketPath(host, settings.choice.socket);
  const identity = monitorOwner(path)?.identity;
  const last = identity === undefined ? undefined : await readLastChange(host, identity);
  const keep = (isSettled: boolean): void => {
    if (identity !== undefined) keepLastChange(host, identity, last, { isSettled, disks: undoEntries(plans) });
  };
  // A kill in the middle leaves a mark, so that the next change does not take the command line's word.
  keep(false);
  const others: QmpConnection[] = [];
  const reconnect = async (): Promise<QmpConnection> => {
    const another = await QmpConnection.open({ path, signal: new AbortController().signal });
    others.push(another);
    return another;
  };
  try {
    const outcome = await reopenNodes({ connection, reconnect, before, changes });
    if (outcome.state === 'changed') keep(true);
    else if (outcome.state !== 'unknown' && identity !== undefined) {
      keepLastChange(host, identity, last, { isSettled: true, disks: undoEntries(plans).map(unchanged) });
    }
    const reason = outcome.state === 'changed' ? undefined : outcome.reason;
    const why = outcome.state === 'unknown' ? `${outcome.reason}; going back failed: ${outcome.restoring}` : reason;
    return {
      ...plannedResult(running, plans, outcome.state),
      ...(why === undefined ? {} : { reason: why }),
      ...(settings.saveUndo === undefined ? {} : { undoFile: settings.saveUndo }),
    };
  } finally {
    for (const other of others) other.close();
  }
}

/** The record of a change that did not come about. */
function unchanged(entry: UndoDisk): UndoDisk {
  return { ...entry, wanted: entry.former };
}

function changesOf(plans: readonly DiskPlan[]): readonly NodeChange[] {
  return plans.map(({ disk, former, wanted }) => ({ nodeName: disk.node.name, former, wanted }));
}
