import type { EngineName } from '../engine/engine.ts';
import { InputError, type InputPosition } from '../errors.ts';
import type { Configuration } from '../settings/configuration.ts';
import { completeRecord } from './complete-record.ts';
import { type JournalRecord, journalSchema } from './record.ts';

const engineNames: Readonly<Record<EngineName, true>> = { 'qemu-io': true, fio: true, simulated: true };
const states: ReadonlySet<unknown> = new Set(['completed', 'failed', 'timed-out', 'aborted', 'skipped']);

/** What of the metrics every journal has to say; the contract names them. */
const requiredMetrics = ['iops', 'bytesPerSecond', 'fileBytes', 'allocatedBytes', 'guestBytes'] as const;
const latencyKeys = ['p50', 'p99'] as const;

type Fields = Readonly<Record<string, unknown>>;

/**
 * Reads one line of a journal. Undefined for a record of a type that this version does not know, which is no error: a
 * later qtune may add some.
 *
 * Hand-written instead of a schema library, since a journal may have a million records: keys that the contract names
 * must be there and be of their type; further numbers of the metrics must be finite. What comes beyond that is kept, and
 * what a journal from elsewhere leaves out is filled in as {@link completeRecord} says.
 *
 * @throws InputError with the position for anything else
 */
export function parseJournalLine(line: string | Buffer, position: InputPosition): JournalRecord | undefined {
  const fail = (message: string, cause?: unknown): never => {
    throw new InputError(position, message, cause === undefined ? {} : { cause });
  };
  let record: unknown;
  try {
    record = JSON.parse(typeof line === 'string' ? line : line.toString('utf8'));
  } catch (error) {
    return fail(`not a journal record: ${error instanceof Error ? error.message.slice(0, 120) : 'no JSON'}`, error);
  }
  const problem = isFields(record) ? checkRecord(record) : 'not a journal record: no object';
  if (problem === 'unknown') return undefined;
  if (problem !== undefined) return fail(problem);
  return completeRecord(record as JournalRecord); // checkRecord is the proof
}

/** Undefined for a good record, `unknown` for one of another type, else what is wrong. */
function checkRecord(record: Fields): string | undefined {
  switch (record.type) {
    case 'trial':
      return checkTrial(record);
    case 'header':
      return checkHeader(record);
    case 'resume':
      return environmentProblem(record);
    case 'confirmation':
      return confirmationProblem(record);
    case 'shard':
      return shardProblem(record);
    default:
      return typeof record.type === 'string' ? 'unknown' : 'not a journal record: "type" is missing';
  }
}

function checkHeader(record: Fields): string | undefined {
  const { schema, plan } = record;
  if (typeof schema !== 'string') return 'the header has no "schema"';
  if (schema !== journalSchema) {
    const newer = Number(/^qtune\.journal\/(\d{1,9})$/.exec(schema)?.[1]) > Number(journalSchema.split('/')[1]);
    return newer
      ? `written by a newer qtune as ${schema}; this one reads ${journalSchema}`
      : `its schema is "${schema.slice(0, 60)}", not ${journalSchema}`;
  }
  if (plan !== undefined) {
    if (!isFields(plan)) return '"plan" is not an object';
    const { workloads, configurations } = plan;
    if (workloads !== undefined && !(Array.isArray(workloads) && workloads.every(isNamedWorkload))) {
      return 'the plan\'s "workloads" is not a list of named workloads';
    }
    if (configurations !== undefined && !(Array.isArray(configurations) && configurations.every(isConfiguration))) {
      return 'the plan\'s "configurations" is not a list of configurations';
    }
  }
  const { shard, partial } = record;
  if (shard !== undefined && !(isFields(shard) && isShardPosition(shard))) return '"shard" is not i of n';
  if (partial !== undefined && !isPartial(partial)) return '"partial" does not say what is missing';
  return environmentProblem(record);
}

function shardProblem(record: Fields): string | undefined {
  const { workloads, environment } = record;
  const named = Array.isArray(workloads) && workloads.every((name) => typeof name === 'string');
  return isShardPosition(record) && named && isFields(environment)
    ? undefined
    : 'the shard lacks its index, its workloads or its environment';
}

