import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { measuringCpu } from '../../src/engine/affinity.ts';
import { journalRecordSchema } from '../../src/report/schemas/journal.ts';
import { runSchema } from '../../src/report/schemas/run.ts';
import { readJournal } from '../../src/trial/journal-reader.ts';
import { runCli } from '../helpers/host.ts';
import { systemQemu } from '../helpers/qemu.ts';

/** With an L2 cache of 64 KiB seven of eight reads miss it, with 1 MiB none does: a factor of several. */
const profile = `schema: qtune.profile/1
title: Random reads of a mapped disk
about: For tests.
source: this test
seed: 3
disk: 4G
image: { content: mapped, state: shared }
warmUp: { phases: 1, because: each L2 entry is read once }
phases:
  - { pattern: sequential, operation: read, blockSize: 4K, align: 32M, requests: each }
  - { pattern: random, operation: read, blockSize: 4K, requests: 2000 }
`;
const clear = ['--drive', 'l2-cache-size={64K,1M}'];

let cwd = '';
let env: Record<string, string | undefined>;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'qtune-test-'));
  mkdirSync(join(cwd, 'tmp'));
  env = { ...process.env, TMPDIR: join(cwd, 'tmp') };
  writeFileSync(join(cwd, 'w.yaml'), profile);
});
afterEach(() => rmSync(cwd, { recursive: true, force: true }));

function qtune(...argv: readonly string[]) {
  return runCli(['run', '--workload', 'w.yaml', '--no-host-io', ...argv], { cwd, env });
}

function journalLines(name = 'j.ndjson'): readonly string[] {
  return readFileSync(join(cwd, name), 'utf8').trimEnd().split('\n');
}

describe.skipIf(systemQemu() === undefined)(
  'with real QEMU (skipped where there is none)',
  { timeout: 180_000 },
  () => {
    test('a clear case ends at an early look, is confirmed unpinned, and is not measured again', async () => {
      const argv = [...clear, '--until-decided', '2m', '--out', 'j.ndjson', '--json'];
      const result = await qtune(...argv);
      expect(result.exitCode, result.stderr).toBe(0);
      expect(readdirSync(join(cwd, 'tmp'))).toEqual([]);
      const document = runSchema.parse(JSON.parse(result.stdout));
      if (document.kind !== 'result') throw new Error('no result');
      const [decision, ...others] = document.decisions ?? [];
      expect(others).toEqual([]);
      expect(decision).toMatchObject({
        workload: 'w',
        base: 'l2-cache-size=64K',
        verdict: 'better',
        neededBlockCount: null,
      });
      expect(decision?.blockCount).toBeGreaterThanOrEqual(4);
      expect(decision?.blockCount).toBeLessThanOrEqual(12);
      expect(decision?.ratio).toBeGreaterThan(1.5);
      const { header, trials } = await readJournal(join(cwd, 'j.ndjson'));
      expect(header.plan.stopping?.looks).toContain(decision?.blockCount);
      const perBlock = new Map<number, Set<string | undefined>>();
      for (const trial of trials) {
        if (trial.state !== 'completed') throw new Error(trial.reason);
        perBlock.set(trial.block, (perBlock.get(trial.block) ?? new Set()).add(trial.slices?.session));
      }
      expect(perBlock.size).toBe(decision?.blockCount);
      for (const line of journalLines()) {
        const record: unknown = JSON.parse(line);
        expect(journalRecordSchema.parse(record)).toEqual(record);
      }
      const isPinned = measuringCpu() !== undefined;
      const confirmations = journalLines().filter((line) => line.includes('"type":"confirmation"'));
      expect(confirmations).toHaveLength(isPinned ? 1 : 0);
      if (isPinned) {
        expect(JSON.parse(confirmations[0] ?? '')).toMatchObject({ workload: 'w', confirmed: true });
        expect(decision?.unpinned?.ratio).toBeGreaterThan(1.5);
      }

      const again = await qtune(...argv, '--resume');
      expect(again.exitCode, again.stderr).toBe(0);
      const resumed = runSchema.parse(JSON.parse(again.stdout));
      if (resumed.kind !== 'result') throw new Error('no result');
      expect(resumed.decisions?.[0]).toMatchObject({ verdict: 'better', blockCount: decision?.blockCount });
      expect((await readJournal(join(cwd, 'j.ndjson'))).trials).toHaveLength(trials.length);
    });

    test('the text says the verdict, how many blocks it took and whether it stands unpinned', async () => {
      const result = await qtune(...clear, '--until-decided', '2m', '--out', 'j.ndjson');
      expect(result.exitCode, result.stderr).toBe(0);
      expect(result.stdout).toMatch(
        /w +l2-cache-size=64K → l2-cache-size=1M +(×[\d.]+|\+\d+\.\d %) +\[.+\] +\d+ +better/,
      );
      expect(readdirSync(cwd).sort()).toEqual(['j.ndjson', 'tmp', 'w.yaml']);
    });

    test('when the time is up it says what is missing', async () => {
      const equal = ['--drive', 'l2-cache-size={1M,2M}', '--threshold', '0.01%'];
      const result = await qtune(
        ...equal,
        '--until-decided',
        '3s',
        '--repetitions',
        '5',
        '--out',
        'j.ndjson',
        '--json',
      );
      expect(result.exitCode, result.stderr).toBe(0);
      const document = runSchema.parse(JSON.parse(result.stdout));
      if (document.kind !== 'result') throw new Error('no result');
      expect(document.decisions?.[0]?.verdict).toBe('inconclusive');
      expect(journalLines().some((line) => line.includes('"type":"confirmation"'))).toBe(false);
    });

    test('--slice off runs whole trials; a length is taken', async () => {
      const whole = await qtune(...clear, '--slice', 'off', '--repetitions', '2', '--out', 'whole.ndjson');
      expect(whole.exitCode, whole.stderr).toBe(0);
      expect(journalLines('whole.ndjson').some((line) => line.includes('"slices"'))).toBe(false);
      const counts = [];
      for (const slice of ['2ms', '30s']) {
        const name = `${slice}.ndjson`;
        const sliced = await qtune(...clear, '--slice', slice, '--repetitions', '1', '--out', name);
        expect(sliced.exitCode, sliced.stderr).toBe(0);
        const { trials } = await readJournal(join(cwd, name));
        counts.push(trials.map((trial) => (trial.state === 'completed' ? trial.slices?.driverMs.length : 0)));
      }
      const [short, long] = counts;
      expect(short?.[0]).toBeGreaterThan(5);
      expect(short?.[0]).toBe(short?.[1]);
      // 30 s are longer than the trial: it runs in one slice, or two where the first ones only show how long a request takes.
      expect(long?.[0]).toBeLessThanOrEqual(2);
    });
  },
);

