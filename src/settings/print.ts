import { definitionsOf } from './catalogue.ts';
import type { SettingScope, SettingValues } from './configuration.ts';
import { printValue } from './value.ts';

/**
 * Writes settings as `qemu-img create -o` or `-drive` reads them, in the catalogue's order: `cluster_size=128K,extended_l2=on`. Commas in
 * values are doubled. Empty where nothing is set.
 */
export function printSettings(scope: SettingScope, values: SettingValues): string {
  return printedSettings(scope, values)
    .map(({ name, text }) => `${name}=${text.replaceAll(',', ',,')}`)
    .join(',');
}

/** Each setting's name and value as text, in the catalogue's order, without escapes. */
export function printedSettings(
  scope: SettingScope,
  values: SettingValues,
): readonly { readonly name: string; readonly text: string }[] {
  return [...definitionsOf(scope).values()].flatMap((definition) => {
    const value = values[definition.name];
    return value === undefined ? [] : [{ name: definition.name, text: printValue(definition, value) }];
  });
}
