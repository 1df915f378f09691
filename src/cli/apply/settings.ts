import { targetLimits } from '../../advisor/commands/target-limits.ts';
import { UsageError } from '../../errors.ts';
import type { SettingValues } from '../../settings/configuration.ts';
import { parseSettingList } from '../../settings/parse.ts';
import { flag, optionalString, stringList } from '../args.ts';
import { type RunningChoice, runningChoice } from './running.ts';

type Args = Readonly<Record<string, unknown>>;

/** What `qtune apply` is told to do. */
export interface ApplySettings {
  readonly choice: RunningChoice;
  /** Where the new settings come from. */
  readonly wish:
    | { readonly from: 'recommendation' }
    | { readonly from: 'drive'; readonly drive: SettingValues }
    | { readonly from: 'undo'; readonly file: string };
  /** The settings in force, where the user says them. */
  readonly current: SettingValues | undefined;
  readonly saveUndo: string | undefined;
  readonly isConfirmed: boolean;
  readonly isDryRun: boolean;
  readonly json: boolean;
}

const undoPart = ['drive', 'current', 'node', 'device', 'workload', 'memory', 'priority', 'save-undo'] as const;
const advicePart = ['workload', 'memory', 'priority'] as const;

/** @throws UsageError for options that are missing or contradict each other, and settings that cannot be changed in a running guest */
export function applySettings(args: Args): ApplySettings {
  const choice = runningChoice(args);
  if (choice === undefined) {
    throw new UsageError('--qmp is missing', {
      hint: 'Name the QMP socket of the running QEMU: --qmp /run/vm.qmp. Proxmox VE has /var/run/qemu-server/VMID.qmp.',
    });
  }
  const undo = optionalString(args, 'undo');
  if (undo !== undefined) refuse(args, undoPart, '--undo says all of that itself');
  const drives = stringList(args, 'drive');
  if (drives.length > 0) refuse(args, advicePart, '--drive says the settings; a recommendation is made without it');
  const wish: ApplySettings['wish'] =
    undo !== undefined
      ? { from: 'undo', file: undo }
      : drives.length > 0
        ? { from: 'drive', drive: liveSettings(drives, '--drive') }
        : { from: 'recommendation' };
  const current = stringList(args, 'current');
  return {
    choice,
    wish,
    current: current.length === 0 ? undefined : current[0] === 'defaults' ? {} : liveSettings(current, '--current'),
    saveUndo: optionalString(args, 'save-undo'),
    isConfirmed: flag(args, 'yes'),
    isDryRun: flag(args, 'dry-run'),
    json: flag(args, 'json'),
  };
}

function refuse(args: Args, names: readonly string[], why: string): void {
  const given = names.find((name) => args[name] !== undefined);
  if (given !== undefined) throw new UsageError(`--${given} does not go with it: ${why}`);
}

/** One configuration of settings that a running node takes. */
function liveSettings(lists: readonly string[], what: string): SettingValues {
  const [list = '', ...others] = lists;
  if (others.length > 0) throw new UsageError(`${what} was given ${lists.length} times; it takes one list`);
  const [settings = {}, ...sweep] = parseSettingList('drive', list, what);
  if (sweep.length > 0) throw new UsageError(`${what} ${list}: a running disk has one value of each setting`);
  const limits = targetLimits('qmp');
  const wrong = Object.keys(settings).find((name) => !limits.drive.has(name));
  if (wrong !== undefined) {
    throw new UsageError(`${what}: ${wrong} cannot be changed in a running guest`, {
      hint: limits.missing[wrong] ?? 'It is decided when the guest starts.',
    });
  }
  return settings;
}
