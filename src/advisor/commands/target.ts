import { defaultL2CacheMaximumBytes } from '../../settings/cache-sizing.ts';
import type { SettingValues } from '../../settings/configuration.ts';
import type { AdviceRequest } from '../advice-request.ts';
import type { Proposal } from '../proposal.ts';

/** What a command is written from. */
export interface TargetInput {
  readonly request: AdviceRequest;
  readonly proposal: Proposal;
}

/** One place that settings can be typed into. */
export interface CommandTarget {
  /** Its key in the JSON document. */
  readonly key: string;
  /** Its heading for people. */
  readonly title: string;
  render(input: TargetInput): string;
}

/** Name under which the backing file appears; the user puts the real one in its place. */
export const backingPlaceholder = 'base.qcow2';

/** Names of the nodes, the same in `-blockdev` and in QMP, where the one refers to the other. */
export const nodeNames = { disk: 'disk0', file: 'disk0-file', backing: 'disk0-backing' } as const;

/** Create-time settings to state: the cluster size always, the others where they differ from QEMU's defaults. */
export function createSettings({ proposal }: TargetInput): SettingValues {
  return { cluster_size: proposal.geometry.clusterBytes, ...proposal.settings.create };
}

/** Run-time settings to state: the L2 cache always, since its default depends on QEMU's version and host. */
export function driveSettings({ proposal }: TargetInput): SettingValues {
  return { 'l2-cache-size': defaultL2CacheMaximumBytes, ...proposal.settings.drive };
}
