import { UsageError } from '../errors.ts';
import type { Configuration, SettingValues } from './configuration.ts';
import { maximumSweepCount, parseSettingList } from './parse.ts';
import { printedSettings } from './print.ts';

/**
 * Every combination of the given create-time and run-time lists with their sweeps, create-time outermost, in the order given;
 * the same combination twice is kept once. Without any list there is one configuration, QEMU's defaults.
 *
 * @throws UsageError as {@link parseSettingList}, naming `-o` or `--drive`
 */
export function buildConfigurations(create: readonly string[], drive: readonly string[]): Configuration[] {
  const creates = create.length === 0 ? [{}] : create.flatMap((text) => parseSettingList('create', text, '-o'));
  const drives = drive.length === 0 ? [{}] : drive.flatMap((text) => parseSettingList('drive', text, '--drive'));
  if (creates.length * drives.length > maximumSweepCount) {
    throw new UsageError(
      `-o and --drive make ${creates.length * drives.length} configurations; at most ${maximumSweepCount} are taken`,
    );
  }
  return labelConfigurations(creates.flatMap((one) => drives.map((other) => ({ create: one, drive: other }))));
}

/**
 * Gives configurations their labels: the settings in which they differ from each other, all of them where there is only one
 * or nothing that differs is set, `default` where none is set at all. Labels are unique; equal configurations become one.
 */
export function labelConfigurations(
  configurations: readonly { readonly create: SettingValues; readonly drive: SettingValues }[],
): Configuration[] {
  const described = new Map<string, { readonly texts: readonly string[]; readonly index: number }>();
  configurations.forEach(({ create, drive }, index) => {
    const texts = [...printedSettings('create', create), ...printedSettings('drive', drive)].map(
      ({ name, text }) => `${name}=${text}`,
    );
    const key = JSON.stringify(texts);
    if (!described.has(key)) described.set(key, { texts, index });
  });
  const distinct = [...described.values()];
  const counts = new Map<string, number>();
  for (const { texts } of distinct) for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return distinct.map(({ texts, index }) => {
    const differing = texts.filter((text) => counts.get(text) !== distinct.length);
    const label = (differing.length > 0 ? differing : texts).join(' ') || 'default';
    const configuration = configurations[index];
    return { label, create: configuration?.create ?? {}, drive: configuration?.drive ?? {} };
  });
}
