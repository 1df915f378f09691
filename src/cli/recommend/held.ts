import type { HeldSettings } from '../../advisor/advice-request.ts';
import { UsageError } from '../../errors.ts';
import type { SettingScope, SettingValues } from '../../settings/configuration.ts';

type Args = Readonly<Record<string, unknown>>;

/**
 * The settings that `-o` and `--drive` hold; undefined where they hold none. Several lists count as one.
 * @throws UsageError with QEMU's text for an unknown option or a value that it does not read, and for sweeps
 */
export async function heldSettings(args: Args): Promise<HeldSettings | undefined> {
  if (args.create === undefined && args.drive === undefined) return undefined;
  const { parseSettingList } = await import('../../settings/parse.ts');
  const list = (scope: SettingScope, value: unknown, flag: string): SettingValues => {
    const texts = (Array.isArray(value) ? value : [value]).filter((text): text is string => typeof text === 'string');
    const found = texts.map((text) => parseSettingList(scope, text, flag));
    if (found.some((combinations) => combinations.length > 1)) {
      throw new UsageError(`${flag}: one value of a setting can be held, not several`, {
        hint: 'Leave the setting out to have its values searched.',
      });
    }
    return Object.assign({}, ...found.flat());
  };
  return { create: list('create', args.create, '-o'), drive: list('drive', args.drive, '--drive') };
}
