import type { SettingDefinition } from './definition.ts';
import { formatQemuVersion } from './qemu-version.ts';

/** What an option takes, as help prints it: `on|off`, `SIZE`, `threads|native|io_uring (5.0)`. */
export function domainText({ domain }: SettingDefinition): string {
  switch (domain.kind) {
    case 'switch':
      return 'on|off';
    case 'size':
      return 'SIZE';
    case 'number':
      return 'NUMBER';
    case 'text':
      return 'TEXT';
    case 'choice':
      return domain.choices
        .map(({ value, since }) => (since ? `${value} (${formatQemuVersion(since)})` : value))
        .join('|');
  }
}
