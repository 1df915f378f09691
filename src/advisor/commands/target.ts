import { defaultL2CacheMaximumBytes } from '../../settings/cache-sizing.ts';
import type { SettingValues } from '../../settings/configuration.ts';
import type { AdviceRequest, TargetName } from '../advice-request.ts';
import type { Proposal } from '../proposal.ts';

/** What a command is written from. */
export interface TargetInput {
  readonly request: AdviceRequest;
  readonly proposal: Proposal;
  /** The alternative with other create-time settings for an image that exists already: what it is converted to. */
  readonly converted?: Proposal;
}

/** Whether the tool that a command is for has accepted it, in this project's tests. */
export interface Verification {
  readonly verified: boolean;
  /** What accepted it, tools and versions; or why none could be asked. */
  readonly by: string;
}

/** One place that settings can be typed into. */
export interface CommandTarget {
  /** Its key in the JSON document. */
  readonly key: string;
  /** Its heading for people. */
  readonly title: string;
  /** The targets that it is shown for; one that names none is shown everything. */
  readonly targets: readonly TargetName[];
  readonly verification: Verification;
  /** What to type. Undefined where there is nothing to type, as for the creation of an image that exists. */
  render(input: TargetInput): string | undefined;
  /** What to type to get back to QEMU's defaults. */
  undo(input: TargetInput): string;
  /** What it requires and what cannot be said there, one line each. */
  notes(input: TargetInput): readonly string[];
}

/** Name under which the backing file appears; the user puts the real one in its place. */
export const exampleBackingName = 'base.qcow2';

/** Names of the nodes, the same in `-blockdev` and in QMP, where the one refers to the other. */
export const nodeNames = { disk: 'disk0', file: 'disk0-file', backing: 'disk0-backing' } as const;

/** Create-time settings to state: the cluster size always, the others where they differ from QEMU's defaults. */
export function createSettings({ geometry, settings }: Proposal): SettingValues {
  return { cluster_size: geometry.clusterBytes, ...settings.create };
}

/** Run-time settings to state: the L2 cache always, since its default depends on QEMU's version and host. */
export function driveSettings({ settings }: Proposal): SettingValues {
  return { 'l2-cache-size': defaultL2CacheMaximumBytes, ...settings.drive };
}
