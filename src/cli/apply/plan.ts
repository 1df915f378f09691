import { targetLimits } from '../../advisor/commands/target-limits.ts';
import { arithmeticOutlook } from '../../advisor/outlook.ts';
import type { Proposal } from '../../advisor/proposal.ts';
import { recommend } from '../../advisor/recommendation.ts';
import { type BlockNodes, isReopenable } from '../../engine/qmp/block-nodes.ts';
import { joinSettings } from '../../engine/qmp/live-settings.ts';
import type { RunningDisk } from '../../engine/qmp/running-disk.ts';
import type { NodeOptions } from '../../engine/qmp/started-options.ts';
import { visibleText } from '../../engine/visible-text.ts';
import { UsageError } from '../../errors.ts';
import type { AppliedDisk } from '../../report/apply.ts';
import { computeCacheSizes } from '../../settings/cache-sizing.ts';
import type { SettingValues } from '../../settings/configuration.ts';
import { isAtLeast, type QemuVersion } from '../../settings/qemu-version.ts';
import { validateConfiguration } from '../../settings/validate.ts';
import { optionalString } from '../args.ts';
import type { Host } from '../host.ts';
import { factsOfDisk } from '../recommend/qmp.ts';
import { adviceRequest } from '../recommend/request.ts';
import type { CurrentOptions } from './current.ts';
import type { UndoDisk } from './undo-file.ts';

/** One disk with the options that it has and is to have. */
export interface DiskPlan {
  readonly disk: RunningDisk;
  readonly former: NodeOptions;
  readonly wanted: NodeOptions;
  readonly shown: AppliedDisk;
}

/** Where the options that a disk is to have come from. */
export type Wish =
  | { readonly from: 'recommendation' }
  | { readonly from: 'drive'; readonly drive: SettingValues }
  | { readonly from: 'undo'; readonly disk: UndoDisk };

/** `blockdev-reopen` is stable from here on. @source QEMU 6.1, qapi/block-core.json */
const reopenVersion: QemuVersion = { major: 6, minor: 1 };

/** @throws UsageError where a running QEMU cannot do that to the disk at all */
export function checkReopenable(disks: readonly RunningDisk[], nodes: BlockNodes, version: QemuVersion): void {
  if (!isAtLeast(version, reopenVersion)) {
    throw new UsageError('--qmp: changing a running disk needs QEMU 6.1 or later (blockdev-reopen)');
  }
  for (const { node } of disks) {
    const shown = visibleText(node.name);
    if (!isReopenable(node)) {
      throw new UsageError(`--qmp: ${shown} is a name that QEMU made up, and it refuses to reopen such nodes`, {
        hint: 'Start the guest with a name of yours, -drive …,node-name=disk0, and the disk can be changed while it runs. Until then give the settings at its start: qtune recommend.',
      });
    }
    if (!nodes.has(node.children.get('file') ?? '')) {
      throw new UsageError(`--qmp: QEMU does not tell on which node ${shown} lies, and a change must name it`);
    }
  }
}

/**
 * What is going to be changed on one disk, with what it costs and is expected to give.
 * @throws UsageError for settings that QEMU would refuse
 */
export async function planDisk(
  disk: RunningDisk,
  current: CurrentOptions,
  wish: Wish,
  context: { readonly version: QemuVersion; readonly args: Readonly<Record<string, unknown>>; readonly host: Host },
): Promise<DiskPlan> {
  const { version, args, host } = context;
  const facts = factsOfDisk(disk, version, optionalString(args, 'qmp') ?? '');
  const { create } = facts.image;
  const request = await adviceRequest(args, host, facts);
  const [former, wanted, because] = wishedOptions();
  for (const { drive } of [former, wanted]) {
    const { data_file: _, ...image } = create;
    validateConfiguration({ label: 'running', create: image, drive }, { ...facts, qemu: version });
  }
  const outlook = arithmeticOutlook(request);
  const [before, after] = outlook.predict([former.drive, wanted.drive].map((drive) => ({ create, drive })));
  if (before === undefined || after === undefined) throw new Error('a prediction is missing');
  const side = ({ drive }: NodeOptions, proposal: Proposal) => ({
    drive,
    memoryBytes: proposal.memoryBytes,
    coveredRatio: proposal.cache.coveredRatio,
  });
  const name = disk.device?.names[0];
  return {
    disk,
    former,
    wanted,
    shown: {
      node: disk.node.name,
      ...(name === undefined ? {} : { device: name }),
      fileName: disk.node.fileName,
      virtualBytes: disk.node.virtualBytes,
      filters: disk.filters,
      backingCount: disk.backing.length,
      source: current.source,
      former: side(former, before),
      wanted: side(wanted, after),
      speedRatio: outlook.ratio(after, before),
      workload: request.traits,
      reasons: because,
    },
  };

  function wishedOptions(): readonly [NodeOptions, NodeOptions, AppliedDisk['reasons']] {
    if (wish.from === 'undo') return [wish.disk.wanted, wish.disk.former, []];
    const { drive, kept } = current;
    if (wish.from === 'drive') return [current, { drive: joinSettings(drive, wish.drive), kept }, []];
    const { recommended } = recommend(request);
    const joined = joinSettings(drive, spelledOut(recommended.proposal, drive));
    const reasons = recommended.reasons.filter(
      ({ setting }) => setting in joined && joined[setting] !== drive[setting],
    );
    return [current, { drive: joined, kept }, reasons];
  }
}

/**
 * What has to be said for a proposal to be in force: what differs from QEMU's defaults, and a default where something else was said before. Caches
 * that come to the same as the present ones are left as they are said.
 */
function spelledOut({ settings, stated, geometry, cache }: Proposal, current: SettingValues): SettingValues {
  const { drive: settable } = targetLimits('qmp');
  const now = computeCacheSizes(geometry, current);
  const isSame = now.l2Bytes === cache.l2Bytes && now.l2EntryBytes === cache.l2EntryBytes;
  const said = Object.entries(stated.drive).filter(
    ([name]) => name in settings.drive || name in current || (name === 'l2-cache-size' && 'cache-size' in current),
  );
  return Object.fromEntries(said.filter(([name]) => settable.has(name) && !(isSame && /^l2-cache-/.test(name))));
}

/** Whether a change would change nothing. */
export function isUnchanged({ former, wanted }: DiskPlan): boolean {
  const canonical = ({ drive, kept }: NodeOptions): string =>
    JSON.stringify([drive, kept].map((one) => Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1))));
  return canonical(former) === canonical(wanted);
}
