import { definitionsOf } from '../../settings/catalogue.ts';
import type { SettingScope, SettingValues } from '../../settings/configuration.ts';
import type { SettingDefinition } from '../../settings/definition.ts';
import { isAtLeast, type QemuVersion } from '../../settings/qemu-version.ts';
import type { TargetName } from '../advice-request.ts';
import type { TargetInput } from './target.ts';
import { targetLimits } from './target-limits.ts';

/** Settings that every QEMU in use has need no guard. QEMU 4.0 is of 2019. */
const worthSaying: QemuVersion = { major: 4, minor: 0 };

/** One line for each setting that an older QEMU refuses; none where the QEMU is known and new enough. */
export function qemuGuards(scope: SettingScope, values: SettingValues, known: QemuVersion | undefined): string[] {
  return [...definitionsOf(scope).values()].flatMap((definition) => {
    const since = firstVersion(definition, values);
    return since === undefined ? [] : qemuGuard(since, definition.name, known);
  });
}

/** The line for something that is in QEMU since a version; none where the QEMU is known and new enough. */
export function qemuGuard(since: QemuVersion, what: string, known: QemuVersion | undefined): string[] {
  if (!isAtLeast(since, worthSaying) || (known !== undefined && isAtLeast(known, since))) return [];
  return [`requires QEMU >= ${since.major}.${since.minor}.0 (${what})`];
}

/** The line for something that libvirt or one of its tools has since a version. */
export function toolGuard(tool: string, since: string, what: string): string {
  return `requires ${tool} >= ${since} (${what})`;
}

/** One line for each setting of the proposal that cannot be said at a target. */
export function cannotSay(target: TargetName, scope: SettingScope, { proposal }: TargetInput): string[] {
  const limits = targetLimits(target);
  return Object.keys(proposal.settings[scope])
    .filter((name) => !limits[scope].has(name))
    .map((name) => `cannot be said here: ${limits.missing[name] ?? name}`);
}

function firstVersion(definition: SettingDefinition, values: SettingValues): QemuVersion | undefined {
  const value = values[definition.name];
  if (value === undefined || value === false) return undefined;
  const choice =
    definition.domain.kind === 'choice' ? definition.domain.choices.find((one) => one.value === value) : undefined;
  return choice?.since ?? definition.since;
}
