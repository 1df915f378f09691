import { shellWord } from '../../advisor/commands/quoting.ts';
import { visibleText } from '../../engine/visible-text.ts';
import { EnvironmentError } from '../../errors.ts';
import { renderApplyPlan } from '../../report/apply.ts';
import { type ApplyResult, applyDocument } from '../../report/apply-json.ts';
import { ExitCode } from '../exit-code.ts';
import type { Host } from '../host.ts';
import { printJson } from '../print-json.ts';
import type { DiskPlan } from './plan.ts';
import type { Running } from './running.ts';
import type { ApplySettings } from './settings.ts';

/** Shows the settings as they are and as they are to be. */
export function tellPlan(
  { connection }: Running,
  plans: readonly DiskPlan[],
  { json, isConfirmed, isDryRun }: ApplySettings,
  host: Host,
): void {
  const disks = plans.map(({ shown }) => shown);
  // Whoever is going to be asked has to see it, wherever the document goes.
  const stream = json ? host.stderr : host.stdout;
  if (json && (isConfirmed || isDryRun || host.ask === undefined)) return;
  stream.write(`${renderApplyPlan(disks, connection.versionText, stream.columns)}\n`);
}

/**
 * Tells how it ended.
 * @throws EnvironmentError where the settings are not as asked
 */
export function tellResult(result: ApplyResult, settings: ApplySettings, host: Host): ExitCode {
  if (settings.json) printJson(host, applyDocument(result));
  else host.stdout.write(resultText(result, settings));
  const failure = failureOf(result);
  if (failure !== undefined) throw failure;
  if (!host.signal.aborted || result.state !== 'changed') return ExitCode.ok;
  host.stderr.write('qtune: interrupted when QEMU had made the change: it is in force\n');
  return ExitCode.interrupted;
}

function resultText(result: ApplyResult, settings: ApplySettings): string {
  const undo = JSON.stringify(result.undo);
  switch (result.state) {
    case 'unchanged':
      return 'These settings are in force already; nothing was changed.\n';
    case 'planned':
      return `Nothing was changed. The command for the QMP socket:\n\n${visibleText(JSON.stringify(result.command))}\n\nand the way back:\n\n${visibleText(undo)}\n`;
    case 'changed':
      return `Changed and verified: the same file on the same nodes, its cache flags as they were.\n\n${wayBack(result, settings)}`;
    default:
      return '';
  }
}

function wayBack(result: ApplyResult, { choice }: ApplySettings): string {
  const byFile =
    result.undoFile === undefined
      ? ''
      : `To take it back:\n\n  qtune apply --qmp ${shellWord(choice.socket)} --undo ${shellWord(result.undoFile)}\n\nor over `;
  return `${byFile === '' ? 'To take it back, over ' : byFile}QMP:\n\n${visibleText(JSON.stringify(result.undo))}\n`;
}

function failureOf({ state, reason = '', undo }: ApplyResult): EnvironmentError | undefined {
  if (state === 'refused') {
    return new EnvironmentError(`QEMU refused: ${reason}; nothing was changed`, {
      hint: 'QEMU opens the file again for a change: it needs its path, seen from where QEMU runs, and the right to open it.',
    });
  }
  if (state === 'restored') {
    return new EnvironmentError(`${reason}; the former settings were put back and verified`, {
      hint: 'The guest runs as before.',
    });
  }
  if (state !== 'unknown') return undefined;
  return new EnvironmentError(
    `${reason}. The disk has either the former or the new settings, never a part of them, and which ones cannot be asked`,
    { hint: `To make sure, send this to its QMP socket: ${visibleText(JSON.stringify(undo))}` },
  );
}
