import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { TrialRecord } from '../../src/trial/record.ts';
import { runCli } from '../helpers/host.ts';

test('a completed trial whose block ran again and failed then stays completed', async () => {
  const cwd = mkdtempSync(join(tmpdir(), 'qtune-test-'));
  try {
    const argv = ['run', '--workload', 'random-read', '--disk', '64M', '--engine', 'simulated', '--out', 'j.ndjson'];
    expect((await runCli(argv, { cwd })).exitCode).toBe(0);
    const journal = join(cwd, 'j.ndjson');
    const lines = readFileSync(journal, 'utf8').trimEnd().split('\n');
    const trial = lines.map((line) => JSON.parse(line) as TrialRecord).find(({ type }) => type === 'trial');
    if (trial?.state !== 'completed') throw new Error('no trial');
    const { metrics: _m, cpus: _c, command: _o, warnings: _w, ...base } = trial;
    appendFileSync(journal, `${JSON.stringify({ ...base, state: 'failed', reason: 'no space left' })}\n`);
    const before = readFileSync(journal, 'utf8');
    const again = await runCli([...argv, '--resume'], { cwd });
    expect(again.exitCode, again.stderr).toBe(0);
    expect(again.stderr).toContain('all 1 trials are completed');
    expect(readFileSync(journal, 'utf8')).toBe(before);
  } finally {
    rmSync(cwd, { recursive: true });
  }
});
