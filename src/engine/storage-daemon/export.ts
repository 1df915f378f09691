import type { JsonValue } from '../../settings/blockdev.ts';
import { isAtLeast, type QemuVersion } from '../../settings/qemu-version.ts';

/** How an image is handed to the program that makes the load. */
export const exportKinds = ['nbd', 'fuse'] as const;
export type ExportKind = (typeof exportKinds)[number];

/** One node of the block graph that is exported. */
export interface Export {
  /** Of letters, digits and `-`; the name of the NBD export, and the file's in the scratch directory for FUSE. */
  readonly name: string;
  readonly kind: ExportKind;
  /** The block graph as for `--blockdev`, without a node name; file names are relative to the scratch directory. */
  readonly graph: { readonly [key: string]: JsonValue };
  readonly writable: boolean;
  /** Every write is followed by a flush: cache modes `writethrough` and `directsync`. */
  readonly writethrough: boolean;
}

/**
 * The oldest QEMU whose NBD exports may be served by an iothread. From 7.2.14 to 8.2 the end of a connection is handled in
 * that thread, and an assertion that came with the fix of CVE-2024-7409 ends the whole daemon there; before, nothing
 * looked.
 * @source QEMU git: commit f816310d0c (9.0), nbd/server: only traverse NBDExport->clients from main loop thread; seen with 7.2.22
 */
const iothreadVersion: QemuVersion = { major: 9, minor: 0 };

/** Whether exports get a thread of their own, as a drive with `iothread=` has; else the daemon's main loop serves them. */
export function hasIothreads(version: QemuVersion): boolean {
  return isAtLeast(version, iothreadVersion);
}

/** The daemon's arguments for exports. @param socket the NBD server's, relative to the daemon's working directory */
export function exportArguments(exports: readonly Export[], socket: string, version: QemuVersion): readonly string[] {
  const threads = hasIothreads(version);
  const server = { addr: { type: 'unix', path: socket }, 'max-connections': 0 };
  return [
    ...exports.flatMap(({ name }) =>
      threads ? ['--object', JSON.stringify({ 'qom-type': 'iothread', id: threadOf(name) })] : [],
    ),
    ...exports.flatMap(({ name, graph, writable }) => [
      '--blockdev',
      JSON.stringify({ ...graph, 'node-name': name, ...(writable ? {} : { 'read-only': true }) }),
    ]),
    ...(exports.some(({ kind }) => kind === 'nbd') ? ['--nbd-server', JSON.stringify(server)] : []),
    ...exports.flatMap((one) => ['--export', JSON.stringify(exportOption(one, threads))]),
  ];
}

function exportOption({ name, kind, writable, writethrough }: Export, threads: boolean): JsonValue {
  const common = {
    id: `export-${name}`,
    'node-name': name,
    writable,
    writethrough,
    ...(threads ? { iothread: threadOf(name) } : {}),
  };
  return kind === 'nbd' ? { type: 'nbd', name, ...common } : { type: 'fuse', mountpoint: name, ...common };
}

function threadOf(name: string): string {
  return `thread-${name}`;
}
