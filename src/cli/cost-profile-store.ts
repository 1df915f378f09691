import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CostProfile } from '../driver/cost/cost-profile.ts';
import { parseCostProfile } from '../driver/cost/parse-cost-profile.ts';
import { shippedProfile } from '../driver/cost/shipped/index.ts';
import { EnvironmentError } from '../errors.ts';
import type { Warning } from '../warnings.ts';
import type { Host } from './host.ts';
import { stateDirectory } from './state-directory.ts';

type StoreHost = Pick<Host, 'env'>;

/** What a profile is for. */
export type CostProfileKey = Pick<CostProfile, 'fileSystem' | 'cache' | 'aio'>;

/** A profile for a prediction, with what the reader of the prediction must know of it. */
export interface LoadedCostProfile {
  readonly profile: CostProfile;
  /** Undefined where this machine was calibrated for exactly this. */
  readonly warning: Warning | undefined;
}

const calibrateHint = 'Run `qtune doctor --calibrate`.';

/** Where calibrated profiles are kept. */
export function costProfileDirectory(host: StoreHost): string {
  return stateDirectory(host, 'costs');
}

/**
 * Writes a profile in place of the one before it; a reader sees either, never a half.
 * @returns its path @throws EnvironmentError where it cannot be written
 */
export function saveCostProfile(host: StoreHost & Pick<Host, 'pid'>, profile: CostProfile): string {
  const directory = costProfileDirectory(host);
  const path = join(directory, fileNameOf(profile));
  const temporary = `${path}.${host.pid}`;
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    writeFileSync(temporary, `${JSON.stringify(profile, null, 2)}\n`, { mode: 0o600 });
    renameSync(temporary, path);
  } catch (error) {
    if (existsSync(temporary)) rmSync(temporary);
    throw new EnvironmentError(`the profile cannot be kept in ${directory}: ${reasonOf(error)}`, {
      hint: 'Set XDG_STATE_HOME to a directory that you may write to.',
      cause: error,
    });
  }
  return path;
}

/** Every calibrated profile that can be read, in order of name. */
export function listCostProfiles(host: StoreHost): readonly CostProfile[] {
  const directory = costProfileDirectory(host);
  let names: readonly string[];
  try {
    names = readdirSync(directory).filter((name) => name.endsWith('.json'));
  } catch {
    return [];
  }
  return [...names].sort().flatMap((name) => {
    const found = readProfile(join(directory, name));
    return found === undefined || 'wrong' in found ? [] : [found];
  });
}

/**
 * The profile for a prediction: the calibrated one of this file system, cache family and kind of asynchronous I/O; else the nearest of
 * the same file system and cache family; else the shipped one of an NVMe SSD, each with a warning that says so.
 */
export function loadCostProfile(host: StoreHost, key: CostProfileKey): LoadedCostProfile {
  const path = join(costProfileDirectory(host), fileNameOf(key));
  const found = readProfile(path);
  if (found !== undefined && !('wrong' in found)) return { profile: found, warning: undefined };
  const near = found === undefined ? nearest(host, key) : undefined;
  if (near !== undefined) {
    return {
      profile: near,
      warning: {
        code: 'cost-profile-near',
        subject: near.name,
        message: `predicted with the profile of aio=${near.aio}; there is none of aio=${key.aio}`,
        hint: calibrateHint,
      },
    };
  }
  const profile = shippedProfile('nvme', key.cache);
  const why = found === undefined ? 'this machine was not calibrated' : `${path} cannot be used: ${found.wrong}`;
  return {
    profile,
    warning: {
      code: found === undefined ? 'cost-profile-shipped' : 'cost-profile-damaged',
      subject: profile.name,
      message: `predicted with the shipped NVMe profile: ${why}`,
      hint: calibrateHint,
    },
  };
}

function nearest(host: StoreHost, { fileSystem, cache }: CostProfileKey): CostProfile | undefined {
  return listCostProfiles(host).find((profile) => profile.fileSystem === fileSystem && profile.cache === cache);
}

function fileNameOf({ fileSystem, cache, aio }: CostProfileKey): string {
  return `${fileSystem.replace(/[^\w.-]/g, '_')}-${cache}-${aio}.json`;
}

function readProfile(path: string): CostProfile | { readonly wrong: string } | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
    return missing ? undefined : { wrong: reasonOf(error) };
  }
  try {
    return parseCostProfile(JSON.parse(text));
  } catch {
    return { wrong: 'not JSON' };
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
