import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Writes an executable shell script, e.g. a `qemu-io` that misbehaves. */
export function writeFakeTool(directory: string, name: string, script: string): void {
  const path = join(directory, name);
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
}

/** A pair of tools that say they are the given version, and do nothing else. */
export function writeFakeQemu(directory: string, version: string): void {
  for (const name of ['qemu-img', 'qemu-io']) writeFakeTool(directory, name, `echo "${name} version ${version}"`);
}