function isPartial(partial: unknown): boolean {
  if (!isFields(partial) || !isCount(partial.missingTrialCount)) return false;
  return Array.isArray(partial.missingShards) && partial.missingShards.every(isCount);
}

function isShardPosition({ index, count }: Fields): boolean {
  return isCount(index) && isCount(count) && Number(index) >= 1 && Number(index) <= Number(count);
}

function environmentProblem({ environment }: Fields): string | undefined {
  return environment === undefined || isFields(environment) ? undefined : '"environment" is not an object';
}

function confirmationProblem(record: Fields): string | undefined {
  const texts = ['workload', 'base', 'head'].every((key) => typeof record[key] === 'string');
  const numbers = ['ratio', 'low', 'high'].every((key) => isFiniteNumber(record[key]));
  const whole = texts && numbers && typeof record.confirmed === 'boolean' && isCount(record.sliceCount);
  return whole ? undefined : 'the confirmation lacks a configuration or its ratio';
}

function checkTrial(record: Fields): string | undefined {
  const { configuration, state, repetition, block } = record;
  if (typeof record.id !== 'string' || record.id === '') return 'the trial has no "id"';
  if (typeof record.workload !== 'string') return 'the trial has no "workload"';
  if (!isConfiguration(configuration)) return 'the trial has no "configuration" with label, create and drive';
  if (!isCount(repetition)) return '"repetition" is not a whole number';
  if (!isCount(block)) return '"block" is not a whole number';
  if (typeof record.engine !== 'string' || !Object.hasOwn(engineNames, record.engine)) {
    return `the engine "${String(record.engine).slice(0, 60)}" is not known`;
  }
  if (!states.has(state)) return `the state "${String(state).slice(0, 60)}" is not known`;
  return state === 'completed' ? (checkMetrics(record.metrics) ?? checkCircumstances(record)) : undefined;
}

function checkCircumstances({ slices, disturbance }: Fields): string | undefined {
  if (slices !== undefined) {
    if (!isFields(slices) || typeof slices.session !== 'string') return '"slices" has no "session"';
    const { driverMs } = slices;
    if (!Array.isArray(driverMs) || !driverMs.every(isFiniteNumber)) return 'slices.driverMs is not a list of numbers';
  }
  if (disturbance !== undefined && (!isFields(disturbance) || typeof disturbance.disturbed !== 'boolean')) {
    return '"disturbance" does not say whether it was "disturbed"';
  }
  return undefined;
}

function checkMetrics(metrics: unknown): string | undefined {
  if (!isFields(metrics)) return 'the completed trial has no "metrics"';
  for (const key of requiredMetrics) {
    if (!isFiniteNumber(metrics[key])) return `metrics.${key} is not a finite number`;
  }
  const { latencyMs } = metrics;
  if (!isFields(latencyMs)) return 'metrics.latencyMs is missing';
  for (const key of latencyKeys) {
    if (!isFiniteNumber(latencyMs[key])) return `metrics.latencyMs.${key} is not a finite number`;
  }
  return checkNumbers(metrics, 'metrics', 0);
}

/** `metrics.latencyByOperationMs.read.p50` is the deepest number there is. */
const maximumDepth = 4;

/** Every number in there has to be finite: `1e999` is valid JSON, and reads as infinity. */
function checkNumbers(fields: Fields, path: string, depth: number): string | undefined {
  for (const key in fields) {
    const value = fields[key];
    if (typeof value === 'number') {
      if (!Number.isFinite(value)) return `${path}.${key} is not a finite number`;
    } else if (typeof value === 'object') {
      if (!isFields(value) || depth === maximumDepth) return `${path}.${key} is not a number`;
      const problem = checkNumbers(value, `${path}.${key}`, depth + 1);
      if (problem !== undefined) return problem;
    } else if (typeof value === 'boolean') {
      return `${path}.${key} is not a number`;
    }
  }
  return undefined;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether it has a label and settings; what the settings are is not looked at. */
export function isConfiguration(value: unknown): value is Configuration {
  return isFields(value) && typeof value.label === 'string' && isFields(value.create) && isFields(value.drive);
}

function isNamedWorkload(value: unknown): boolean {
  return isFields(value) && typeof value.name === 'string';
}

function isFiniteNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

function isCount(value: unknown): boolean {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
