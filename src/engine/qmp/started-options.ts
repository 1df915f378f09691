import { QtuneError } from '../../errors.ts';
import type { JsonValue } from '../../settings/blockdev.ts';
import { cacheFlags, cacheModeOf } from '../../settings/cache-mode.ts';
import { definitionsOf } from '../../settings/catalogue.ts';
import type { SettingValue, SettingValues } from '../../settings/configuration.ts';
import { splitOptionList } from '../../settings/option-list.ts';
import { readValue } from '../../settings/value.ts';
import type { RunningDisk } from './running-disk.ts';

/** Options of a qcow2 node that QEMU does not tell and that `blockdev-reopen` resets unless they are repeated. */
export interface NodeOptions {
  /** Run-time settings by the catalogue's names, without cache modes and `aio`. */
  readonly drive: SettingValues;
  /** Others as QMP takes them: `auto-read-only`, `force-share`, `encrypt`. */
  readonly kept: { readonly [key: string]: JsonValue };
}

/** What a QEMU's command line says of a node. */
export interface StartedOptions extends NodeOptions {
  readonly option: '-drive' | '-blockdev';
  /** What the node was started with and QEMU does tell, for seeing whether it was changed since. */
  readonly told: { readonly direct: boolean; readonly noFlush: boolean; readonly detectZeroes: string };
  /** Options that qtune does not know; it could not repeat them. */
  readonly unknown: readonly string[];
}

/** One member of a `-drive` or `-blockdev`: names in QEMU's dotted form, e.g. `cache.direct`. */
type Members = ReadonlyMap<string, string>;

const childNames = ['file', 'backing', 'data-file'] as const;
/** Members of `-blockdev` that say which node it is, or that QEMU tells. */
const placing: ReadonlySet<string> = new Set([
  ...['driver', 'node-name', 'read-only', 'cache.direct', 'cache.no-flush', ...childNames],
]);
/** Members of `-drive` that belong to the device, the file or the format. @source QEMU blockdev.c, qemu_legacy_drive_opts */
const driveOnly: ReadonlySet<string> = new Set([
  ...['id', 'if', 'bus', 'unit', 'index', 'media', 'format', 'werror', 'rerror', 'serial', 'snapshot', 'file'],
  ...['copy-on-read', 'read-only', 'readonly', 'driver', 'node-name', 'cache', 'cache.writeback', 'cache.direct'],
  ...['cache.no-flush', 'aio', 'stats-account-invalid', 'stats-account-failed', 'group'],
]);
const keptSwitches = ['auto-read-only', 'force-share'] as const;

/**
 * What the command line says of a disk's node; undefined where it does not name it, as for a disk that was plugged in later.
 * @source QEMU blockdev.c, blockdev_init: `-drive` sets `auto-read-only=on` itself
 */
export function startedOptions(
  commandLine: readonly string[],
  { node, device }: Pick<RunningDisk, 'node' | 'device'>,
): StartedOptions | undefined {
  const found: StartedOptions[] = [];
  for (const [index, word] of commandLine.entries()) {
    const value = commandLine[index + 1];
    if (value === undefined) continue;
    try {
      if (/^--?blockdev$/.test(word)) found.push(...blockdevOptions(value, node.name));
      if (/^--?drive$/.test(word)) found.push(...driveOptions(value, node.name, device?.names ?? []));
    } catch (error) {
      // What qtune cannot read it does not know.
      if (!(error instanceof QtuneError || error instanceof SyntaxError)) throw error;
    }
  }
  return found.length === 1 ? found[0] : undefined;
}

function blockdevOptions(value: string, nodeName: string): readonly StartedOptions[] {
  const members = value.trimStart().startsWith('{') ? flatten(JSON.parse(value)) : listed(value);
  for (const [name, text] of members) {
    if (text !== nodeName || !/(^|\.)node-name$/.test(name)) continue;
    const prefix = name.slice(0, -'node-name'.length);
    const own = new Map(
      [...members].filter(([key]) => key.startsWith(prefix)).map(([key, one]) => [key.slice(prefix.length), one]),
    );
    const told = {
      direct: isOn(own.get('cache.direct')),
      noFlush: isOn(own.get('cache.no-flush')),
      detectZeroes: own.get('detect-zeroes') ?? 'off',
    };
    return [{ option: '-blockdev', told, ...optionsOf(own, placing) }];
  }
  return [];
}

function driveOptions(value: string, nodeName: string, names: readonly string[]): readonly StartedOptions[] {
  const members = listed(value);
  const isIt = members.get('node-name') === nodeName || (members.has('id') && names.includes(members.get('id') ?? ''));
  // `file=json:…` and `file=nbd:…` bring options of their own.
  if (!isIt || /^json:/.test(members.get('file') ?? '')) return [];
  const cache: Record<string, SettingValue> = {};
  for (const name of ['cache', 'cache.writeback', 'cache.direct', 'cache.no-flush']) {
    const definition = definitionsOf('drive').get(name);
    const text = members.get(name);
    if (definition && text !== undefined) cache[name] = readValue(definition, text);
  }
  const flags = cacheFlags(cacheModeOf(cache) ?? 'writeback');
  const { drive, kept, unknown } = optionsOf(members, driveOnly);
  const told = {
    direct: flags.direct,
    noFlush: flags.noFlush,
    detectZeroes: String(drive['detect-zeroes'] ?? 'off'),
  };
  const others = unknown.filter((name) => !/^(?:throttling|bps|iops)[._-]|^(?:bps|iops)/.test(name));
  return [{ option: '-drive', told, drive, kept: { 'auto-read-only': true, ...kept }, unknown: others }];
}

function optionsOf(members: Members, passedOver: ReadonlySet<string>): NodeOptions & { readonly unknown: string[] } {
  const drive: Record<string, SettingValue> = {};
  const kept: Record<string, JsonValue> = {};
  const encrypt: Record<string, string> = {};
  const unknown: string[] = [];
  for (const [name, text] of members) {
    if (passedOver.has(name) || childNames.some((child) => name.startsWith(`${child}.`))) continue;
    const definition = definitionsOf('drive').get(name);
    if (definition) drive[name] = readValue(definition, text);
    else if (keptSwitches.some((one) => one === name)) kept[name] = isOn(text);
    else if (name.startsWith('encrypt.')) encrypt[name.slice('encrypt.'.length)] = text;
    else unknown.push(name);
  }
  return { drive, kept: { ...kept, ...(Object.keys(encrypt).length === 0 ? {} : { encrypt }) }, unknown };
}

function listed(text: string): Members {
  return new Map(splitOptionList(text, '-drive').map(({ name, values }) => [name, values.join(',')]));
}

function flatten(value: unknown, prefix = ''): Map<string, string> {
  const members = new Map<string, string>();
  if (typeof value !== 'object' || value === null) return members;
  for (const [key, one] of Object.entries(value)) {
    if (typeof one === 'object' && one !== null) {
      for (const [name, text] of flatten(one, `${prefix}${key}.`)) members.set(name, text);
    } else if (one !== null) {
      members.set(`${prefix}${key}`, typeof one === 'boolean' ? (one ? 'on' : 'off') : String(one));
    }
  }
  return members;
}

function isOn(text: string | undefined): boolean {
  return text === 'on' || text === 'yes' || text === 'true' || text === 'y';
}
