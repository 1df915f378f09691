import type { GuestFileSystem } from '../file-system/file-system.ts';
import type { GuestFile } from '../file-system/guest-file.ts';
import { blockBytes } from '../file-system/parameters.ts';
import { ReadAhead } from '../file-system/read-ahead.ts';
import { postmarkOperations } from '../postmark/operations.ts';
import type { PostmarkParameters } from '../postmark/parameters.ts';

/** How PostMark's calls are cut: stdio's buffer, or the tool's blocks without buffering. */
export interface PostmarkCalls extends PostmarkParameters {
  readonly buffering: boolean;
  readonly readBlock: number;
  readonly writeBlock: number;
}

/**
 * PostMark's exact file operations as calls of a file system; a step ends with each operation.
 *
 * @source PostMark 1.51, postmark.c
 */
export function* postmarkProgram(parameters: PostmarkCalls, files: GuestFileSystem): Generator<void, void, undefined> {
  const directories = Array.from({ length: Math.max(1, parameters.subdirectories) }, () => files.makeDirectory());
  const table: (GuestFile | undefined)[] = [];
  const readBytes = parameters.buffering ? blockBytes : parameters.readBlock;
  const writeBytes = parameters.buffering ? blockBytes : parameters.writeBlock;
  for (const { kind, slot, directory, bytes, sizeBytes } of postmarkOperations(parameters)) {
    const home = directories[directory] ?? files.makeDirectory();
    const file = kind === 'create' ? files.create(home) : table[slot];
    if (file === undefined) throw new RangeError('an operation names a file that is there');
    table[slot] = kind === 'delete' ? undefined : file;
    if (kind === 'delete') files.remove(file);
    else if (kind === 'read') {
      const open = new ReadAhead();
      for (let at = 0; at < bytes; at += readBytes) files.read(file, open, at, Math.min(readBytes, bytes - at));
    } else {
      const start = kind === 'create' ? 0 : sizeBytes;
      for (let at = 0; at < bytes; at += writeBytes) files.write(file, start + at, Math.min(writeBytes, bytes - at));
    }
    yield;
  }
  files.unmount();
}
