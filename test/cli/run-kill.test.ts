import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readTrials } from '../../src/trial/journal-reader.ts';
import type { TrialRecord } from '../../src/trial/record.ts';
import { systemQemu } from '../helpers/qemu.ts';

const bin = join(import.meta.dirname, '..', '..', 'dist', 'cli', 'bin.js');

const profile = `schema: qtune.profile/1
title: Some reads and writes
about: For tests.
source: this test
seed: 3
disk: 256M
image: { content: mapped, state: restored }
warmUp: { requests: 0, because: nothing is measured }
phases:
  - { pattern: random, operation: { read: 1, write: 1 }, blockSize: 4K, requests: 400 }
experiment:
  drive: ['l2-cache-size={64K,128K}']
  repetitions: 14
`;

let cwd = '';
let scratch = '';
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'qtune-test-'));
  scratch = join(cwd, 'tmp');
  mkdirSync(scratch);
  writeFileSync(join(cwd, 'mixed.yaml'), profile);
});
afterEach(() => rmSync(cwd, { recursive: true, force: true }));

interface Started {
  readonly child: ChildProcess;
  /** Exit code, or null after a signal, once it has ended. */
  readonly ended: Promise<number | null>;
  output(): string;
}

function start(...options: readonly string[]): Started {
  return startUnder([], ...options);
}

/** Starts a run under another program, e.g. strace. */
function startUnder(prefix: readonly string[], ...options: readonly string[]): Started {
  const qtune = [process.execPath, bin, 'run', 'mixed.yaml', '--out', 'a.ndjson', ...options];
  const [command = '', ...argv] = [...prefix, ...qtune];
  const env = { ...process.env, TMPDIR: scratch, CI: '1', UV_THREADPOOL_SIZE: '1' };
  const child = spawn(command, argv, { cwd, env });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => (output += text.toString()));
  return { child, ended: once(child, 'exit').then(([code]: unknown[]) => code as number | null), output: () => output };
}

/** Processes that work in the scratch directory: QEMU's tools and what runs them. */
function helpers(): string[] {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      return readlinkSync(`/proc/${pid}/cwd`).startsWith(scratch) && !stat.includes(') Z ');
    } catch {
      return false;
    }
  });
}

async function journal(): Promise<TrialRecord[]> {
  const records: TrialRecord[] = [];
  if (!existsSync(join(cwd, 'a.ndjson'))) return records;
  try {
    for await (const record of readTrials(join(cwd, 'a.ndjson'))) records.push(record);
  } catch (error) {
    // Killed before the header was whole: no record yet.
    if (!String(error).includes('no header') && !String(error).includes('only line is not whole')) throw error;
  }
  return records;
}

/**
 * Records without those that a later run of their block replaced. A block runs again for two reasons: it was disturbed from
 * outside, as happens on a busy machine, or a kill came between the records of its two trials. One whose second run was given
 * up is the trial's result still.
 */
function lasting(records: readonly TrialRecord[]): readonly TrialRecord[] {
  const completed = records.filter((record) => record.state === 'completed');
  const isRepeated = (record: TrialRecord, index: number): boolean =>
    records.slice(index + 1).some((later) => later.id === record.id && later.state === 'completed');
  const wasDisturbed = ({ block }: TrialRecord): boolean =>
    completed.some((record) => record.block === block && record.disturbance?.disturbed);
  const wasTorn = (record: TrialRecord): boolean =>
    record.state === 'completed' &&
    completed.filter(({ slices }) => slices?.session === record.slices?.session).length < 2;
  return records.filter((record, index) => !(isRepeated(record, index) && (wasDisturbed(record) || wasTorn(record))));
}

async function waitFor(condition: () => boolean, what: string, output?: () => string): Promise<void> {
  for (let tries = 0; !condition(); tries++) {
    if (tries === 1000) throw new Error(`waited in vain for ${what}: ${output?.()}`);
    await sleep(25);
  }
}

