import { QtuneError } from '../../errors.ts';
import { catalogue, definitionOf } from '../../settings/catalogue.ts';
import type { SettingScope, SettingValue, SettingValues } from '../../settings/configuration.ts';
import { createCase, createRules } from '../../settings/create-rules.ts';
import type { SettingDefinition } from '../../settings/definition.ts';
import { checkDrive } from '../../settings/drive-rules.ts';
import type { QemuVersion } from '../../settings/qemu-version.ts';
import { geometryOf } from '../../settings/resolve.ts';
import { type AxisValue, axisValues } from './axes.ts';

/** What the space is counted for. */
export interface CountContext {
  readonly diskBytes: number;
  readonly hasBacking: boolean;
  readonly qemu?: QemuVersion;
}

/** The values of a setting that are counted, out of all that its axis has. */
export type Restriction = (definition: SettingDefinition, values: readonly AxisValue[]) => readonly AxisValue[];

type Values = Readonly<Record<SettingScope, Record<string, AxisValue>>>;

/** Settings that the rules hold against all others, so that the space is counted for each combination of them. */
const base: readonly string[] = ['cluster_size', 'extended_l2', 'compat'];

/** Settings that rules hold against each other, given the base; every other one is on its own. The caches' sizes are too, and counted apart. */
const linked: readonly (readonly string[])[] = [
  ['cache', 'aio'],
  ['discard', 'detect-zeroes'],
];

const cacheSize = definitionOf('drive', 'l2-cache-size');
const cacheEntry = definitionOf('drive', 'l2-cache-entry-size');

/** The groups of settings that can be counted one by one, given the base; their counts are multiplied. */
export const groups: readonly (readonly SettingDefinition[])[] = groupsOf(catalogue);

function groupsOf(definitions: readonly SettingDefinition[]): readonly (readonly SettingDefinition[])[] {
  const free = definitions.filter((one) => !base.includes(one.name) && one !== cacheSize && one !== cacheEntry);
  const together = linked.map((names) => free.filter(({ name }) => names.includes(name)));
  const alone = free.filter(({ name }) => !linked.some((names) => names.includes(name))).map((one) => [one]);
  return [...together, ...alone];
}

/** All combinations of the values, whether QEMU takes them or not. */
export function countAll(context: CountContext, restrict: Restriction): number {
  const axis = { geometry: geometryOf(context.diskBytes, {}), ...qemuOf(context) };
  return catalogue.reduce(
    (product, definition) => product * restrict(definition, axisValues(definition, axis)).length,
    1,
  );
}

/** For create-time settings, whether cache sizes are counted, beside QEMU's taking them. */
export type CacheFilter = (create: SettingValues) => (drive: SettingValues) => boolean;

/**
 * The combinations that QEMU takes for this disk, exactly, without making them: for each combination of the base settings the groups are
 * counted by QEMU's rules, and multiplied.
 */
export function countValid(context: CountContext, restrict: Restriction, fits?: CacheFilter): number {
  const known = new Map<string, number>();
  let sum = 0;
  for (const values of bases(context, restrict)) {
    const axis = { geometry: geometryOf(context.diskBytes, settingsOf(values.create)), ...qemuOf(context) };
    const of: ValuesOf = (definition) => restrict(definition, axisValues(definition, axis));
    // The caches do not depend on the version of the format.
    const key = JSON.stringify([values.create.cluster_size, values.create.extended_l2]);
    const caches = known.get(key) ?? countCaches(context, of, values, fits);
    known.set(key, caches);
    sum += groups.reduce((product, group) => product * countGroup(context, of, values, group), caches);
  }
  return sum;
}

/** The combinations of the base settings that QEMU takes. */
export function bases(context: CountContext, restrict: Restriction): readonly Values[] {
  const axis = { geometry: geometryOf(context.diskBytes, {}), ...qemuOf(context) };
  const definitions = catalogue.filter(({ name }) => base.includes(name));
  return combinations(definitions, (definition) => restrict(definition, axisValues(definition, axis)))
    .map((values) => merged(emptyValues, values))
    .filter((values) => isValid(context, values));
}

