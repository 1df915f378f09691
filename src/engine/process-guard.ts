import { execFile } from 'node:child_process';
import { type Environment, findExecutable, searchPath } from './executable.ts';

/** Signals that a helper can be set to get when qtune ends; `none` for one that has something to take away then. */
export type DeathSignal = 'KILL' | 'TERM' | 'none';

/** Programs that stand in front of a helper: what they do and whether they are there is recorded by `qtune doctor`. */
export interface ProcessGuards {
  /** `setpriv --pdeathsig SIGNAL --`: the helper dies with qtune, even if qtune is killed with SIGKILL. Empty if absent. */
  deathSignal(signal: DeathSignal): readonly string[];
  /** The path of `taskset`, which pins a process to processors; undefined if absent. */
  readonly taskset: string | undefined;
}

const known = new Map<string, Promise<ProcessGuards>>();

/**
 * Finds the guards on the search path; the answer is kept for the life of the program. `setpriv` is tried out, since
 * BusyBox has one without the option.
 */
export function findProcessGuards(env: Environment | undefined): Promise<ProcessGuards> {
  const path = searchPath(env);
  const found = known.get(path) ?? probe(env);
  known.set(path, found);
  return found;
}

async function probe(env: Environment | undefined): Promise<ProcessGuards> {
  const taskset = findExecutable('taskset', env);
  const setpriv = findExecutable('setpriv', env);
  const none: ProcessGuards = { deathSignal: () => [], taskset };
  if (setpriv === undefined) return none;
  const works = await new Promise<boolean>((resolve) => {
    execFile(setpriv, ['--pdeathsig', 'KILL', '--', setpriv, '--version'], { timeout: 5000 }, (error) => {
      resolve(error === null);
    });
  });
  if (!works) return none;
  return { deathSignal: (signal) => (signal === 'none' ? [] : [setpriv, '--pdeathsig', signal, '--']), taskset };
}