test.each([
  [['--slice', 'never'], '--slice: "never" is not a duration'],
  [['--slice', '0.5ms'], '--slice: "0.5ms" is not between 1ms and 60s'],
  [['--slice', '2m'], '--slice: "2m" is not between 1ms and 60s'],
  [['--slice', 'off', '--until-decided', '10s'], '--until-decided needs slices, and --slice is off'],
  [['--until-decided', 'soon'], '--until-decided: "soon" is not a duration'],
  [['--threshold', '2%'], '--threshold says nothing without --until-decided'],
  [['--error-rate', '2%'], '--error-rate says nothing without --until-decided'],
  [['--base', 'default'], '--base says nothing without --until-decided'],
  [['--until-decided', '--error-rate', '99%'], '--error-rate: "99%" is not a percentage from 0.001 to 50'],
  [['--until-decided', '--threshold', '-1'], '--threshold'],
])('%j is refused with exit 2, and nothing is written', async (argv, message) => {
  const result = await qtune(...clear, ...argv, '--out', 'j.ndjson');
  expect(result.exitCode).toBe(2);
  expect(result.stderr).toContain(message);
  expect(readdirSync(cwd).sort()).toEqual(['tmp', 'w.yaml']);
});

test.each([
  [[...clear, '--base', 'nothing'], '--base: the plan has no configuration "nothing"'],
  [['--drive', 'l2-cache-size=1M'], '--until-decided: there is nothing to compare'],
])('%j cannot be decided: exit 2, and nothing is written', async (argv, message) => {
  for (const more of [[], ['--dry-run']]) {
    const result = await qtune(...argv, ...more, '--until-decided', '5s', '--out', 'j.ndjson');
    expect(result.exitCode).toBe(2);
    expect(result.stderr).toContain(message);
  }
  expect(readdirSync(cwd).sort()).toEqual(['tmp', 'w.yaml']);
});
