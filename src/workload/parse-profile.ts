import type { z } from 'zod';
import { InputError } from '../errors.ts';
import { closest } from '../settings/suggest.ts';
import {
  type ParameterValue,
  type PatternProfile,
  profileSchema,
  profileSchemaName,
  type RecordingProfile,
} from './profile.ts';
import { keysAt } from './schema-keys.ts';
import { parseYaml, type YamlDocument } from './yaml-document.ts';

/** Values for a profile's parameters, as the user wrote them. */
export type ParameterValues = Readonly<Record<string, string>>;

/**
 * Reads a YAML profile.
 *
 * @param fallbackName the name of a profile that does not state one
 * @param given values that replace the defaults of its parameters
 * @throws InputError with file, line and key
 */
export function parseProfile(
  file: string,
  text: string,
  fallbackName: string,
  given: ParameterValues = {},
): PatternProfile | RecordingProfile {
  const document = parseYaml(file, text);
  if (typeof document.value !== 'object' || document.value === null || Array.isArray(document.value)) {
    throw new InputError(
      { file, line: 1 },
      `this is no profile: it has no keys such as \`schema: ${profileSchemaName}\``,
      { hint: 'If it is a trace, say with --format of which format.' },
    );
  }
  const parameters = parametersOf(document, given);
  const value = substituted(document, document.value, [], parameters);
  const result = profileSchema.safeParse(value);
  if (!result.success) throw profileError(document, value, result.error.issues);
  const { schema: _, name, disk, phases, recording, ...rest } = result.data;
  const profile = { ...rest, name: name ?? fallbackName, diskBytes: disk, parameters };
  return recording === undefined
    ? { ...profile, kind: 'patterns', phases: phases ?? [] }
    : { ...profile, kind: 'recording', recording };
}

function parametersOf(document: YamlDocument, given: ParameterValues): Record<string, ParameterValue> {
  const declared = document.value;
  const defaults: Record<string, ParameterValue> = Object.create(null);
  const raw =
    typeof declared === 'object' && declared !== null && 'parameters' in declared ? declared.parameters : undefined;
  if (typeof raw === 'object' && raw !== null && !Array.isArray(raw)) {
    for (const [name, value] of Object.entries(raw)) {
      if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') defaults[name] = value;
    }
  }
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(defaults, name)) {
      const known = Object.keys(defaults);
      const meant = closest(name, known);
      throw new InputError({ file: document.file }, `the profile has no parameter "${name}"`, {
        hint: meant ? `Did you mean ${meant}?` : known.length > 0 ? `It has ${known.join(', ')}.` : 'It has none.',
      });
    }
    defaults[name] = plainValue(value);
  }
  return defaults;
}

function plainValue(text: string): ParameterValue {
  if (text === 'true' || text === 'false') return text === 'true';
  return /^-?\d{1,15}(\.\d{1,9})?$/.test(text) ? Number(text) : text;
}

/** A copy with every text `$name` replaced by the parameter's value. */
function substituted(
  document: YamlDocument,
  value: unknown,
  path: readonly (string | number)[],
  parameters: Readonly<Record<string, ParameterValue>>,
): unknown {
  if (Array.isArray(value))
    return value.map((entry, index) => substituted(document, entry, [...path, index], parameters));
  if (typeof value === 'object' && value !== null) {
    const copy: Record<string, unknown> = Object.create(null);
    for (const [key, entry] of Object.entries(value))
      copy[key] = substituted(document, entry, [...path, key], parameters);
    return copy;
  }
  if (typeof value !== 'string' || !/^\$\w+$/.test(value) || path[0] === 'parameters') return value;
  const parameter = parameters[value.slice(1)];
  if (parameter === undefined) {
    throw new InputError(
      { file: document.file, line: document.lineOf(path) },
      `${spelled(path)}: there is no parameter ${value}`,
      {
        hint: 'Declare it with its default under `parameters`.',
      },
    );
  }
  return parameter;
}

function profileError(document: YamlDocument, value: unknown, issues: readonly z.core.$ZodIssue[]): InputError {
  // An unknown key is most often a known one mistyped, and then also the reason why that one is missing.
  const issue = issues.find(({ code }) => code === 'unrecognized_keys') ?? issues[0];
  if (issue === undefined) throw new RangeError('a failed validation has an issue');
  const path = issue.path;
  if (issue.code === 'unrecognized_keys') {
    const [key = ''] = issue.keys;
    const known = keysAt(profileSchema, value, path);
    const meant = closest(key, known);
    return new InputError(
      { file: document.file, line: document.lineOf([...path, key]) },
      `${spelled([...path, key])}: unknown key`,
      {
        hint: meant ? `Did you mean ${meant}?` : `Known here: ${known.join(', ')}.`,
      },
    );
  }
  return new InputError(
    { file: document.file, line: document.lineOf(path) },
    `${path.length === 0 ? '' : `${spelled(path)}: `}${issue.message}`,
  );
}

/** `phases[0].blockSize` */
function spelled(path: readonly PropertyKey[]): string {
  return path
    .map((key, index) => (typeof key === 'number' ? `[${key}]` : index === 0 ? String(key) : `.${String(key)}`))
    .join('');
}
