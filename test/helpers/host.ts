import { ExitCode } from '../../src/cli/exit-code.ts';
import type { Host, TextSink } from '../../src/cli/host.ts';
import { run } from '../../src/cli/program.ts';

export interface CliResult {
  readonly exitCode: ExitCode;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs qtune in this process with its own streams, environment and directory, and gives back everything it said. */
export async function runCli(
  argv: readonly string[],
  overrides: Partial<Omit<Host, 'argv' | 'stdout' | 'stderr'>> = {},
): Promise<CliResult> {
  const written = { stdout: '', stderr: '' };
  const sink = (name: 'stdout' | 'stderr'): TextSink => ({
    write: (text) => {
      written[name] += text;
    },
    isTTY: false,
    columns: 100,
  });
  const host: Host = {
    argv,
    stdout: sink('stdout'),
    stderr: sink('stderr'),
    env: process.env,
    cwd: process.cwd(),
    pid: process.pid,
    nodeVersion: process.version,
    now: () => Date.now(),
    signal: new AbortController().signal,
    ...overrides,
  };
  const exitCode = await run(host);
  return { exitCode, ...written };
}

export { ExitCode };
