import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { packageFile } from '../package-file.ts';

/** Names of the profiles that come with qtune, in order; `iozone-2` comes before `iozone-10`. */
export async function shippedNames(): Promise<readonly string[]> {
  return (await readdir(packageFile('workloads')))
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => file.slice(0, -'.yaml'.length))
    .sort(new Intl.Collator('en', { numeric: true }).compare);
}

/** The text of a shipped profile and its path for messages. */
export async function readShipped(name: string): Promise<{ readonly file: string; readonly text: string }> {
  const url = packageFile(`workloads/${name}.yaml`);
  return { file: fileURLToPath(url), text: await readFile(url, 'utf8') };
}
