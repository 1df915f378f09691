import { commonHost } from '../../driver/driver-options.ts';
import { prepareImage } from '../../driver/prepare-image.ts';
import { QtuneError, UsageError } from '../../errors.ts';
import { measureImage } from '../../qcow2/measure.ts';
import type { SettingValue } from '../../settings/configuration.ts';
import type { SettingDefinition } from '../../settings/definition.ts';
import { resolveCreate } from '../../settings/resolve.ts';
import { validateConfiguration } from '../../settings/validate.ts';
import { printValue } from '../../settings/value.ts';
import type { AdviceRequest } from '../advice-request.ts';
import { type ProposalSettings, propose } from '../proposal.ts';
import { canModel } from '../ranking/part.ts';
import type { Topic, ValueCost, ValueFigures } from './explanation.ts';

/** What each of the topic's values costs on this disk, or why it cannot be had. */
export function valueCosts(
  request: AdviceRequest,
  definition: SettingDefinition,
  topic: Pick<Topic, 'values' | 'with' | 'defaultValue'>,
): readonly ValueCost[] {
  return topic.values.map((value) => {
    const settings = settingsWith(request, definition, value, topic);
    const isDefault = value === topic.defaultValue;
    const common = { value: printValue(definition, value), isDefault };
    const refused = refusalOf(request, settings);
    return refused === undefined ? { ...common, figures: figuresOf(request, settings) } : { ...common, refused };
  });
}

function settingsWith(
  request: AdviceRequest,
  { name, scope, domain }: SettingDefinition,
  value: SettingValue,
  topic: Pick<Topic, 'with' | 'defaultValue'>,
): ProposalSettings {
  const beside = topic.with?.(value);
  // "none" of an option that takes a name is the option left out.
  const own = domain.kind === 'text' && value === topic.defaultValue ? {} : { [name]: value };
  return {
    create: { ...request.image?.create, ...beside?.create, ...(scope === 'create' ? own : {}) },
    drive: { ...beside?.drive, ...(scope === 'drive' ? own : {}) },
  };
}

function refusalOf(request: AdviceRequest, settings: ProposalSettings): string | undefined {
  const { diskBytes, hasBacking, qemu } = request;
  try {
    validateConfiguration({ label: '', ...settings }, { diskBytes, hasBacking, ...(qemu ? { qemu } : {}) });
    return undefined;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    // Without the list in front, which the explanation is about.
    return error.cause instanceof QtuneError ? error.cause.message : error.message;
  }
}

function figuresOf(request: AdviceRequest, settings: ProposalSettings): ValueFigures {
  const { cache, geometry, memoryBytes, metadataBytes, allocationUnitBytes } = propose(request, settings);
  return {
    memoryBytes,
    coveredBytes: Math.min(cache.coveredBytes, geometry.diskBytes),
    l2EntryBytes: cache.l2EntryBytes,
    metadataBytes,
    createdBytes: createdBytes(request, settings),
    allocationUnitBytes,
  };
}

/** Blocks of the new file: the model's for an empty image, else what preallocation writes or reserves. */
function createdBytes({ diskBytes }: AdviceRequest, { create }: ProposalSettings): number {
  const resolved = resolveCreate(create);
  const { preallocation } = resolved;
  const { requiredBytes } = measureImage({ ...resolved, diskBytes });
  const { keep_data_file: _, ...modelled } = create;
  if (preallocation !== 'off' || !canModel(diskBytes, create)) return requiredBytes;
  const configuration = { label: '', create: modelled, drive: {} };
  return prepareImage({ configuration, diskBytes, content: 'empty', backing: 'none' }, commonHost).file.allocatedBytes;
}
