import type { z } from 'zod';
import { InputError, UsageError } from '../errors.ts';
import { closest } from '../settings/suggest.ts';
import { parseBytes } from '../units/bytes.ts';
import { parseDuration } from '../units/duration.ts';
import { keysAt } from '../workload/schema-keys.ts';
import { parseYaml, type YamlDocument } from '../workload/yaml-document.ts';
import type { GateRule } from './gate-rule.ts';
import { gateRulesSchema } from './schemas/gate.ts';

type RuleInput = z.infer<typeof gateRulesSchema>['rules'][number];

/**
 * Reads a file of gate rules.
 * @param file as the user named it
 * @throws InputError with file, line and column
 */
export function parseGateRules(file: string, text: string): readonly GateRule[] {
  const document = parseYaml(file, text);
  const result = gateRulesSchema.safeParse(document.value);
  if (!result.success) throw shapeError(document, result.error.issues);
  return result.data.rules.map((rule, index) => ruleOf(document, rule, index));
}

function ruleOf(document: YamlDocument, rule: RuleInput, index: number): GateRule {
  const path = ['rules', index];
  const read = <Value>(key: keyof RuleInput & string, parse: (given: string | number) => Value): Value | undefined => {
    const given = rule[key];
    if (typeof given !== 'string' && typeof given !== 'number') return undefined;
    try {
      return parse(given);
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      throw errorAt(document, [...path, key], error.message, error.hint);
    }
  };
  const { metric } = rule;
  if ((rule.atMost !== undefined || rule.atLeast !== undefined) && metric === undefined) {
    throw errorAt(
      document,
      path,
      'a bound needs the metric that it is for',
      'Add `metric: latencyMs.p99`, for example.',
    );
  }
  const found = {
    maximumLossRatio: read('maximumLoss', parsePercent),
    atMost: read('atMost', (given) => parseValue(given, metric ?? '', 'atMost')),
    atLeast: read('atLeast', (given) => parseValue(given, metric ?? '', 'atLeast')),
  };
  if (Object.values(found).every((value) => value === undefined)) {
    throw errorAt(document, path, 'the rule demands nothing', 'Add `maximumLoss: 5%`, `atMost` or `atLeast`.');
  }
  return {
    source: `${document.file}:${document.lineOf(path)}`,
    workload: rule.workload ?? '*',
    configuration: rule.configuration ?? '*',
    metric,
    ...found,
    inconclusive: rule.inconclusive ?? 'pass',
    missing: rule.missing ?? 'fail',
    optional: rule.optional ?? false,
  };
}

/** `5%`, or 5 for the same. */
function parsePercent(given: string | number): number {
  const match = /^(\d{1,4}(?:\.\d{1,6})?)\s*%?$/.exec(String(given).trim());
  const percent = Number(match?.[1]);
  if (match && percent <= 1000) return percent / 100;
  throw new UsageError(`maximumLoss: "${given}" is not a percentage from 0 to 1000`, { hint: 'Write 5%.' });
}

/** A value in the metric's own unit, which the end of its name tells. */
function parseValue(given: string | number, metric: string, key: string): number {
  if (typeof given === 'number') {
    if (Number.isFinite(given) && given >= 0) return given;
  } else if (metric.startsWith('latencyMs.')) return parseLatency(given, key);
  else if (/bytes/i.test(metric)) return parseBytes(given.replace(/\/s$/, ''), key);
  else if (/^\d{1,15}(\.\d{1,9})?$/.test(given.trim())) return Number(given);
  throw new UsageError(`${key}: "${given}" is no value of ${metric}`, {
    hint: 'Write a number, as the table shows it.',
  });
}

/** Microseconds as well, which no other duration of qtune's has. */
function parseLatency(given: string, key: string): number {
  const microseconds = /^(\d+(?:\.\d+)?)\s*[uµμ]s$/.exec(given.trim());
  return microseconds ? Number(microseconds[1]) / 1000 : parseDuration(given, key);
}

function shapeError(document: YamlDocument, issues: readonly z.core.$ZodIssue[]): InputError {
  // An unknown key is most often a known one mistyped, and then also the reason why that one is missing.
  const issue = issues.find(({ code }) => code === 'unrecognized_keys') ?? issues[0];
  if (issue === undefined) throw new RangeError('a failed validation has an issue');
  if (issue.code === 'unrecognized_keys') {
    const [key = ''] = issue.keys;
    const known = keysAt(gateRulesSchema, document.value, issue.path);
    const near = closest(key, known);
    const hint = near ? `Did you mean ${near}?` : `Known here: ${known.join(', ')}.`;
    return errorAt(document, [...issue.path, key], `${key}: unknown key`, hint);
  }
  const last = issue.path.at(-1);
  if (issue.code === 'invalid_value' && typeof last === 'string') {
    const given = String(valueAt(document.value, issue.path));
    const near = closest(given, issue.values.map(String));
    const hint = near ? `Did you mean ${near}?` : `Known are ${issue.values.map(String).join(', ')}.`;
    return errorAt(document, issue.path, `${last}: "${given.slice(0, 60)}" is not known`, hint);
  }
  const where = typeof last === 'string' ? `${last}: ` : '';
  return errorAt(document, issue.path, `${where}${issue.message}`, 'See `qtune compare --help` for an example.');
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (inner, key) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, key) : undefined),
    value,
  );
}

function errorAt(
  document: YamlDocument,
  path: readonly PropertyKey[],
  message: string,
  hint: string | undefined,
): InputError {
  const position = { file: document.file, line: document.lineOf(path) };
  return new InputError(position, `column ${document.columnOf(path)}: ${message}`, hint === undefined ? {} : { hint });
}
