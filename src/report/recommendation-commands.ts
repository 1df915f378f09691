import { type CommandSheet, commandTargets } from '../advisor/commands/index.ts';
import type { CommandTarget, Verification } from '../advisor/commands/target.ts';
import { paragraph } from './recommendation-paragraph.ts';

/** What nearly everybody pastes: shown first. */
const mainKeys: readonly string[] = ['qemu-img', 'convert', 'drive'];
/** What else is shown where no target is named; the document has all of them. */
const otherKeys: readonly string[] = ['blockdev', 'libvirt-volume', 'libvirt', 'virt-install', 'proxmox', 'qmp'];

/** What to paste first: everything for a target that is named, else what makes the image and starts the guest. */
export function mainCommands(sheet: CommandSheet, hasTarget: boolean, columns: number): readonly string[] {
  const shown = targetsOf(sheet).filter(({ key }) => hasTarget || mainKeys.includes(key));
  // What is recommended comes before what would have to be converted for.
  const ordered = [...shown.filter(({ key }) => key !== 'convert'), ...shown.filter(({ key }) => key === 'convert')];
  return ordered.map((target) => commandSection(target, sheet, columns));
}

/** What to paste elsewhere, with the ways to more of it, and the ways back from what was shown first. */
export function otherCommands(sheet: CommandSheet, hasTarget: boolean, columns: number): readonly string[] {
  const targets = targetsOf(sheet);
  const first = targets.filter(({ key }) => hasTarget || mainKeys.includes(key));
  const undo = [...new Set(first.map(({ key }) => sheet.undo[key] ?? ''))].filter((text) => text !== '');
  const back = undo.length === 0 ? [] : [`To go back to QEMU's defaults\n\n${undo.join('\n')}`];
  if (hasTarget) return back;
  const shown = targets.filter(({ key }) => otherKeys.includes(key));
  const more =
    'OpenStack, KubeVirt, virt-xml and virsh: --target NAME prints what one platform needs, --json has all, with the ways back.';
  return [...back, ...shown.map((target) => commandSection(target, sheet, columns)), paragraph(more, columns)];
}

function targetsOf(sheet: CommandSheet): readonly CommandTarget[] {
  return commandTargets.filter(({ key }) => key in sheet.commands);
}

function commandSection({ key, title, verification }: CommandTarget, sheet: CommandSheet, columns: number): string {
  const mark = verification.verified ? 'verified' : 'not verified by the tool itself';
  const notes = (sheet.commandNotes[key] ?? []).map((note) => `${paragraph(note, columns, '# ')}\n`);
  return `${paragraph(`${title} [${mark}]`, columns)}\n\n${notes.join('')}${sheet.commands[key] ?? ''}`;
}

/** For each command whether its tool has accepted it in the tests of this project, and which versions did. */
export function commandVerification(sheet: CommandSheet): Readonly<Record<string, Verification>> {
  return Object.fromEntries(targetsOf(sheet).map(({ key, verification }) => [key, verification]));
}
