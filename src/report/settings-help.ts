import { definitionsOf } from '../settings/catalogue.ts';
import type { SettingScope } from '../settings/configuration.ts';
import type { SettingDefinition } from '../settings/definition.ts';
import { domainText } from '../settings/domain-text.ts';
import { formatQemuVersion } from '../settings/qemu-version.ts';

/** What `-o help` and `--drive help` print: every option of the list, as the catalogue has it. */
export function renderSettingsHelp(scope: SettingScope): string {
  const title =
    scope === 'create'
      ? 'Create-time options, as in `qemu-img create -f qcow2 -o`:'
      : 'Run-time options, as on `-drive` and in a qcow2 block node:';
  const options = [...definitionsOf(scope).values()].map(describe);
  return `${title}\n\n${options.join('\n')}\nA value in braces is a sweep: '${scope === 'create' ? 'cluster_size={64K,128K}' : 'l2-cache-size={1M,32M}'}' is tried with each.\n`;
}

function describe(definition: SettingDefinition): string {
  const { name, default: without, since, does, costs } = definition;
  return `  ${name}=${domainText(definition)}\n      ${does}\n      Costs: ${costs}\n      Default: ${without}. Since QEMU ${formatQemuVersion(since)}.\n`;
}
