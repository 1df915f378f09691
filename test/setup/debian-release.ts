import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Packages of a Debian release, unpacked beside the system with all libraries that they need. */
export interface UnpackedRelease {
  /** Holds `usr`. */
  readonly root: string;
  /** A command line that runs a program of a tree like this, wherever the tree has been moved, with its own loader and libraries. */
  command(base: string, program: string): readonly string[];
}

/** Where the releases come from: the mirror that this machine's apt already uses; undefined where there is none. */
export function debianMirror(): string | undefined {
  if (spawnSync('apt-get', ['--version']).status !== 0 || spawnSync('dpkg', ['--version']).status !== 0)
    return undefined;
  return run('apt-get', ['indextargets', '--format', '$(REPO_URI)'])
    ?.split('\n')
    .find((line) => line.trim() !== '')
    ?.trim();
}

/**
 * Unpacks packages of a Debian release under `directory`; nothing is installed in the system. @param use gets the tree, which is removed afterwards
 * unless `use` moves it
 * @returns what `use` does, or why the packages are not to be had, in a few words
 */
export function withDebianRelease(
  directory: string,
  suite: string,
  packages: readonly string[],
  use: (release: UnpackedRelease) => string | undefined,
): string | undefined {
  const mirror = debianMirror();
  if (mirror === undefined) return 'apt has no source here';
  const state = join(directory, `.apt-${suite}`);
  const root = join(directory, `.root-${suite}`);
  for (const path of [state, root]) rmSync(path, { recursive: true, force: true });
  for (const path of ['lists/partial', 'archives/partial']) mkdirSync(join(state, path), { recursive: true });
  mkdirSync(root);
  try {
    const failure = fetchPackages({ state, mirror, suite, packages, root });
    if (failure !== undefined) return failure;
    const libraries = readdirSync(join(root, 'usr', 'lib')).find((name) => name.endsWith('-linux-gnu'));
    const loader =
      libraries && readdirSync(join(root, 'usr', 'lib', libraries)).find((name) => /^ld-linux.*\.so/.test(name));
    if (!libraries || !loader) return `the packages of ${suite} hold no dynamic loader`;
    return use({
      root,
      command: (base, program) => {
        const library = join(base, 'usr', 'lib', libraries);
        return [join(library, loader), '--library-path', library, join(base, 'usr', 'bin', program)];
      },
    });
  } finally {
    for (const path of [state, root]) rmSync(path, { recursive: true, force: true });
  }
}

interface Fetching {
  readonly state: string;
  readonly mirror: string;
  readonly suite: string;
  readonly packages: readonly string[];
  readonly root: string;
}

function fetchPackages({ state, mirror, suite, packages, root }: Fetching): string | undefined {
  const sources = join(state, 'sources.list');
  writeFileSync(sources, `deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] ${mirror} ${suite} main\n`);
  writeFileSync(join(state, 'status'), '');
  const options = Object.entries({
    'Dir::Etc::SourceList': sources,
    'Dir::Etc::SourceParts': '/dev/null',
    'Dir::State::Lists': join(state, 'lists'),
    // An empty package status makes apt fetch every library too, so that the tools do not meet the system's older ones.
    'Dir::State::Status': join(state, 'status'),
    'Dir::Cache': state,
    'Dir::Cache::Archives': join(state, 'archives'),
    'APT::Sandbox::User': 'root',
    'Debug::NoLocking': '1',
  }).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  if (run('apt-get', ['-qq', ...options, 'update']) === undefined) return `the package list of ${suite} cannot be read`;
  const install = ['-qq', '-y', ...options, 'install', '--no-install-recommends', '--download-only', ...packages];
  if (run('apt-get', install) === undefined) return `the packages of ${suite} cannot be fetched`;
  const archives = join(state, 'archives');
  for (const name of readdirSync(archives).filter((entry) => entry.endsWith('.deb'))) {
    if (run('dpkg', ['-x', join(archives, name), root]) === undefined) return `${name} cannot be unpacked`;
  }
  return undefined;
}

/** Writes a shell script that runs words, with everything that it is given behind them. */
export function writeWrapper(
  path: string,
  words: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): void {
  const exports = Object.entries(environment).map(([name, value]) => `export ${name}='${value}'\n`);
  writeFileSync(path, `#!/bin/sh\n${exports.join('')}exec ${words.map((word) => `'${word}'`).join(' ')} "$@"\n`);
  chmodSync(path, 0o755);
}

/** The output of a command, undefined where it failed. */
export function run(command: string, args: readonly string[], environment: NodeJS.ProcessEnv = {}): string | undefined {
  const result = spawnSync(command, args, {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive', ...environment },
  });
  return result.status === 0 ? result.stdout : undefined;
}
