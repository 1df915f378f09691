import { ExitCode } from '../../src/cli/exit-code.ts';
import type { Host } from '../../src/cli/host.ts';
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
  let stdout = '';
  let stderr = '';
  const host: Host = {
    argv,
    stdout: { write: (text) => void (stdout += text), isTTY: false, columns: 100 },
    stderr: { write: (text) => void (stderr += text), isTTY: false, columns: 100 },
    env: process.env,
    cwd: process.cwd(),
    pid: process.pid,
    now: () => Date.now(),
    signal: new AbortController().signal,
    ...overrides,
  };
  const exitCode = await run(host);
  return { exitCode, stdout, stderr };
}

export { ExitCode };
