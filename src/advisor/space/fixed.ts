import { UsageError } from '../../errors.ts';
import { maximumL1Bytes } from '../../qcow2/limits.ts';
import type { SettingScope, SettingValue, SettingValues } from '../../settings/configuration.ts';
import { type CreateContext, createCase, createRules } from '../../settings/create-rules.ts';
import { printSettings } from '../../settings/print.ts';
import { geometryOf } from '../../settings/resolve.ts';
import { validateConfiguration } from '../../settings/validate.ts';
import type { AdviceRequest, HeldSettings } from '../advice-request.ts';
import { targetLimits } from '../commands/target-limits.ts';

/**
 * What of the settings is not up for a choice: what somebody holds, what the image was created with, and what the target sets by itself
 * and has no words for. Every proposal has these values, and the defaults that it is compared with have them too.
 */
export function fixedSettings(request: AdviceRequest): HeldSettings {
  const { held, image, target, hasBacking } = request;
  const unsaid = target === undefined ? undefined : targetLimits(target).defaults({ hasBacking });
  const left = (scope: SettingScope) =>
    Object.fromEntries(Object.entries(unsaid?.[scope] ?? {}).filter(([name]) => !canSay(request, scope, name)));
  return {
    create: image ? image.create : { ...left('create'), ...held?.create },
    drive: { ...left('drive'), ...held?.drive },
  };
}

/** Whether a setting can be said on the request's target. */
export function canSay({ target }: Pick<AdviceRequest, 'target'>, scope: SettingScope, name: string): boolean {
  return target === undefined || targetLimits(target)[scope].has(name);
}

/** Whether a setting may get another value than {@link fixedSettings} or QEMU's default give it. */
export function isOpen(request: AdviceRequest, scope: SettingScope, name: string): boolean {
  if (scope === 'create' && request.image !== undefined) return false;
  return canSay(request, scope, name) && fixedSettings(request)[scope][name] === undefined;
}

/** Values for what is open, completed by what is fixed; the values of settings that are not open are dropped. */
export function completed(
  scope: SettingScope,
  values: SettingValues,
  request: AdviceRequest,
  fixed: HeldSettings,
): SettingValues {
  const closed = scope === 'create' && request.image !== undefined;
  const open = closed ? [] : Object.entries(values).filter(([name]) => canSay(request, scope, name));
  return { ...Object.fromEntries(open), ...fixed[scope] };
}

/** Whether `qemu-img create` takes the settings for this disk. */
export function isCreatable(request: AdviceRequest, create: SettingValues): boolean {
  const { diskBytes, hasBacking, qemu } = request;
  const context: CreateContext = { diskBytes, hasBacking, ...(qemu === undefined ? {} : { qemu }) };
  const image = createCase(create, context);
  return createRules.every((rule) => rule.check(image) === undefined);
}

/** Settings that belong to the question and are said elsewhere in it, with where. */
const elsewhere: Readonly<Record<string, string>> = {
  backing_file: 'Say --backing: the recommendation does not depend on the name.',
  backing_fmt: 'Say --backing: the recommendation does not depend on the format.',
  data_file: 'Images with an external data file are not searched; `qtune run -o data_file=…` measures them.',
  data_file_raw: 'Images with an external data file are not searched; `qtune run -o data_file=…` measures them.',
  keep_data_file: 'Images with an external data file are not searched; `qtune run -o data_file=…` measures them.',
};

/**
 * Refuses held settings that no proposal could have.
 * @param clusterSizes what the search may set the cluster size to, where it is not held; bytes
 * @throws UsageError with QEMU's reason where they contradict each other or the disk, with the target's where it cannot say them, and
 *   with the image's where they would change what it was created with
 */
export function checkHeld(request: AdviceRequest, clusterSizes: readonly number[]): void {
  const { held, image } = request;
  if (held === undefined) return;
  for (const [scope, values] of [
    ['create', held.create],
    ['drive', held.drive],
  ] as const) {
    for (const [name, value] of Object.entries(values)) checkOne(request, scope, name, value);
  }
  const fixed = fixedSettings(request);
  const isHeld =
    image !== undefined || fixed.create.cluster_size !== undefined || !canSay(request, 'create', 'cluster_size');
  const others = isHeld ? [] : clusterSizes.map((bytes) => ({ cluster_size: bytes, ...fixed.create })).toReversed();
  const { diskBytes, hasBacking, qemu } = request;
  const context = { diskBytes, hasBacking, ...(qemu === undefined ? {} : { qemu }) };
  const refusals = [fixed.create, ...others].map((create) => {
    try {
      validateConfiguration({ label: '', create, drive: held.drive }, context);
      return undefined;
    } catch (error) {
      return error;
    }
  });
  if (refusals.includes(undefined)) return;
  // Where default clusters cannot hold the disk that is not what is wrong with the settings; the largest ones say what is.
  const fits = geometryOf(diskBytes, fixed.create).l1Bytes <= maximumL1Bytes;
  throw fits || isHeld ? refusals[0] : refusals[1];
}

function checkOne(request: AdviceRequest, scope: SettingScope, name: string, value: SettingValue): void {
  const flag = scope === 'create' ? '-o' : '--drive';
  const said = `${flag} ${printSettings(scope, { [name]: value })}`;
  const hint = scope === 'create' ? elsewhere[name] : undefined;
  if (hint !== undefined) throw new UsageError(`${said}: no setting to hold in a recommendation`, { hint });
  const { image, target } = request;
  if (scope === 'create' && image !== undefined && image.create[name] !== value) {
    throw new UsageError(`${said}: the image exists, and was created otherwise`, {
      hint: 'Only a conversion changes it: leave --image out to ask for the settings of a new one.',
    });
  }
  if (target !== undefined && !canSay(request, scope, name)) {
    const { title, missing } = targetLimits(target);
    throw new UsageError(`${said}: ${title} cannot express it`, { hint: missing[name] ?? 'Leave it out.' });
  }
}