type ValuesOf = (definition: SettingDefinition) => readonly AxisValue[];

function countGroup(context: CountContext, of: ValuesOf, values: Values, group: readonly SettingDefinition[]): number {
  // A value that leaves the setting out is none that a rule could refuse.
  if (group.every((definition) => of(definition).every((value) => value === undefined))) return 1;
  // The base is taken as it is, so only what the group's own list is refused for is left to ask.
  const isTaken = group.some(({ scope }) => scope === 'create') ? isCreatable : isOpenable;
  return combinations(group, of).filter((choice) => isTaken(context, merged(values, choice))).length;
}

/** As a group, but an entry size that is refused on its own is refused with any cache, and where the largest cache is taken so are the others. */
function countCaches(context: CountContext, of: ValuesOf, values: Values, fits: CacheFilter | undefined): number {
  const sizes = of(cacheSize).toSorted((a, b) => Number(a ?? 0) - Number(b ?? 0));
  const counts = fits?.(settingsOf(values.create)) ?? (() => true);
  const withSizes = (entry: AxisValue, size: AxisValue) =>
    merged(values, [
      [cacheEntry, entry],
      [cacheSize, size],
    ]);
  let count = 0;
  for (const entry of of(cacheEntry)) {
    if (!isOpenable(context, withSizes(entry, undefined))) continue;
    const all = isOpenable(context, withSizes(entry, sizes.at(-1)));
    const taken = all ? sizes : sizes.filter((size) => isOpenable(context, withSizes(entry, size)));
    count += taken.filter((size) => counts(settingsOf({ 'l2-cache-size': size, 'l2-cache-entry-size': entry }))).length;
  }
  return count;
}

/** Whether QEMU takes these settings; the ones that are left out have its defaults. */
export function isValid(context: CountContext, values: Values): boolean {
  return isCreatable(context, values) && isOpenable(context, values);
}

function isCreatable({ diskBytes, hasBacking, qemu }: CountContext, { create }: Values): boolean {
  const image = createCase(settingsOf(create), { diskBytes, hasBacking, ...(qemu === undefined ? {} : { qemu }) });
  return createRules.every((rule) => rule.check(image) === undefined);
}

function isOpenable({ diskBytes }: CountContext, { create, drive }: Values): boolean {
  try {
    checkDrive({ label: '', create: settingsOf(create), drive: settingsOf(drive) }, diskBytes);
    return true;
  } catch (error) {
    if (error instanceof QtuneError) return false;
    throw error;
  }
}

type Choice = readonly (readonly [SettingDefinition, AxisValue])[];

const emptyValues: Values = { create: {}, drive: {} };

function combinations(
  definitions: readonly SettingDefinition[],
  of: (definition: SettingDefinition) => readonly AxisValue[],
): readonly Choice[] {
  let found: readonly Choice[] = [[]];
  for (const definition of definitions) {
    const values = of(definition);
    found = found.flatMap((choice) => values.map((value) => [...choice, [definition, value] as const]));
  }
  return found;
}

function merged(values: Values, choice: Choice): Values {
  const result = { create: { ...values.create }, drive: { ...values.drive } };
  for (const [{ scope, name }, value] of choice) result[scope][name] = value;
  return result;
}

/** Without what is left out. */
export function settingsOf(values: Readonly<Record<string, AxisValue>>): Record<string, SettingValue> {
  // A plain loop: a space has tens of thousands of combinations to look at, and entries made and filtered took half of the time.
  const settings: Record<string, SettingValue> = {};
  for (const name in values) {
    const value = values[name];
    if (value !== undefined) settings[name] = value;
  }
  return settings;
}

function qemuOf({ qemu }: CountContext): { readonly qemu?: QemuVersion } {
  return qemu === undefined ? {} : { qemu };
}
