import type { SettingScope } from './configuration.ts';

/** The list that was given as `help` or `?`, as QEMU's tools take it; undefined where none was. */
export function helpRequest(create: readonly string[], drive: readonly string[]): SettingScope | undefined {
  const asks = (lists: readonly string[]): boolean => lists.some((text) => text === 'help' || text === '?');
  return asks(create) ? 'create' : asks(drive) ? 'drive' : undefined;
}
