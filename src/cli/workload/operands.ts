import { UsageError } from '../../errors.ts';

/**
 * The names that an action is called with.
 * @param action the action's own name @param keys the positionals that it needs, in the words of its help
 * @throws UsageError where one is missing
 */
export function operands<Key extends string>(
  args: Readonly<Record<string, unknown>>,
  action: string,
  keys: Readonly<Record<Key, string>>,
): Readonly<Record<Key, string>> {
  const names = Object.entries<string>(keys);
  const values: Record<string, string> = {};
  for (const [key] of names) {
    // yargs hands a lone dash over as an empty text.
    if (args[key] !== undefined) values[key] = String(args[key]) || '-';
  }
  if (Object.keys(values).length === names.length) return values as Record<Key, string>;
  const words = names.map(([, word]) => word).join(' ');
  throw new UsageError(`\`workload ${action}\` needs ${words}`, { hint: `Write: qtune workload ${action} ${words}` });
}
