import { canonicalJson } from '../canonical-json.ts';
import { environmentChange } from '../environment.ts';
import type { HeaderRecord, ShardPosition } from '../record.ts';

/** A machine with its tools at the time when trials began or went on there. */
export interface MeasuringHost {
  readonly shard: ShardPosition;
  /** The journal, for messages. */
  readonly path: string;
  readonly startedAt: string;
  readonly environment: HeaderRecord['environment'];
  readonly engine: HeaderRecord['engine'];
}

/**
 * Why measurements of two hosts cannot be compared with each other, in words; undefined where they can. Free space and
 * the harness's own cost may differ. A prediction is the same on any host, from the same costs.
 */
export function hostDifference(one: MeasuringHost, other: MeasuringHost): string | undefined {
  const engine = (['name', 'version', 'cache', 'aio'] as const).find((key) => one.engine[key] !== other.engine[key]);
  if (engine)
    return `the engine's ${engine} is ${one.engine[engine] || 'unknown'} and ${other.engine[engine] || 'unknown'}`;
  if (one.engine.costs?.name !== other.engine.costs?.name) {
    return `the costs of predictions are ${one.engine.costs?.name ?? 'none'} and ${other.engine.costs?.name ?? 'none'}`;
  }
  if (one.engine.name === 'simulated') return undefined;
  const changes = environmentChange(one.environment, other.environment)?.message.replace(/^[^:]*: /, '');
  if (changes !== undefined) return changes;
  return one.environment.fingerprint === other.environment.fingerprint ? undefined : 'their fingerprints differ';
}

/** Whether a journal says the same of both, to the letter. */
export function isSameHost(one: MeasuringHost, other: MeasuringHost): boolean {
  return canonicalJson([one.environment, one.engine]) === canonicalJson([other.environment, other.engine]);
}
