import { spawnSync } from 'node:child_process';
import { userInfo } from 'node:os';
import {
  checkerPackages,
  hasCmarkGfm,
  hasGnuParallel,
  hasOpenMetricsParser,
  hasXmllint,
} from '../helpers/format-checkers.ts';

/**
 * Installs the programs that check what `compare --format` writes and that examples use, where this machine lets us.
 * @returns undefined where they are there, else why not, in a few words
 */
export function installCheckers(): string | undefined {
  if (hasCmarkGfm() && hasXmllint() && hasOpenMetricsParser() && hasGnuParallel()) return undefined;
  if (userInfo().uid !== 0) return 'only root may install packages';
  const options = { encoding: 'utf8', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } } as const;
  const install = (): boolean =>
    spawnSync('apt-get', ['install', '-qq', '-y', '--no-install-recommends', ...checkerPackages], options).status === 0;
  if (install()) return undefined;
  // The list of packages may be missing or old.
  spawnSync('apt-get', ['update', '-qq'], options);
  return install() ? undefined : `apt cannot install ${checkerPackages.join(', ')}`;
}
