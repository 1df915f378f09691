import { type CommandSheet, commandTargets } from '../advisor/commands/index.ts';
import type { CommandTarget, Verification } from '../advisor/commands/target.ts';
import { paragraph } from './recommendation-paragraph.ts';

/** What to paste, each with its heading, with what it requires and cannot say, and then the ways back. */
export function commandSections(sheet: CommandSheet, columns: number): readonly string[] {
  const shown = commandTargets.filter(({ key }) => key in sheet.commands);
  const back = shown.map(({ key }) => `# ${key}\n${sheet.undo[key] ?? ''}`);
  return [
    ...shown.map((target) => commandSection(target, sheet, columns)),
    `To go back to QEMU's defaults\n\n${back.join('\n')}`,
  ];
}

function commandSection({ key, title, verification }: CommandTarget, sheet: CommandSheet, columns: number): string {
  const mark = verification.verified ? 'verified' : 'not verified by the tool itself';
  const notes = (sheet.commandNotes[key] ?? []).map((note) => `${paragraph(note, columns, '# ')}\n`);
  return `${paragraph(`${title} [${mark}]`, columns)}\n\n${notes.join('')}${sheet.commands[key] ?? ''}`;
}

/** For each command whether its tool has accepted it in the tests of this project, and which versions did. */
export function commandVerification({ commands }: CommandSheet): Readonly<Record<string, Verification>> {
  const shown = commandTargets.filter(({ key }) => key in commands);
  return Object.fromEntries(shown.map(({ key, verification }) => [key, verification]));
}
