import { tmpdir } from 'node:os';
import type { Environment } from './executable.ts';
import { installCommand, isRoot, type PackageManager } from './package-manager.ts';
import { describeToolFailure, runTool, succeeded } from './process.ts';

/** What came of an installation. */
export type Installation =
  | { readonly state: 'installed'; readonly packages: readonly string[] }
  /** Not tried or failed; `advice` is what the user can type. */
  | { readonly state: 'refused'; readonly reason: string; readonly advice: string };

const timeLimitMs = 15 * 60_000;
/** A package manager that is stopped must be able to leave its database whole. */
const graceMs = 30_000;

/**
 * Installs packages through the system's package manager without asking anything. Only root may; for others, and where
 * something fails, the answer says what to type.
 * @param onStart told the command line before it is run, as it may take minutes
 */
export async function installPackages(
  manager: PackageManager,
  packages: readonly string[],
  options: { readonly env: Environment; readonly signal: AbortSignal; readonly onStart: (command: string) => void },
): Promise<Installation> {
  const allowed = isRoot() || manager.name === 'brew';
  const advice = installCommand(manager, packages, isRoot());
  if (!allowed) return { state: 'refused', reason: 'only root may install packages', advice };
  const env: Environment = { ...options.env, DEBIAN_FRONTEND: 'noninteractive' };
  const commands = [...(manager.refresh ? [manager.refresh] : []), [...manager.install, ...packages]];
  for (const command of commands) {
    options.onStart(command.join(' '));
    const result = await runTool(command, { cwd: tmpdir(), env, signal: options.signal, timeLimitMs, graceMs });
    if (!succeeded(result)) return { state: 'refused', reason: describeToolFailure(result), advice };
  }
  return { state: 'installed', packages };
}
