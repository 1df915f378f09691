import { UsageError } from '../errors.ts';
import type { SettingScope } from './configuration.ts';
import { createDefinitions } from './create-definitions.ts';
import type { SettingDefinition } from './definition.ts';
import { driveDefinitions } from './drive-definitions.ts';
import { closest } from './suggest.ts';

/**
 * Every option of QEMU's qcow2 driver that qtune knows, create-time first, in the order in which settings are printed.
 * Parsing, help, sweeps, version checks and tests are made from this one list.
 */
export const catalogue: readonly SettingDefinition[] = [...createDefinitions, ...driveDefinitions];

const byScope: Readonly<Record<SettingScope, ReadonlyMap<string, SettingDefinition>>> = {
  create: new Map(createDefinitions.map((definition) => [definition.name, definition])),
  drive: new Map(driveDefinitions.map((definition) => [definition.name, definition])),
};

/** All options of one scope by name, in printing order. */
export function definitionsOf(scope: SettingScope): ReadonlyMap<string, SettingDefinition> {
  return byScope[scope];
}

/**
 * The definition of an option.
 * @throws UsageError with QEMU's text for an unknown name, and what was probably meant
 */
export function definitionOf(scope: SettingScope, name: string): SettingDefinition {
  const definition = byScope[scope].get(name);
  if (definition) return definition;
  const hint = hintForUnknown(scope, name);
  throw new UsageError(unknownOption(scope, name), hint === undefined ? {} : { hint });
}

/** QEMU's text for an option that it does not have. */
export function unknownOption(scope: SettingScope, name: string): string {
  return scope === 'create'
    ? `Invalid parameter '${name}'`
    : `Block format 'qcow2' does not support the option '${name}'`;
}

function hintForUnknown(scope: SettingScope, name: string): string | undefined {
  if (scope === 'create' && name === 'size') return 'The size of the disk is given with --disk.';
  const other: SettingScope = scope === 'create' ? 'drive' : 'create';
  const spellings = [name, name.replaceAll('_', '-'), name.replaceAll('-', '_')];
  const here = spellings.find((spelling) => byScope[scope].has(spelling));
  if (here !== undefined) return `Did you mean ${here}?`;
  const there = spellings.find((spelling) => byScope[other].has(spelling));
  if (there !== undefined) {
    return other === 'drive'
      ? `${there} is a run-time option: give it with --drive.`
      : `${there} is a create-time option: give it with -o.`;
  }
  const near = closest(name, [...byScope[scope].keys()]);
  return near === undefined ? undefined : `Did you mean ${near}?`;
}
