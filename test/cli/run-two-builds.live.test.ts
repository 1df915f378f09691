import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { journalRecordSchema } from '../../src/report/schemas/journal.ts';
import { runSchema } from '../../src/report/schemas/run.ts';
import { type Journal, readJournal } from '../../src/trial/journal-reader.ts';
import { runCli } from '../helpers/host.ts';
import { qemusUnderTest, systemQemu } from '../helpers/qemu.ts';

const profile = `schema: qtune.profile/1
title: Random reads of a mapped disk
about: For tests.
source: this test
seed: 3
disk: 1G
image: { content: mapped, state: shared }
warmUp: { phases: 1, because: each L2 entry is read once }
phases:
  - { pattern: sequential, operation: read, blockSize: 4K, align: 32M, requests: each }
  - { pattern: random, operation: read, blockSize: 4K, requests: 4000 }
`;

const system = systemQemu();
const other = qemusUnderTest().find(({ name }) => name === '10.0');

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

/** Both journals, after a look at every line of them. */
async function journals(...names: readonly string[]): Promise<readonly Journal[]> {
  for (const name of names) {
    for (const line of readFileSync(join(cwd, name), 'utf8').trimEnd().split('\n')) {
      const record: unknown = JSON.parse(line);
      expect(journalRecordSchema.parse(record)).toEqual(record);
    }
  }
  return Promise.all(names.map((name) => readJournal(join(cwd, name))));
}

/** Session by trial id. */
function sessions({ trials }: Journal): readonly (readonly [string, string | undefined])[] {
  return trials.map((trial) => [trial.id, trial.state === 'completed' ? trial.slices?.session : undefined] as const);
}

