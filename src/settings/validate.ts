import { QtuneError, UsageError } from '../errors.ts';
import { measureImage } from '../qcow2/measure.ts';
import { definitionOf, unknownOption } from './catalogue.ts';
import type { Configuration, SettingScope, SettingValues } from './configuration.ts';
import { type CreateContext, createCase, createRules } from './create-rules.ts';
import type { SettingDefinition } from './definition.ts';
import { checkDrive } from './drive-rules.ts';
import { printSettings } from './print.ts';
import { formatQemuVersion, isAtLeast, type QemuVersion } from './qemu-version.ts';
import { resolveCreate } from './resolve.ts';

/** What a configuration is to be used for. */
export interface ValidationContext {
  readonly diskBytes: number;
  /** The image gets a backing file, whether `backing_file` is among the settings or not. */
  readonly hasBacking: boolean;
  /** The QEMU that it must work with; the newest that qtune knows where absent. */
  readonly qemu?: QemuVersion;
}

/**
 * Checks a configuration against everything that `qemu-img create` and the opening of the image would refuse, before anything
 * runs. It does not look at files: that a data file or a backing file exists is QEMU's to say.
 *
 * @throws UsageError naming the list, with QEMU's own text and a hint; for an option or value that the given QEMU is too old for,
 *   the version that has it
 */
export function validateConfiguration(configuration: Configuration, context: ValidationContext): void {
  inList('create', configuration.create, () => {
    checkKnown('create', configuration.create, context.qemu);
    checkCreate(configuration.create, context);
  });
  inList('drive', configuration.drive, () => {
    checkKnown('drive', configuration.drive, context.qemu);
    checkDrive(configuration, context.diskBytes);
  });
}

/**
 * The part of {@link validateConfiguration} that `qemu-img measure` applies too: it works out sizes for some settings that
 * `qemu-img create` refuses, `compat=0.10,extended_l2=on` for one.
 * @returns the text of `qemu-img create` where it would refuse what `qemu-img measure` takes, else undefined
 * @throws UsageError as {@link validateConfiguration} where both refuse, or the settings of the drive are refused
 */
export function validateForMeasure(configuration: Configuration, context: ValidationContext): UsageError | undefined {
  const { create, drive } = configuration;
  inList('create', create, () => {
    checkKnown('create', create, context.qemu);
    checkCreate(create, context, 'measure');
    measureImage({ diskBytes: context.diskBytes, ...resolveCreate(create) });
  });
  inList('drive', drive, () => {
    checkKnown('drive', drive, context.qemu);
    checkDrive(configuration, context.diskBytes);
  });
  try {
    inList('create', create, () => checkCreate(create, context));
  } catch (error) {
    if (error instanceof UsageError) return error;
    throw error;
  }
  return undefined;
}

/** Puts the list in question in front of an error's message: `-o cluster_size=100: …`; under the defaults only the disk can be wrong. */
function inList(scope: SettingScope, values: SettingValues, check: () => void): void {
  try {
    check();
  } catch (error) {
    if (!(error instanceof QtuneError)) throw error;
    const list = printSettings(scope, values);
    const what = list === '' ? '--disk' : `${scope === 'create' ? '-o' : '--drive'} ${list}`;
    throw new UsageError(`${what}: ${error.message}`, {
      ...(error.hint === undefined ? {} : { hint: error.hint }),
      cause: error,
    });
  }
}

function checkKnown(scope: SettingScope, values: SettingValues, qemu: QemuVersion | undefined): void {
  for (const [name, value] of Object.entries(values)) {
    const definition = definitionOf(scope, name);
    if (qemu === undefined) continue;
    requireVersion(scope, definition, qemu);
    if (definition.domain.kind !== 'choice') continue;
    const { choices, refusal } = definition.domain;
    const since = choices.find((choice) => choice.value === value)?.since;
    if (since && !isAtLeast(qemu, since)) {
      throw tooOld(`${name}=${value}`, since, qemu, refusal(String(value)));
    }
  }
}

function requireVersion(scope: SettingScope, definition: SettingDefinition, qemu: QemuVersion): void {
  if (isAtLeast(qemu, definition.since)) return;
  throw tooOld(definition.name, definition.since, qemu, unknownOption(scope, definition.name));
}

function tooOld(what: string, since: QemuVersion, qemu: QemuVersion, text: string): UsageError {
  return new UsageError(`${what} needs QEMU ${formatQemuVersion(since)} or later; this is ${formatQemuVersion(qemu)}`, {
    hint: `QEMU ${formatQemuVersion(qemu)} says: ${text}`,
  });
}

function checkCreate(create: SettingValues, context: CreateContext, tool: 'create' | 'measure' = 'create'): void {
  const image = createCase(create, context);
  for (const rule of createRules) {
    if (tool === 'measure' && !rule.measured) continue;
    const refusal = rule.check(image);
    if (refusal) throw new UsageError(refusal.text, refusal.hint === undefined ? {} : { hint: refusal.hint });
  }
}
