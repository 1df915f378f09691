import { readdirSync, readFileSync, readlinkSync, realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { startTicks } from '../scratch.ts';

/** Flag of a socket that accepts connections, in /proc/net/unix. @source Linux include/uapi/linux/net.h, __SO_ACCEPTCON */
const listening = 0x10000;
/** A command line of a guest with hundreds of disks is some 100 KB. */
const longestCommandLine = 4 * 2 ** 20;

/** The process behind a monitor. */
export interface MonitorOwner {
  readonly commandLine: readonly string[];
  /** Names this very process for as long as the machine is up: its id and when it started. */
  readonly identity: string;
}

/**
 * The QEMU that listens on a Unix socket of this machine: the process which holds the socket's listening end. Undefined where it cannot be seen: another user's, another network or process namespace, not Linux.
 * @source proc(5), /proc/net/unix and /proc/PID/fd; the peer's id from SO_PEERCRED is not to be had from Node
 */
export function monitorOwner(socketPath: string): MonitorOwner | undefined {
  const sockets = listeningSockets(basename(socketPath));
  if (sockets.size === 0) return undefined;
  const wanted = realPath(socketPath);
  const found = processes().filter((pid) => {
    const path = heldSocket(pid, sockets);
    return path !== undefined && realPath(resolve(workingDirectory(pid) ?? '/', path)) === wanted;
  });
  // Several hold it where the one that made it handed it on; which of them serves it cannot be told.
  const [pid, ...others] = found;
  if (pid === undefined || others.length > 0) return undefined;
  const [words, ticks] = [commandLine(pid), startTicks(Number(pid))];
  return words === undefined || ticks === null ? undefined : { commandLine: words, identity: `${pid}-${ticks}` };
}

/** Paths of listening sockets whose last part is the given one, by the number of the socket. */
function listeningSockets(name: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const line of read('/proc/net/unix')?.split('\n').slice(1) ?? []) {
    // Number, references, protocol, flags, type, state, inode, path.
    const [, flags = '0', inode = '', path = ''] = /^\S+: \S+ \S+ ([0-9A-F]+) \S+ \S+ +(\d+) (.+)$/i.exec(line) ?? [];
    if ((Number.parseInt(flags, 16) & listening) !== 0 && basename(path) === name) found.set(inode, path);
  }
  return found;
}

/** Ids of processes whose command line names QEMU: looking at the open files of all would take seconds on a busy host. */
function processes(): readonly string[] {
  return entries('/proc').filter((name) => {
    if (!/^\d+$/.test(name)) return false;
    return (
      commandLine(name)
        ?.slice(0, 5)
        .some((word) => /qemu|kvm/i.test(basename(word))) === true
    );
  });
}

function heldSocket(pid: string, sockets: ReadonlyMap<string, string>): string | undefined {
  for (const name of entries(`/proc/${pid}/fd`)) {
    const inode = /^socket:\[(\d+)\]$/.exec(link(`/proc/${pid}/fd/${name}`) ?? '')?.[1];
    const path = inode === undefined ? undefined : sockets.get(inode);
    if (path !== undefined) return path;
  }
  return undefined;
}

function workingDirectory(pid: string): string | undefined {
  return link(`/proc/${pid}/cwd`);
}

function commandLine(pid: string): readonly string[] | undefined {
  const text = read(`/proc/${pid}/cmdline`);
  if (text === undefined || text === '' || text.length > longestCommandLine) return undefined;
  return text.replace(/\0$/, '').split('\0');
}

function realPath(path: string): string {
  try {
    return join(realpathSync(dirname(path)), basename(path));
  } catch {
    return path;
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function entries(path: string): readonly string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

function link(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}
