import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { RunningDisk } from '../../engine/qmp/running-disk.ts';
import type { NodeOptions } from '../../engine/qmp/started-options.ts';
import { visibleText } from '../../engine/visible-text.ts';
import { InputError, UsageError } from '../../errors.ts';
import type { Host } from '../host.ts';
import { replaceFile } from '../replace-file.ts';

/** What is to be undone on one disk. */
export interface UndoDisk {
  readonly node: string;
  readonly fileName: string;
  readonly virtualBytes: number;
  readonly former: NodeOptions;
  readonly wanted: NodeOptions;
}

const longestFileBytes = 4 * 2 ** 20;

/** The document that takes a change back. */
export function undoDocument(disks: readonly UndoDisk[]): {
  readonly schema: string;
  readonly disks: readonly UndoDisk[];
} {
  return { schema: 'qtune.undo/1', disks };
}

/** @throws UsageError where something is there already: it may be the way back from an earlier change */
export function checkNewUndoFile(host: Host, shown: string): void {
  if (statSync(resolve(host.cwd, shown), { throwIfNoEntry: false })?.isFile() !== true) return;
  throw new UsageError(`--save-undo: ${shown} is there already`, {
    hint: 'It may be the way back from an earlier change: name another file.',
  });
}

/** @throws UsageError, EnvironmentError where it cannot be written */
export function saveUndo(host: Host, shown: string, disks: readonly UndoDisk[]): void {
  replaceFile(host, 'save-undo', shown, `${JSON.stringify(undoDocument(disks), null, 2)}\n`);
}

/** @throws UsageError where there is no such file, InputError where it is not one of qtune's */
export async function readUndo(host: Host, shown: string): Promise<readonly UndoDisk[]> {
  const path = resolve(host.cwd, shown);
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) throw new UsageError(`--undo: ${shown}: there is no such file`);
  if (!found.isFile() || found.size > longestFileBytes) throw new InputError({ file: shown }, 'this is no undo file');
  const { undoSchema } = await import('../../report/schemas/apply.ts');
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new InputError({ file: shown }, 'this is no undo file: it is not JSON', { cause: error });
  }
  const parsed = undoSchema.safeParse(value);
  if (parsed.success) return parsed.data.disks;
  const [issue] = parsed.error.issues;
  const where = issue === undefined || issue.path.length === 0 ? 'the document' : issue.path.map(String).join('.');
  throw new InputError({ file: shown }, `this is no undo file: ${visibleText(where)}: ${issue?.message ?? 'wrong'}`, {
    hint: '`qtune apply --save-undo FILE` writes one.',
  });
}

/** The entry of a disk. @throws UsageError where the node shows another image now than when it was changed */
export function undoFor(disk: RunningDisk, entries: readonly UndoDisk[], shown: string): UndoDisk {
  const { name, fileName, virtualBytes } = disk.node;
  const entry = entries.find(({ node }) => node === name);
  if (entry === undefined) throw new UsageError(`--undo: ${shown} says nothing of ${visibleText(name)}`);
  if (entry.fileName === fileName && entry.virtualBytes === virtualBytes) return entry;
  throw new UsageError(`--undo: ${visibleText(name)} is not the disk that ${shown} was written for`, {
    hint: `It was ${visibleText(entry.fileName)} of ${entry.virtualBytes} bytes, and is ${visibleText(fileName)} of ${virtualBytes}.`,
  });
}
