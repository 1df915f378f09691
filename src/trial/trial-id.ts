import type { EngineName } from '../engine/engine.ts';
import type { Configuration } from '../settings/configuration.ts';
import type { Workload } from '../workload/workload.ts';
import { contentHash } from './canonical-json.ts';

/** Everything that makes one trial another trial. Labels, titles, paths and the position in the run are left out. */
export interface TrialIdentity {
  /** See {@link workloadHash}. */
  readonly workloadHash: string;
  readonly configuration: Configuration;
  readonly engine: EngineName;
  /** Counted from 0. */
  readonly repetition: number;
  /** Format of the user's backing file, where there is one. Its path stays out: the same file may lie elsewhere. */
  readonly backingFormat?: string;
}

/** Digits of an id: 64 bits, so that a million trials collide with a chance of 3 in 10^8. */
const idDigits = 16;

/** SHA-256 of what determines a workload's requests and the image that they meet. */
export function workloadHash(workload: Workload): string {
  const { identity, diskBytes, seed, image, warmUpCount, requestCount } = workload;
  return contentHash({ identity, diskBytes, seed, image, warmUpCount, requestCount });
}

/** A trial's stable name: the first 16 hexadecimal digits of a SHA-256, equal on every host and in every order of options. */
export function trialId(identity: TrialIdentity): string {
  const { configuration, engine, repetition, backingFormat } = identity;
  return contentHash({
    workload: identity.workloadHash,
    create: configuration.create,
    drive: configuration.drive,
    engine,
    repetition,
    backingFormat,
  }).slice(0, idDigits);
}

/**
 * A file name for the image that a trial starts from: equal for trials whose images are alike, so that an engine makes
 * one for all of them. Run-time options and requests do not change it.
 */
export function imageKey(workload: Workload, configuration: Configuration, backingPath: string | undefined): string {
  const { diskBytes, image } = workload;
  return contentHash({ diskBytes, image, create: configuration.create, backingPath }).slice(0, idDigits);
}
