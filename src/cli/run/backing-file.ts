import { open, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { EnvironmentError, UsageError } from '../../errors.ts';
import type { PlanBacking } from '../../trial/plan.ts';

/** First bytes of every qcow2 image. @source QEMU docs/interop/qcow2.txt, "Header" */
const qcow2Magic = Buffer.from([0x51, 0x46, 0x49, 0xfb]);

/** What shows whether a file was written to. */
interface FileState {
  readonly sizeBytes: number;
  readonly modifiedNs: bigint;
}

/** The user's backing file with its state before the run. */
export interface BackingFile extends PlanBacking {
  readonly before: FileState;
}

/**
 * Looks at the backing file that the user named. Its format is taken from the option, or is qcow2 where the file starts
 * like one; it is never guessed to be raw, since a guest can write any header into a raw disk.
 *
 * @throws UsageError where there is no such file, where it does not have the format, or where the format has to be said
 */
export async function openBacking(
  cwd: string,
  { name, format }: { readonly name: string; readonly format: 'raw' | 'qcow2' | undefined },
): Promise<BackingFile> {
  const path = resolve(cwd, name);
  const isQcow2 = (await readStart(path, name)).equals(qcow2Magic);
  if (format === undefined && !isQcow2) {
    throw new UsageError(`--backing: ${name} does not begin like a qcow2 image`, {
      hint: 'Say what it is: --backing-format raw.',
    });
  }
  if (format === 'qcow2' && !isQcow2) throw new UsageError(`--backing-format qcow2: ${name} is not a qcow2 image`);
  return { name, path, format: format ?? 'qcow2', before: await stateOf(path) };
}

/** @throws EnvironmentError where the file is not as it was: somebody else wrote to it, and the results are worthless */
export async function checkUnchanged(backing: BackingFile): Promise<void> {
  const now = await stateOf(backing.path).catch(() => undefined);
  if (now?.sizeBytes === backing.before.sizeBytes && now.modifiedNs === backing.before.modifiedNs) return;
  throw new EnvironmentError(`--backing: ${backing.name} was changed by another program during the run`, {
    hint: 'qtune only reads it. Repeat the run with a file that nobody writes to.',
  });
}

async function readStart(path: string, name: string): Promise<Buffer> {
  try {
    const found = await stat(path);
    if (!found.isFile()) throw new UsageError(`--backing: ${name} is not a regular file`);
    const file = await open(path, 'r');
    try {
      const start = Buffer.alloc(qcow2Magic.length);
      await file.read(start, 0, start.length, 0);
      return start;
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    const reason = code === 'ENOENT' || code === 'ENOTDIR' ? 'there is no such file' : `it cannot be read (${code})`;
    throw new UsageError(`--backing: ${name}: ${reason}`, { cause: error });
  }
}

async function stateOf(path: string): Promise<FileState> {
  const { size, mtimeNs } = await stat(path, { bigint: true });
  return { sizeBytes: Number(size), modifiedNs: mtimeNs };
}
