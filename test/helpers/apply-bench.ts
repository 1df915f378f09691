import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import { type CliResult, runCli } from './host.ts';
import type { RunningQemu } from './running-qemu.ts';

/** A directory for each test of a file, with the QEMU that the test starts there; both end with it. */
export interface ApplyBench {
  readonly directory: string;
  running: RunningQemu | undefined;
  path(name: string): string;
  environment(): NodeJS.ProcessEnv;
  /** `qtune apply` on that QEMU's socket. */
  apply(...argv: string[]): Promise<CliResult>;
}

export function applyBench(): ApplyBench {
  let directory = '';
  const bench: ApplyBench = {
    get directory() {
      return directory;
    },
    running: undefined,
    path: (name) => join(directory, name),
    environment: () => ({ ...process.env, XDG_STATE_HOME: directory }),
    apply: (...argv) => runCli(['apply', '--qmp', 'vm.qmp', ...argv], { cwd: directory, env: bench.environment() }),
  };
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'qtune-live-'));
  });
  afterEach(async () => {
    await bench.running?.stop();
    bench.running = undefined;
    rmSync(directory, { recursive: true, force: true });
  });
  return bench;
}
