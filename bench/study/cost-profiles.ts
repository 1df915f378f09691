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

/** @throws EnvironmentError where the machine was not calibrated for this */
export function profileFor(profiles: readonly CostProfile[], cache: string, aio: string): CostProfile {
  const found = profiles.find((profile) => profile.cache === cache && profile.aio === aio);
  if (found !== undefined) return found;
  throw new EnvironmentError(`there is no cost profile of cache ${cache}, aio ${aio}`, {
    hint: 'Run `qtune doctor --calibrate` and give its directory to --costs.',
  });
}
