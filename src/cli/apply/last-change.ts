import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BlockNode } from '../../engine/qmp/block-nodes.ts';
import type { NodeOptions } from '../../engine/qmp/started-options.ts';
import { startTicks } from '../../engine/scratch.ts';
import type { Host } from '../host.ts';
import { stateDirectory } from '../state-directory.ts';
import type { UndoDisk } from './undo-file.ts';

type StoreHost = Pick<Host, 'env' | 'pid'>;

/** What qtune has done to a running QEMU; the command line does not say it, and QEMU cannot be asked. */
export interface LastChange {
  /** False where qtune was ended in the middle: either the former or the wanted options are in force. */
  readonly isSettled: boolean;
  readonly disks: readonly UndoDisk[];
}

/** @param identity of the QEMU. Undefined where qtune has not changed it, or what was kept cannot be read. */
export async function readLastChange(host: StoreHost, identity: string): Promise<LastChange | undefined> {
  const { lastChangeSchema } = await import('../../report/schemas/apply.ts');
  try {
    const text = readFileSync(join(stateDirectory(host, 'running'), `${identity}.json`), 'utf8');
    return lastChangeSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** Keeps what is in force now beside what was kept of other disks. Where it cannot be written the next change asks for `--current`. */
export function keepLastChange(
  host: StoreHost,
  identity: string,
  before: LastChange | undefined,
  now: LastChange,
): void {
  const directory = stateDirectory(host, 'running');
  const others = before?.disks.filter((one) => now.disks.every(({ node }) => node !== one.node)) ?? [];
  const path = join(directory, `${identity}.json`);
  const document = { schema: 'qtune.running/1', isSettled: now.isSettled, disks: [...others, ...now.disks] };
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    for (const name of readdirSync(directory)) if (isOver(name)) rmSync(join(directory, name), { force: true });
    writeFileSync(`${path}.${host.pid}`, `${JSON.stringify(document, null, 2)}\n`, { mode: 0o600 });
    renameSync(`${path}.${host.pid}`, path);
  } catch {
    rmSync(path, { force: true });
  }
}

/** Whether the QEMU that a file is about has ended. */
function isOver(name: string): boolean {
  const [, pid, ticks] = /^(\d+)-(\d+)\.json/.exec(name) ?? [];
  return pid !== undefined && startTicks(Number(pid)) !== ticks;
}

/** The options that qtune has set a node to, where it shows the same image. */
export function lastOptions(last: LastChange | undefined, node: BlockNode): NodeOptions | undefined {
  const entry = last?.disks.find((one) => one.node === node.name && one.fileName === node.fileName);
  return entry?.wanted;
}
