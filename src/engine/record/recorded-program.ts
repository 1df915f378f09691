import { type ChildProcess, spawn } from 'node:child_process';
import { kill } from 'node:process';
import type { Environment } from '../executable.ts';
import { findProcessGuards } from '../process-guard.ts';

/**
 * First process of the program's own namespace of processes: it takes the place that has no signal handling of its own,
 * and when the program ends, all that it left running ends as well. Arguments: the directory, the list of processes of
 * the memory group or nothing, the program and its arguments.
 */
const initScript = 'cd "$1" || exit 126; [ -z "$2" ] || echo 0 >"$2" || exit 126; shift 2; "$@"; exit $?';

/** Open files that a program has as its standard input, output and error. */
export interface ProgramStreams {
  readonly stdin: number | 'ignore';
  readonly stdout: number | 'ignore';
  readonly stderr: number | 'ignore';
}

export interface RecordedProgram {
  /** Its absolute path, then its arguments. */
  readonly command: readonly string[];
  readonly directory: string;
  readonly env: Environment;
  /** The file that puts the writing process into the memory group. */
  readonly groupProcesses?: string;
  readonly streams: ProgramStreams;
  readonly signal: AbortSignal;
}

/**
 * Runs the program that is recorded, at the user's terminal: it shares qtune's process group, so that it can read from
 * the terminal and Ctrl-C reaches it. On abort it is killed.
 *
 * @param enter a command that runs another one in the stage's namespaces
 * @param unshare the path of `unshare`
 * @returns its exit code, 128 and the signal's number where one ended it
 */
export async function runRecordedProgram(
  enter: readonly string[],
  unshare: string,
  program: RecordedProgram,
): Promise<number> {
  const { command, directory, env, groupProcesses = '', streams, signal } = program;
  const guards = await findProcessGuards(env);
  const spaces = [unshare, '--mount', '--pid', '--fork', '--kill-child', '--mount-proc', '--'];
  const init = ['sh', '-c', initScript, 'qtune-record', directory, groupProcesses];
  const [file = '', ...args] = [...guards.deathSignal('KILL'), ...enter, ...spaces, ...init, ...command];
  const child = spawn(file, args, { env, stdio: [streams.stdin, streams.stdout, streams.stderr] });
  const stop = (): void => killProcess(child);
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  try {
    return await new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code, ended) => resolve(code ?? (ended === null ? 1 : 137)));
    });
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

function killProcess(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    kill(child.pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
}
