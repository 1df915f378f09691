import { platform, tmpdir } from 'node:os';
import { EnvironmentError, InterruptedError } from '../../errors.ts';
import { type Environment, findExecutable } from '../executable.ts';
import { installCommand, isRoot, systemPackageManager } from '../package-manager.ts';
import { describeToolFailure, runTool, succeeded } from '../process.ts';
import { visibleText } from '../visible-text.ts';

/** fio as it was found. */
export interface FioTool {
  readonly path: string;
  /** As it says, e.g. `3.33`. */
  readonly version: string;
  readonly major: number;
  readonly minor: number;
  /** Whether it was built with libnbd. */
  readonly hasNbd: boolean;
}

/** The oldest fio that is driven. @source fio git: json+ with sync latencies and `read_iolog` version 2 in all of 3.x; the nbd engine came with 3.16 */
const minimumMinor = 16;
const timeLimitMs = 20_000;

/** @throws EnvironmentError where there is no usable fio, with what to type */
export async function findFio(env: Environment, signal: AbortSignal): Promise<FioTool> {
  const path = findExecutable('fio', env);
  if (path === undefined) throw new EnvironmentError('fio not found on PATH', { hint: howToGetFio() });
  const run = { cwd: tmpdir(), env, signal, timeLimitMs };
  const [told, engines] = await Promise.all([runTool([path, '--version'], run), runTool([path, '--enghelp'], run)]);
  if (signal.aborted) throw new InterruptedError();
  if (!succeeded(told)) {
    throw new EnvironmentError(`${path} does not work: ${describeToolFailure(told)}`, { hint: howToGetFio() });
  }
  const line = visibleText(told.stdout.split('\n')[0] ?? '');
  const [, version = '', major, minor] = /^fio-((\d+)\.(\d+)\S*)/.exec(line) ?? [];
  const tool = {
    path,
    version,
    major: Number(major),
    minor: Number(minor),
    hasNbd: /^\s*nbd\s*$/m.test(engines.stdout),
  };
  if (version === '' || !isSince(tool, 3, minimumMinor)) {
    throw new EnvironmentError(`${path} says "${line.slice(0, 60)}"; fio 3.${minimumMinor} or later is needed`, {
      hint: howToGetFio(),
    });
  }
  return tool;
}

/** Whether fio is of a version or later. */
export function isSince(fio: Pick<FioTool, 'major' | 'minor'>, major: number, minor: number): boolean {
  return fio.major > major || (fio.major === major && fio.minor >= minor);
}

/** What to type to get fio on this system. */
export function howToGetFio(): string {
  const manager = systemPackageManager(platform());
  if (manager === undefined) return 'Install fio.';
  return `Type: ${installCommand(manager, ['fio'], isRoot())}`;
}
