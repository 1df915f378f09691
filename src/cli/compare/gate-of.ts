import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { InputError } from '../../errors.ts';
import type { Comparison } from '../../report/comparison.ts';
import type { Gate } from '../../report/gate.ts';
import { type Metric, selectMetrics } from '../../report/metric.ts';
import type { Host } from '../host.ts';
import type { CompareSettings } from './settings.ts';

/** A gate that is ready to judge, and the metrics that it has to see. */
export interface PreparedGate {
  readonly metrics: readonly Metric[];
  judge(comparison: Comparison): Gate;
}

/** Reads the rules, if there are any, before anything long is done. @throws InputError for a broken file */
export async function prepareGate(settings: CompareSettings, host: Host): Promise<PreparedGate | undefined> {
  const { failOn, missing, metrics } = settings;
  if (failOn === undefined) return undefined;
  const { applyGate, applyRulesFile } = await import('../../report/gate.ts');
  if ('ratio' in failOn) return { metrics, judge: (comparison) => applyGate(comparison, failOn.ratio, missing) };
  const { file } = failOn;
  const { parseGateRules } = await import('../../report/gate-rules-file.ts');
  const rules = parseGateRules(file, await textOf(file, host));
  const named = selectMetrics(rules.flatMap((rule) => rule.metric ?? []));
  const all = rules.some((rule) => rule.metric !== undefined) ? [...new Set([...metrics, ...named])] : metrics;
  return { metrics: all, judge: (comparison) => applyRulesFile(comparison, file, rules) };
}

async function textOf(file: string, host: Host): Promise<string> {
  try {
    return await readFile(resolve(host.cwd, file), 'utf8');
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    throw new InputError({ file }, missing ? 'there is no such file' : 'it cannot be read', { cause: error });
  }
}
