import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Debian releases whose QEMU tests run against, beside the system's own. */
const suites = ['trixie', 'sid'] as const;
const packages = ['qemu-utils', 'qemu-system-common'] as const;
const tools = ['qemu-img', 'qemu-io', 'qemu-storage-daemon', 'qemu-nbd'] as const;

/**
 * Unpacks the QEMU tools of newer Debian releases under `directory`, one folder a version, each with its own libraries;
 * nothing is installed in the system. Packages come from the mirror that this machine's apt already uses.
 * @returns undefined where every release is there, else why not, in a few words
 */
export function unpackQemuReleases(directory: string): string | undefined {
  const done = existsSync(directory) ? readdirSync(directory).filter((name) => /^\d+\.\d+$/.test(name)) : [];
  if (done.length >= suites.length) return undefined;
  if (spawnSync('apt-get', ['--version']).status !== 0 || spawnSync('dpkg', ['--version']).status !== 0)
    return 'no apt here';
  const mirror = run('apt-get', ['indextargets', '--format', '$(REPO_URI)'])
    ?.split('\n')
    .find((line) => line.trim() !== '');
  if (mirror === undefined) return 'apt has no source';
  mkdirSync(directory, { recursive: true });
  for (const suite of suites) {
    const failure = unpack(directory, suite, mirror.trim());
    if (failure !== undefined) return failure;
  }
  return undefined;
}

function unpack(directory: string, suite: string, mirror: string): string | undefined {
  const state = join(directory, `.apt-${suite}`);
  const root = join(directory, `.root-${suite}`);
  for (const path of [state, root]) rmSync(path, { recursive: true, force: true });
  for (const path of ['lists/partial', 'archives/partial']) mkdirSync(join(state, path), { recursive: true });
  mkdirSync(root);
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
  try {
    if (run('apt-get', ['-qq', ...options, 'update']) === undefined)
      return `the package list of ${suite} cannot be read`;
    const install = ['-qq', '-y', ...options, 'install', '--no-install-recommends', '--download-only', ...packages];
    if (run('apt-get', install) === undefined) return `the packages of ${suite} cannot be fetched`;
    const archives = join(state, 'archives');
    for (const name of readdirSync(archives).filter((entry) => entry.endsWith('.deb'))) {
      if (run('dpkg', ['-x', join(archives, name), root]) === undefined) return `${name} cannot be unpacked`;
    }
    return installWrappers(directory, root, suite);
  } finally {
    for (const path of [state, root]) rmSync(path, { recursive: true, force: true });
  }
}

/** Moves the unpacked tree to a folder named after its version and writes a script for each tool that uses its own libraries. */
function installWrappers(directory: string, root: string, suite: string): string | undefined {
  const libraries = readdirSync(join(root, 'usr', 'lib')).find((name) => name.endsWith('-linux-gnu'));
  const loader =
    libraries && readdirSync(join(root, 'usr', 'lib', libraries)).find((name) => /^ld-linux.*\.so/.test(name));
  if (!libraries || !loader) return `the packages of ${suite} hold no dynamic loader`;
  const command = (base: string, tool: string): string[] => {
    const library = join(base, 'usr', 'lib', libraries);
    return [join(library, loader), '--library-path', library, join(base, 'usr', 'bin', tool)];
  };
  const [first = '', ...rest] = command(root, 'qemu-img');
  const version = /version (\d+\.\d+)/.exec(run(first, [...rest, '--version']) ?? '')?.[1];
  if (version === undefined) return `the QEMU of ${suite} does not start here`;
  const home = join(directory, version);
  rmSync(home, { recursive: true, force: true });
  mkdirSync(join(home, 'bin'), { recursive: true });
  renameSync(root, join(home, 'root'));
  for (const tool of tools) {
    const script = join(home, 'bin', tool);
    const words = command(join(home, 'root'), tool).map((word) => `'${word}'`);
    writeFileSync(script, `#!/bin/sh\nexec ${words.join(' ')} "$@"\n`);
    chmodSync(script, 0o755);
  }
  return undefined;
}

function run(command: string, args: readonly string[]): string | undefined {
  const result = spawnSync(command, args, {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' },
  });
  return result.status === 0 ? result.stdout : undefined;
}