const straceWorks = spawnSync('strace', ['-qq', '-e', 'trace=none', 'true']).status === 0;
const live = systemQemu() !== undefined && existsSync(bin) && process.platform === 'linux';

describe.skipIf(!live)('with real QEMU (skipped where there is none)', () => {
  test('killed with SIGKILL at ten points and resumed: every trial completed once, nothing left behind', async () => {
    // At places that differ in every test run: three while it starts, seven while trials run.
    let before: string[] = [];
    for (let kill = 0; kill < 10; kill++) {
      const { child, output } = start('--resume', '--no-host-io');
      if (kill % 3 !== 0) {
        const begun = (): boolean => child.exitCode !== null || /journal: a|going on/.test(output());
        await waitFor(begun, 'the first trial', output);
      }
      await sleep(Math.random() * 500);
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      expect(child.exitCode ?? 0, output()).toBe(0);
      await waitFor(() => helpers().length === 0, 'the end of QEMU after the end of qtune');
      const completed = (await journal()).map((record) => record.id);
      // What was on disk at the last kill is there still, in its place.
      expect(completed.slice(0, before.length)).toEqual(before);
      before = completed;
    }
    const last = start('--resume', '--no-host-io');
    expect(await last.ended, last.output()).toBe(0);
    const records = lasting(await journal());
    expect(records.every((record) => record.state === 'completed')).toBe(true);
    expect(records).toHaveLength(28);
    expect(new Set(records.map((record) => record.id)).size).toBe(28);
    expect(readdirSync(scratch)).toEqual([]);
    expect(readdirSync(cwd).sort()).toEqual(['a.ndjson', 'mixed.yaml', 'tmp']);
  });

  test('Ctrl-C ends with 130 after the running trial was given up, and --resume completes the run', async () => {
    const first = start('--no-host-io');
    await waitFor(() => first.output().includes('journal: a.ndjson'), 'the first trial', first.output);
    await sleep(300);
    first.child.kill('SIGINT');
    expect(await first.ended, first.output()).toBe(130);
    expect(first.output()).toMatch(
      /\d+ of 28 trials are completed in a.ndjson; go on with the same command and --resume/,
    );
    expect(helpers()).toEqual([]);
    expect(readdirSync(scratch)).toEqual([]);
    const aborted = await journal();
    expect(aborted.filter((record) => record.state === 'failed')).toEqual([]);
    const second = start('--no-host-io', '--resume');
    expect(await second.ended, second.output()).toBe(0);
    const completed = lasting(await journal()).filter((record) => record.state === 'completed');
    expect(completed).toHaveLength(28);
  });

  test.skipIf(!straceWorks)(
    'a disk that fails under the journal ends the run with 3 and the record on standard error',
    async () => {
      const trace = ['-f', '-qq', '-o', join(cwd, 'trace'), '-e', 'trace=fdatasync', '-P', join(cwd, 'a.ndjson')];
      const fault = ['-e', 'inject=fdatasync:error=ENOSPC:when=3'];
      const first = startUnder(['strace', ...trace, ...fault], '--no-host-io', '--slice', 'off', '--repetitions', '2');
      expect(await first.ended, first.output()).toBe(3);
      expect(first.output()).toContain(
        'could not be flushed to disk (no space left on the device); no more trials are run',
      );
      const shown = /these records are not in the journal:\n(\{.*\})\n/.exec(first.output())?.[1] ?? '';
      const records = await journal();
      expect(records.map((record) => record.state)).toEqual(['completed']);
      expect(JSON.parse(shown)).toMatchObject({ type: 'trial', state: 'completed' });
      expect(records[0]?.id).not.toBe(JSON.parse(shown).id);
      expect(helpers()).toEqual([]);
      expect(readdirSync(scratch)).toEqual([]);
      const second = start('--no-host-io', '--slice', 'off', '--repetitions', '2', '--resume');
      expect(await second.ended, second.output()).toBe(0);
      expect(second.output()).toContain('going on, 1 of 4 trials are completed');
    },
  );
});
