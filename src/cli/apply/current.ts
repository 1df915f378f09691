import type { BlockNode } from '../../engine/qmp/block-nodes.ts';
import type { MonitorOwner } from '../../engine/qmp/monitor-owner.ts';
import type { RunningDisk } from '../../engine/qmp/running-disk.ts';
import { type NodeOptions, type StartedOptions, startedOptions } from '../../engine/qmp/started-options.ts';
import { visibleText } from '../../engine/visible-text.ts';
import { UsageError } from '../../errors.ts';
import type { SettingValues } from '../../settings/configuration.ts';
import { type LastChange, lastOptions } from './last-change.ts';

/** Settings in force, and who says so. */
export interface CurrentOptions extends NodeOptions {
  readonly source: 'stated' | '-drive' | '-blockdev' | 'undo' | 'record';
}

const hint =
  'QEMU resets what is not repeated. Say what the disk was started with: --current l2-cache-size=1M,discard=unmap; or --current defaults if it had no settings of its own.';

/**
 * The options in force of each disk. QEMU tells only a few of them: the others are those that the user states, that qtune set last, or of
 * QEMU's command line where nothing that QEMU does tell contradicts it.
 * @throws UsageError where they are not known
 */
export function currentOptions(
  disks: readonly RunningDisk[],
  stated: SettingValues | undefined,
  known: { readonly owner: MonitorOwner | undefined; readonly last: LastChange | undefined },
): readonly CurrentOptions[] {
  const commandLine = known.owner?.commandLine;
  return disks.map((disk) => {
    const { node } = disk;
    const started = commandLine && startedOptions(commandLine, disk);
    if (stated !== undefined) {
      checkEncryption(node, started);
      return { source: 'stated', drive: withTold(stated, node), kept: started?.kept ?? {} };
    }
    const shown = `the settings of ${visibleText(node.name)}`;
    const last = lastOptions(known.last, node);
    if (last !== undefined) {
      const isSame = String(last.drive['detect-zeroes'] ?? 'off') === node.detectZeroes;
      if (known.last?.isSettled && isSame) return { source: 'record', ...last };
      const why = isSame ? 'qtune was ended while it changed them' : 'somebody changed detect-zeroes after qtune';
      throw new UsageError(`--current is missing: QEMU does not tell ${shown}, and ${why}`, { hint });
    }
    if (started === undefined) {
      const why = commandLine
        ? "QEMU's command line does not name it"
        : "the command line of the QEMU behind the socket can't be seen from here";
      throw new UsageError(`--current is missing: QEMU does not tell ${shown}, and ${why}`, { hint });
    }
    const [unknown] = started.unknown;
    if (unknown !== undefined) {
      throw new UsageError(`${shown}: QEMU's command line has ${visibleText(unknown)}, which qtune does not know`, {
        hint: 'A change would reset it. Change the settings where the guest is configured, and restart it.',
      });
    }
    const changed = changedSince(node, started);
    if (changed !== undefined) {
      throw new UsageError(`--current is missing: ${shown} were changed since QEMU was started (${changed})`, { hint });
    }
    checkEncryption(node, started);
    return { source: started.option, drive: withTold(started.drive, node), kept: started.kept };
  });
}

/** `detect-zeroes` is told by QEMU. */
function withTold(drive: SettingValues, node: BlockNode): SettingValues {
  const { 'detect-zeroes': _, ...others } = drive;
  return node.detectZeroes === 'off' ? others : { ...others, 'detect-zeroes': node.detectZeroes };
}

function changedSince(node: BlockNode, { told }: StartedOptions): string | undefined {
  if (told.direct !== node.direct) return 'cache.direct differs from its command line';
  if (told.noFlush !== node.noFlush) return 'cache.no-flush differs from its command line';
  if (told.detectZeroes !== node.detectZeroes) return 'detect-zeroes differs from its command line';
  return undefined;
}

/** The name of the key's secret is an option as well, and no setting. */
function checkEncryption(node: BlockNode, started: StartedOptions | undefined): void {
  if (!node.encrypted || started?.kept.encrypt !== undefined) return;
  throw new UsageError(`${visibleText(node.name)} is encrypted, and QEMU does not tell with which secret`, {
    hint: 'Change the settings where the guest is configured, and restart it.',
  });
}
