import { QtuneError, UsageError } from '../errors.ts';
import { definitionOf, definitionsOf } from './catalogue.ts';
import type { SettingScope, SettingValue, SettingValues } from './configuration.ts';
import type { SettingDefinition } from './definition.ts';
import { splitOptionList } from './option-list.ts';
import { readValue } from './value.ts';

/** More configurations than this from one list are taken for a mistake. */
export const maximumSweepCount = 10_000;

/**
 * Reads an option list in QEMU's syntax with sweeps in braces, and gives one set of values for each combination:
 * `cluster_size={64K,128K},extended_l2={off,on}` gives four, the last sweep changing fastest. Where an option is listed twice
 * the last one counts, as in QEMU. Keys come in the catalogue's order. Rules between options are not checked here: see
 * `validate.ts`.
 *
 * @param what the flag that gave the list, named in errors: `-o`, `--drive`
 * @throws UsageError with QEMU's text for an unknown option or a value that it does not read
 */
export function parseSettingList(scope: SettingScope, text: string, what: string): SettingValues[] {
  const swept = new Map<SettingDefinition, readonly string[]>();
  for (const { name, values } of splitOptionList(text, what)) {
    const definition = named(what, () => definitionOf(scope, name));
    // Choices are looked at last, as in QEMU, where the option list is read before the format's own schema.
    if (definition.domain.kind !== 'choice') for (const raw of values) named(what, () => readValue(definition, raw));
    swept.set(definition, values);
  }
  const inOrder = [...definitionsOf(scope).values()].flatMap((definition) => {
    const raws = swept.get(definition);
    return raws ? [{ definition, values: raws.map((raw) => named(what, () => readValue(definition, raw))) }] : [];
  });
  const order = [...swept.keys()];
  const axes = order.flatMap((definition) => inOrder.filter((axis) => axis.definition === definition));
  const count = axes.reduce((product, axis) => product * axis.values.length, 1);
  if (count > maximumSweepCount) {
    throw new UsageError(`${what}: the sweeps make ${count} combinations; at most ${maximumSweepCount} are taken`);
  }
  let combinations: ReadonlyMap<SettingDefinition, SettingValue>[] = [new Map()];
  for (const { definition, values } of axes) {
    combinations = combinations.flatMap((one) => values.map((value) => new Map([...one, [definition, value]])));
  }
  return combinations.map((one) => sorted(one, inOrder));
}

function sorted(
  values: ReadonlyMap<SettingDefinition, SettingValue>,
  inOrder: readonly { readonly definition: SettingDefinition }[],
): SettingValues {
  return Object.fromEntries(
    inOrder.flatMap(({ definition }) => {
      const value = values.get(definition);
      return value === undefined ? [] : [[definition.name, value]];
    }),
  );
}

/** Puts the flag in front of an error's message. */
function named<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof QtuneError)) throw error;
    throw new UsageError(`${what}: ${error.message}`, {
      ...(error.hint === undefined ? {} : { hint: error.hint }),
      cause: error,
    });
  }
}
