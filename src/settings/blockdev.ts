import { type CacheMode, cacheModeOf } from './cache-mode.ts';
import type { SettingValue, SettingValues } from './configuration.ts';
import { overlapCheckNames } from './overlap-checks.ts';

/** Plain data as JSON carries it. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/** Run-time settings sorted by the node of QEMU's block graph that they belong to. */
export interface DriveNode {
  /** Options of the qcow2 driver as QMP wants them: integers in bytes, `overlap-check` a string or an object. */
  readonly qcow2: Readonly<Record<string, JsonValue>>;
  /** Of the whole drive; undefined where the settings say nothing of it. */
  readonly cache: CacheMode | undefined;
  /** Of the file node; undefined is QEMU's `threads`. */
  readonly aio: 'threads' | 'native' | 'io_uring' | undefined;
  /** Of the qcow2 node; undefined is QEMU's default for the tool in hand. */
  readonly discard: 'ignore' | 'unmap' | undefined;
  readonly detectZeroes: 'off' | 'on' | 'unmap' | undefined;
}

/** Settings that are not options of the qcow2 driver, or not under their own name. */
const elsewhere: ReadonlySet<string> = new Set([
  'cache',
  'cache.writeback',
  'cache.direct',
  'cache.no-flush',
  'aio',
  'discard',
  'detect-zeroes',
  'overlap-check',
  'overlap-check.template',
  ...overlapCheckNames.map((name) => `overlap-check.${name}`),
]);

/**
 * The settings for `json:` file names, `--blockdev` and QMP.
 * @throws UsageError where `cache.*` switches make none of the five cache modes
 * @source QEMU qapi/block-core.json, BlockdevOptionsQcow2 and Qcow2OverlapChecks
 */
export function driveNode(drive: SettingValues): DriveNode {
  const plain = Object.entries(drive).filter(([name]) => !elsewhere.has(name));
  const overlap = overlapOption(drive);
  return {
    qcow2: { ...Object.fromEntries(plain), ...(overlap === undefined ? {} : { 'overlap-check': overlap }) },
    cache: cacheModeOf(drive),
    aio: oneOf(drive.aio, ['threads', 'native', 'io_uring']),
    discard: oneOf(drive.discard, ['ignore', 'unmap']),
    detectZeroes: oneOf(drive['detect-zeroes'], ['off', 'on', 'unmap']),
  };
}

function overlapOption(drive: SettingValues): JsonValue | undefined {
  const template = drive['overlap-check'] ?? drive['overlap-check.template'];
  const single = overlapCheckNames.flatMap((name) => {
    const value = drive[`overlap-check.${name}`];
    return value === undefined ? [] : [[name, value] as const];
  });
  if (single.length === 0) return template;
  return { ...(template === undefined ? {} : { template }), ...Object.fromEntries(single) };
}

function oneOf<T extends string>(value: SettingValue | undefined, allowed: readonly T[]): T | undefined {
  return allowed.find((one) => one === value);
}
