import { driveNode, type JsonValue } from '../../settings/blockdev.ts';
import type { Configuration } from '../../settings/configuration.ts';
import type { QemuTools } from '../tools.ts';
import { type ImageFiles, imageNames } from './image-files.ts';

/** What the engine uses where the configuration does not say. */
export interface HostDefaults {
  readonly cache: 'none' | 'writeback';
  readonly aio: 'io_uring' | 'native' | 'threads';
}

/** The effective cache and aio mode of a configuration. */
export interface EffectiveModes {
  readonly cache: string;
  readonly aio: string;
}

/**
 * Cache and aio mode of a configuration on this host. A configuration that keeps the page cache cannot use `native`, so the
 * default is then `threads`.
 * @source QEMU block/file-posix.c: `aio=native` requires `cache.direct=on`
 */
export function effectiveModes(configuration: Configuration, defaults: HostDefaults): EffectiveModes {
  const node = driveNode(configuration.drive);
  const cache = node.cache ?? defaults.cache;
  const aio = node.aio ?? (defaults.aio === 'native' && !isDirect(cache) ? 'threads' : defaults.aio);
  return { cache, aio };
}

/** True for cache modes that bypass the host's page cache. @source QEMU block.c, bdrv_parse_cache_mode */
export function isDirect(cache: string): boolean {
  return cache === 'none' || cache === 'directsync';
}

/**
 * The block graph of an image as QEMU takes it in JSON: explicit drivers, so that no part of a name or of a format is
 * guessed. @param prefix put before file names, which are else relative to the image's directory
 */
export function imageGraph(
  files: ImageFiles,
  configuration: Configuration,
  modes: EffectiveModes,
  prefix = '',
): { readonly [key: string]: JsonValue } {
  const node = driveNode(configuration.drive);
  const cache = { direct: isDirect(modes.cache), 'no-flush': modes.cache === 'unsafe' };
  const file = (name: string): JsonValue => ({ driver: 'file', filename: `${prefix}${name}`, aio: modes.aio, cache });
  return {
    driver: 'qcow2',
    ...node.qcow2,
    discard: node.discard ?? 'ignore',
    'detect-zeroes': node.detectZeroes ?? 'off',
    cache,
    file: file(imageNames.image),
    ...(files.hasDataFile ? { 'data-file': file(imageNames.dataFile) } : {}),
    backing:
      files.backingFormat === undefined ? null : { driver: files.backingFormat, cache, file: file(imageNames.backing) },
  };
}

/**
 * The command that runs a script against an image: the whole block graph as one JSON file name, and `-t` and `-d`, whose
 * defaults in qemu-io are not those of a guest. File names are relative to the image's directory.
 * @source facts of QEMU qemu-io.c: default cache mode writethrough, default discard unmap
 */
export function runCommand(
  tools: QemuTools,
  files: ImageFiles,
  configuration: Configuration,
  modes: EffectiveModes,
  options: { readonly readOnly: boolean; readonly trace?: readonly string[] },
): readonly string[] {
  return [
    tools.qemuIo,
    ...(options.readOnly ? ['-r'] : []),
    '-t',
    modes.cache,
    '-d',
    driveNode(configuration.drive).discard ?? 'ignore',
    ...(options.trace ?? []).flatMap((pattern) => ['--trace', pattern]),
    `json:${JSON.stringify(imageGraph(files, configuration, modes))}`,
  ];
}
