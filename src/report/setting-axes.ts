import { definitionsOf } from '../settings/catalogue.ts';
import type { Configuration, SettingScope, SettingValue } from '../settings/configuration.ts';
import { printValue, readValue } from '../settings/value.ts';
import { printable } from './printable.ts';

/** A setting in which configurations differ. */
export interface SettingAxis {
  readonly scope: SettingScope;
  readonly name: string;
}

/** A configuration's value of a setting, QEMU's default where it has one that is a plain value. */
export function settingOf(configuration: Configuration, axis: SettingAxis): SettingValue | undefined {
  const values = configuration[axis.scope];
  if (Object.hasOwn(values, axis.name)) return values[axis.name];
  const definition = definitionsOf(axis.scope).get(axis.name);
  if (!definition) return undefined;
  try {
    return readValue(definition, definition.default);
  } catch {
    return undefined; // The default is told in words, since it depends on other things.
  }
}

/** The settings in which some configurations differ, create-time first, each scope in the catalogue's order. */
export function varyingSettings(configurations: readonly Configuration[]): readonly SettingAxis[] {
  const scopes: readonly SettingScope[] = ['create', 'drive'];
  return scopes.flatMap((scope) => {
    const used = new Set(configurations.flatMap((configuration) => Object.keys(configuration[scope])));
    const known = [...definitionsOf(scope).keys()].filter((name) => used.delete(name));
    return [...known, ...used]
      .map((name) => ({ scope, name }))
      .filter((axis) => new Set(configurations.map((one) => settingOf(one, axis))).size > 1);
  });
}

/** `l2-cache-size=1M`; `default` in place of a value that is QEMU's own choice. */
export function printSetting(axis: SettingAxis, value: SettingValue | undefined): string {
  return `${printable(axis.name)}=${printSettingValue(axis, value)}`;
}

/** `1M` */
export function printSettingValue(axis: SettingAxis, value: SettingValue | undefined): string {
  if (value === undefined) return 'default';
  const definition = definitionsOf(axis.scope).get(axis.name);
  return printable(definition ? printValue(definition, value) : String(value));
}
