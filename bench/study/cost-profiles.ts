import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CostProfile } from '../../src/driver/cost/cost-profile.ts';
import { parseCostProfile } from '../../src/driver/cost/parse-cost-profile.ts';
import { EnvironmentError } from '../../src/errors.ts';

/** The calibrated profiles in a directory, as `qtune doctor --calibrate` leaves them. */
export async function readCostProfiles(directory: string): Promise<readonly CostProfile[]> {
  const names = (await readdir(directory)).filter((name) => name.endsWith('.json')).sort();
  return Promise.all(
    names.map(async (name) => {
      const profile = parseCostProfile(JSON.parse(await readFile(join(directory, name), 'utf8')));
      if ('wrong' in profile) throw new EnvironmentError(`${join(directory, name)}: ${profile.wrong}`);
      return profile;
    }),
  );
}

/**
 * The mean of several calibrations of one machine, kind by kind: a machine that others share changes its pace within minutes, and
 * calibrations before and after a run say more of it than one of them.
 * @param calibrations each with the same kinds of I/O at the same sizes
 */
export function meanProfiles(calibrations: readonly (readonly CostProfile[])[]): readonly CostProfile[] {
  const [first = []] = calibrations;
  return first.map((profile) => {
    const same = calibrations.map((profiles) => profileFor(profiles, profile.cache, profile.aio));
    return meanOf(same) as CostProfile;
  });
}

/** Numbers become their mean, place by place; everything else stays as the first has it. */
function meanOf(values: readonly unknown[]): unknown {
  const [first] = values;
  if (typeof first === 'number') {
    return (values as readonly number[]).reduce((sum, value) => sum + value, 0) / values.length;
  }
  if (Array.isArray(first)) {
    return first.map((_, index) => meanOf(values.map((value) => (value as readonly unknown[])[index])));
  }
  if (typeof first !== 'object' || first === null) return first;
  return Object.fromEntries(
    Object.keys(first).map((key) => [key, meanOf(values.map((value) => (value as Record<string, unknown>)[key]))]),
  );
}

/** @throws EnvironmentError where the machine was not calibrated for this */
export function profileFor(profiles: readonly CostProfile[], cache: string, aio: string): CostProfile {
  const found = profiles.find((profile) => profile.cache === cache && profile.aio === aio);
  if (found !== undefined) return found;
  throw new EnvironmentError(`there is no cost profile of cache ${cache}, aio ${aio}`, {
    hint: 'Run `qtune doctor --calibrate` and give its directory to --costs.',
  });
}