describe.skipIf(system === undefined)('with real QEMU (skipped where there is none)', { timeout: 180_000 }, () => {
  const twice = ['--qemu', system ?? '', '--qemu', system ?? '', '--out', 'a.ndjson', '--out', 'b.ndjson'];

  test('a build is never better or worse than itself', async () => {
    // An error rate of 1 % would fail one of a hundred runs of this test; nothing else does.
    const decide = ['--until-decided', '20s', '--repetitions', '5', '--error-rate', '0.01%'];
    const result = await qtune(...twice, ...decide, '--json');
    expect(result.exitCode, result.stderr).toBe(0);
    expect(readdirSync(join(cwd, 'tmp'))).toEqual([]);
    const document = runSchema.parse(JSON.parse(result.stdout));
    if (document.kind !== 'result') throw new Error('no result');
    expect(document.decisions).toHaveLength(1);
    expect(['same', 'inconclusive']).toContain(document.decisions?.[0]?.verdict);
    expect([document.journal, document.head?.journal]).toEqual(['a.ndjson', 'b.ndjson']);
    const [left, right] = await journals('a.ndjson', 'b.ndjson');
    if (left === undefined || right === undefined) throw new Error('two journals');
    expect(left.header.plan).toEqual(right.header.plan);
    expect(sessions(left)).toEqual(sessions(right));
    const all = sessions(left).map(([, session]) => session);
    expect(all.every((session) => session !== undefined)).toBe(true);
    expect(new Set(all).size).toBe(all.length);
  });

  test('both journals go on with --resume, and a run that is complete is left as it is', async () => {
    const argv = [...twice, '--repetitions', '2'];
    expect((await qtune(...argv)).exitCode).toBe(0);
    const before = readFileSync(join(cwd, 'a.ndjson'), 'utf8');
    const again = await qtune(...argv, '--resume');
    expect(again.exitCode, again.stderr).toBe(0);
    expect(again.stderr).toContain('all 2 trials are completed');
    expect(readFileSync(join(cwd, 'a.ndjson'), 'utf8')).toBe(before);
    // One journal lost its last trial: the block is run again for both, so that they have a session in common.
    const lines = readFileSync(join(cwd, 'b.ndjson'), 'utf8').trimEnd().split('\n');
    writeFileSync(join(cwd, 'b.ndjson'), `${lines.slice(0, -1).join('\n')}\n`);
    const resumed = await qtune(...argv, '--resume');
    expect(resumed.exitCode, resumed.stderr).toBe(0);
    const [left, right] = await journals('a.ndjson', 'b.ndjson');
    const last = ({ trials }: Journal): Map<string, string | undefined> =>
      new Map(trials.map((trial) => [trial.id, trial.state === 'completed' ? trial.slices?.session : undefined]));
    if (left === undefined || right === undefined) throw new Error('two journals');
    expect(last(left)).toEqual(last(right));
  });

  test('a block of which a kill left one half of another turn is run again for both', async () => {
    const argv = [...twice, '--repetitions', '2'];
    expect((await qtune(...argv)).exitCode).toBe(0);
    const file = join(cwd, 'b.ndjson');
    // The session that counts: a block that was disturbed has records of an earlier one before it.
    const session = sessions(await readJournal(file))[0]?.[1] ?? '';
    expect(session).toMatch(/^[0-9a-f]{16}$/);
    writeFileSync(
      file,
      readFileSync(file, 'utf8').replaceAll(`"session":"${session}"`, '"session":"0123456789abcdef"'),
    );
    const resumed = await qtune(...argv, '--resume');
    expect(resumed.exitCode, resumed.stderr).toBe(0);
    expect(resumed.stderr).not.toContain('nothing is left to run');
    const [left, right] = await journals('a.ndjson', 'b.ndjson');
    const last = (side: Journal | undefined): Map<string, string | undefined> =>
      new Map(side?.trials.map((trial) => [trial.id, trial.state === 'completed' ? trial.slices?.session : undefined]));
    expect(last(left)).toEqual(last(right));
    expect([...last(right).values()]).not.toContain('0123456789abcdef');
  });

  test.skipIf(other === undefined)('QEMU of the system and 10.0 are each named in their journal', async () => {
    const argv = ['--qemu', system ?? '', '--qemu', other?.bin ?? '', '--repetitions', '4', '--until-decided', '20s'];
    const result = await qtune(...argv, '--out', 'a.ndjson', '--out', 'b.ndjson', '--json');
    expect(result.exitCode, result.stderr).toBe(0);
    const document = runSchema.parse(JSON.parse(result.stdout));
    if (document.kind !== 'result') throw new Error('no result');
    const [decision] = document.decisions ?? [];
    expect(decision?.base).toBe(decision?.head);
    expect(decision?.blockCount).toBe(4);
    expect(decision?.ratio).toBeGreaterThan(0.1);
    expect(decision?.ratio).toBeLessThan(10);
    const [left, right] = await journals('a.ndjson', 'b.ndjson');
    expect(right?.header.environment.qemu).toContain('version 10.0');
    expect(left?.header.environment.qemu).not.toContain('version 10.0');
    expect(right?.trials.filter(({ state }) => state === 'completed').length).toBeGreaterThanOrEqual(4);
  });
});

test.each([
  [['--qemu', 'a', '--qemu', 'b', '--qemu', 'c'], '--qemu: two builds can be measured next to each other, not more'],
  [['--qemu', 'a', '--qemu', 'b', '--out', 'a.ndjson'], '--out: each of the two builds has a journal of its own'],
  [['--out', 'a.ndjson', '--out', 'b.ndjson'], '--out: 2 journals, but 1 QEMU to measure'],
  [['--qemu', '/nonexistent', '--qemu', '/nonexistent'], 'not found in /nonexistent'],
  [
    ['--qemu', '/usr/bin', '--qemu', '/usr/bin', '--engine', 'simulated'],
    '--qemu: two builds are compared by measuring them',
  ],
])('%j is refused with exit 2, and nothing is written', async (argv, message) => {
  const result = await qtune(...argv);
  expect(result.exitCode).toBe(2);
  expect(result.stderr).toContain(message);
  expect(readdirSync(cwd).sort()).toEqual(['tmp', 'w.yaml']);
});
