import { realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { resolve } from 'node:path';
import { mountOf, readMounts } from '../../engine/mounts.ts';
import type { SimulatedEngineOptions } from '../../engine/simulated/simulated-engine.ts';
import { loadCostProfile } from '../cost-profile-store.ts';
import type { Host } from '../host.ts';

/**
 * The costs that predictions are made from: this machine's where it was calibrated for the file system that measured images
 * would lie on, else those that ship.
 */
export function costProfiles(host: Pick<Host, 'env' | 'cwd'>): SimulatedEngineOptions['costsFor'] {
  const fileSystem = fileSystemOf(resolve(host.cwd, host.env.TMPDIR || tmpdir()));
  return async (cache, aio) => {
    const { profile, warning } = loadCostProfile(host, { fileSystem, cache, aio });
    return { profile, ...(warning === undefined ? {} : { warning }) };
  };
}

function fileSystemOf(directory: string): string {
  try {
    return mountOf(realpathSync(directory), readMounts())?.type ?? 'unknown';
  } catch {
    return 'unknown';
  }
}
