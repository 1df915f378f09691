import { platform, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { EnvironmentError, InterruptedError, UsageError } from '../errors.ts';
import { formatQemuVersion, isAtLeast, parseQemuVersion, type QemuVersion } from '../settings/qemu-version.ts';
import { type Environment, findExecutable, isExecutable } from './executable.ts';
import { installCommand, isRoot, systemPackageManager } from './package-manager.ts';
import { describeToolFailure, runTool, succeeded } from './process.ts';

/** QEMU's tools as they were found: absolute paths and what they say they are. */
export interface QemuTools {
  readonly qemuImg: string;
  readonly qemuIo: string;
  /** Not needed by the qemu-io engine, and packaged apart by some systems. */
  readonly storageDaemon?: string;
  readonly version: QemuVersion;
  /** First line of `qemu-img --version`. */
  readonly versionLine: string;
  /** The environment that they were found in and are run with. */
  readonly env?: Environment;
}

/**
 * The oldest QEMU that qtune drives. 5.2 brought subclusters (`extended_l2`) and the last change of the allocating write
 * path that measurements depend on; io_uring and `-T` of qemu-io are older.
 * @source QEMU git, commits 46cd1e8a47 and c8bb23cbdb; ChangeLog 5.2
 */
export const minimumQemuVersion: QemuVersion = { major: 5, minor: 2 };

/** Where to look for QEMU's tools. */
export interface FindToolsOptions {
  /** A directory that holds them, or whose `bin` does; PATH where absent. Relative to `cwd`. */
  readonly directory?: string;
  readonly cwd?: string;
  readonly env: Environment;
  readonly signal: AbortSignal;
}

/** How long a tool may take to tell its version, milliseconds. */
const versionTimeMs = 20_000;

/**
 * Finds `qemu-img` and `qemu-io` and asks for their version.
 * @throws EnvironmentError where one is missing, does not start or is older than {@link minimumQemuVersion}, with what
 * to type to get it; UsageError where the given directory does not hold them
 */
export async function findQemuTools(options: FindToolsOptions): Promise<QemuTools> {
  const { env, signal } = options;
  const find = finder(options);
  const qemuImg = find('qemu-img');
  const qemuIo = find('qemu-io');
  if (qemuImg === undefined || qemuIo === undefined) {
    const missing = [...(qemuImg ? [] : ['qemu-img']), ...(qemuIo ? [] : ['qemu-io'])].join(' and ');
    if (options.directory !== undefined) {
      throw new UsageError(`--qemu: ${missing} not found in ${options.directory}`, {
        hint: "Name the directory that holds QEMU's tools, e.g. /usr/bin.",
      });
    }
    throw new EnvironmentError(`${missing} not found on PATH`, { hint: howToGetQemu() });
  }
  const storageDaemon = find('qemu-storage-daemon');
  const run = { cwd: tmpdir(), env, signal, timeLimitMs: versionTimeMs };
  const [image, io] = await Promise.all([runTool([qemuImg, '--version'], run), runTool([qemuIo, '--version'], run)]);
  if (signal.aborted) throw new InterruptedError();
  for (const result of [image, io]) {
    if (!succeeded(result)) {
      throw new EnvironmentError(`${result.command[0]} does not work: ${describeToolFailure(result)}`, {
        hint: howToGetQemu(),
      });
    }
  }
  const versionLine = image.stdout.split('\n')[0] ?? '';
  const version = parseQemuVersion(versionLine);
  const ioVersion = parseQemuVersion(io.stdout.split('\n')[0] ?? '');
  if (version === undefined || ioVersion === undefined) {
    throw new EnvironmentError(`${version === undefined ? qemuImg : qemuIo} does not tell its version`, {
      hint: howToGetQemu(),
    });
  }
  const oldest = isAtLeast(version, ioVersion) ? ioVersion : version;
  if (!isAtLeast(oldest, minimumQemuVersion)) {
    throw new EnvironmentError(
      `QEMU ${formatQemuVersion(oldest)} in ${qemuImg.replace(/\/[^/]*$/, '')} is too old; qtune needs ${formatQemuVersion(minimumQemuVersion)} or later`,
      { hint: howToGetQemu() },
    );
  }
  return { qemuImg, qemuIo, ...(storageDaemon === undefined ? {} : { storageDaemon }), version, versionLine, env };
}

function finder(options: FindToolsOptions): (name: string) => string | undefined {
  const { directory } = options;
  if (directory === undefined) return (name) => findExecutable(name, options.env);
  const base = resolve(options.cwd ?? '.', directory);
  return (name) => [join(base, name), join(base, 'bin', name)].find(isExecutable);
}

/** What to type to get QEMU's tools on this system. */
export function howToGetQemu(): string {
  const manager = systemPackageManager(platform());
  if (manager === undefined) return "Install QEMU's tools (qemu-img and qemu-io) or name their directory with --qemu.";
  const command = installCommand(manager, manager.qemu, isRoot());
  return `Type: ${command}, or name the directory of another QEMU with --qemu.`;
}
