import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startTicks } from '../../src/engine/scratch.ts';
import { InputError, UsageError } from '../../src/errors.ts';
import { readJournal, readTrials } from '../../src/trial/journal-reader.ts';
import { JournalWriter } from '../../src/trial/journal-writer.ts';
import { maximumLineBytes } from '../../src/trial/line-reader.ts';
import { parseJournalLine } from '../../src/trial/parse-record.ts';
import type { JournalRecord, TrialRecord } from '../../src/trial/record.ts';
import { completedTrial, sampleEnvironment, sampleHeader, sampleMetrics } from '../helpers/trials.ts';

let directory = '';
let path = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'qtune-test-'));
  path = join(directory, 'journal.ndjson');
});
afterEach(() => rmSync(directory, { recursive: true }));

const { pid } = process;

function line(record: unknown): string {
  return `${JSON.stringify(record)}\n`;
}

function failedTrial(id: string): TrialRecord {
  const { metrics: _metrics, cpus: _cpus, command: _command, warnings: _warnings, ...base } = completedTrial({ id });
  return { ...base, state: 'failed', reason: 'qemu-io: no space left' };
}

/** The error that a journal of these lines raises. */
async function problem(text: string): Promise<InputError> {
  writeFileSync(path, text);
  const error: unknown = await readJournal(path).then(
    () => undefined,
    (raised: unknown) => raised,
  );
  if (!(error instanceof InputError)) throw new Error(`raised ${String(error)}`);
  return error;
}

describe('reading', () => {
  test('what is written is read back, record by record', async () => {
    const records: JournalRecord[] = [
      sampleHeader(),
      completedTrial(),
      failedTrial('fedcba9876543210'),
      {
        type: 'resume',
        resumedAt: '2026-01-02T04:00:00.000Z',
        environment: sampleEnvironment,
        engine: sampleHeader().engine,
      },
    ];
    const writer = await JournalWriter.open(path, { resume: false, pid });
    for (const record of records) await writer.append(record);
    await writer.close();
    const journal = await readJournal(path);
    expect(journal.header).toEqual(records[0]);
    expect(journal.trials).toEqual([records[1], records[2]]);
    expect(journal.resumes).toEqual([records[3]]);
    expect(journal.warnings).toEqual([]);
    expect(journal.wholeBytes).toBe(readFileSync(path).length);
  });

  test('any record that JSON can hold survives the way through a line', () => {
    const text = fc.string({ unit: 'binary', maxLength: 20 });
    const number = fc.double({ noNaN: true, noDefaultInfinity: true });
    fc.assert(
      fc.property(text, text, number, number, fc.nat(), (workload, label, iops, p50, repetition) => {
        const record = completedTrial({
          workload,
          configuration: {
            label,
            create: { cluster_size: 65_536, extended_l2: true },
            drive: { 'overlap-check': text.toString() },
          },
          repetition,
          metrics: sampleMetrics(1, { iops, latencyMs: { ...sampleMetrics(1).latencyMs, p50 } }),
        });
        const read = parseJournalLine(JSON.stringify(record), { file: 'j', line: 2 });
        expect(read).toEqual(JSON.parse(JSON.stringify(record)));
      }),
      { seed: 5, numRuns: 300 },
    );
  });

  test('any prefix of a journal reads as the whole lines before its end', async () => {
    const ids = ['a1', 'b2', 'c3', 'd4'];
    const lines = [sampleHeader(), ...ids.map((id) => completedTrial({ id }))].map(line);
    const bytes = Buffer.from(lines.join(''));
    const headerBytes = Buffer.byteLength(lines[0] ?? '');
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: headerBytes, max: bytes.length }), async (length) => {
        writeFileSync(path, bytes.subarray(0, length));
        const journal = await readJournal(path);
        const whole = bytes.subarray(0, length).lastIndexOf(10) + 1;
        const count = bytes.subarray(0, whole).toString().split('\n').length - 2;
        expect(journal.trials.map((trial) => trial.id)).toEqual(ids.slice(0, count));
        expect([journal.wholeBytes, journal.tornBytes]).toEqual([whole, length - whole]);
        expect(journal.warnings.map((warning) => warning.code)).toEqual(length > whole ? ['torn-line'] : []);
      }),
      { seed: 3, numRuns: 120, examples: [[headerBytes], [headerBytes + 1], [bytes.length], [bytes.length - 1]] },
    );
  });

  test('lines longer than a chunk of the file are read whole, and the lines around them too', async () => {
    const long = completedTrial({
      id: 'long',
      metrics: sampleMetrics(9, { histograms: { read: 'é'.repeat(700_000) } }),
    });
    writeFileSync(
      path,
      [sampleHeader(), completedTrial({ id: 'a' }), long, completedTrial({ id: 'b' })].map(line).join(''),
    );
    const { trials } = await readJournal(path);
    expect(trials.map((trial) => trial.id)).toEqual(['a', 'long', 'b']);
    expect(trials[1]).toEqual(long);
  });

  test('the last record of a trial counts, but a completed one is never hidden', async () => {
    const second = completedTrial({ id: 'x', metrics: sampleMetrics(2) });
    writeFileSync(
      path,
      [sampleHeader(), failedTrial('x'), completedTrial({ id: 'x' }), second, failedTrial('x')].map(line).join(''),
    );
    expect((await readJournal(path)).trials).toEqual([second]);
    const all: string[] = [];
    for await (const trial of readTrials(path)) all.push(trial.state);
    expect(all).toEqual(['failed', 'completed', 'completed', 'failed']);
  });

  test('records of a type that is not known yet are skipped with one warning that counts them', async () => {
    writeFileSync(
      path,
      [sampleHeader(), { type: 'note', text: 'a' }, completedTrial(), { type: 'note' }].map(line).join(''),
    );
    const journal = await readJournal(path);
    expect(journal.trials).toHaveLength(1);
    expect(journal.warnings).toMatchObject([
      { code: 'unknown-records', message: expect.stringContaining('2 records') },
    ]);
  });

  test('a journal with only what the contract names is read; the rest is empty or not a number', async () => {
    const trial = {
      type: 'trial',
      id: 'x',
      workload: 'w',
      configuration: { label: 'default', create: {}, drive: {} },
      repetition: 0,
      block: 0,
      engine: 'qemu-io',
      state: 'completed',
      metrics: {
        iops: 5,
        bytesPerSecond: 6,
        latencyMs: { p50: 1, p99: 2 },
        fileBytes: 3,
        allocatedBytes: 3,
        guestBytes: 1,
        spaceAmplificationRatio: 3,
      },
    };
    writeFileSync(path, line({ type: 'header', schema: 'qtune.journal/1' }) + line(trial));
    const journal = await readJournal(path);
    expect(journal.header.plan.workloads).toEqual([]);
    const read = journal.trials[0];
    if (read?.state !== 'completed') throw new Error('not completed');
    expect(read.metrics).toMatchObject({ iops: 5, histograms: {}, latencyMs: { p99: 2, p999: Number.NaN } });
    expect(read).toMatchObject({ warnings: [], cpus: [], command: [] });
  });

  test('compact reading drops histograms and command lines and keeps the figures', async () => {
    writeFileSync(path, line(sampleHeader()) + line(completedTrial()));
    const trial = (await readJournal(path, { compact: true })).trials[0];
    if (trial?.state !== 'completed') throw new Error('not completed');
    expect([trial.metrics.histograms, trial.command, trial.metrics.iops]).toEqual([{}, [], 1000]);
  });
});

describe('what is not a journal', () => {
  const header = line(sampleHeader());
  const metrics = sampleMetrics(1);
  test.each([
    ['an empty file', '', 'journal.ndjson: the journal has no header'],
    ['a torn header', header.slice(0, 50), 'journal.ndjson: its only line is not whole'],
    ['no JSON', `${header}hello\n`, 'journal.ndjson:2: not a journal record: '],
    ['an empty line', `${header}\n`, 'journal.ndjson:2: not a journal record: '],
    ['a list', `${header}[]\n`, 'journal.ndjson:2: not a journal record: no object'],
    ['no type', `${header}{}\n`, 'journal.ndjson:2: not a journal record: "type" is missing'],
    ['a trial first', line(completedTrial()), 'journal.ndjson:1: the first record is not a journal header'],
    ['two journals joined', header + header, 'journal.ndjson:2: a second header: two journals were joined'],
    [
      'a newer schema',
      line({ ...sampleHeader(), schema: 'qtune.journal/2' }),
      'journal.ndjson:1: written by a newer qtune as qtune.journal/2; this one reads qtune.journal/1',
    ],
    [
      'another schema',
      line({ ...sampleHeader(), schema: 'x' }),
      'journal.ndjson:1: its schema is "x", not qtune.journal/1',
    ],
    ['no schema', line({ type: 'header' }), 'journal.ndjson:1: the header has no "schema"'],
    ['no id', header + line({ ...completedTrial(), id: 7 }), 'journal.ndjson:2: the trial has no "id"'],
    [
      'no workload',
      header + line({ ...completedTrial(), workload: 7 }),
      'journal.ndjson:2: the trial has no "workload"',
    ],
    [
      'no settings',
      header + line({ ...completedTrial(), configuration: { label: 'x' } }),
      'journal.ndjson:2: the trial has no "configuration" with label, create and drive',
    ],
    [
      'a block of -1',
      header + line({ ...completedTrial(), block: -1 }),
      'journal.ndjson:2: "block" is not a whole number',
    ],
    [
      'half a repetition',
      header + line({ ...completedTrial(), repetition: 0.5 }),
      'journal.ndjson:2: "repetition" is not a whole number',
    ],
    [
      'another engine',
      header + line({ ...completedTrial(), engine: 'dd' }),
      'journal.ndjson:2: the engine "dd" is not known',
    ],
    [
      'another state',
      header + line({ ...completedTrial(), state: 'ok' }),
      'journal.ndjson:2: the state "ok" is not known',
    ],
    [
      'no metrics',
      header + line({ ...completedTrial(), metrics: 5 }),
      'journal.ndjson:2: the completed trial has no "metrics"',
    ],
    [
      'IOPS in a text',
      header + line(completedTrial({ metrics: { ...metrics, iops: '5' as unknown as number } })),
      'journal.ndjson:2: metrics.iops is not a finite number',
    ],
    [
      'a number too large',
      header + line(completedTrial()).replace('"wallMs":', '"wallMs":1e999,"x":'),
      'journal.ndjson:2: metrics.wallMs is not a finite number',
    ],
    [
      'an infinite quantile',
      header + line(completedTrial()).replace(/"p99":[^,]+/, '"p99":1e999'),
      'journal.ndjson:2: metrics.latencyMs.p99 is not a finite number',
    ],
    [
      'a list among the metrics',
      header + line(completedTrial()).replace('"wallMs":', '"wallMs":[],"x":'),
      'journal.ndjson:2: metrics.wallMs is not a number',
    ],
    [
      'metrics nested without end',
      header + line(completedTrial()).replace('"wallMs":', `"x":${'{"x":'.repeat(9000)}1${'}'.repeat(9000)},"wallMs":`),
      'journal.ndjson:2: metrics.x.x.x.x.x is not a number',
    ],
  ])('%s', async (_, text, message) => {
    expect((await problem(text)).message.slice(directory.length + 1)).toContain(message);
  });

  test('a line beyond the limit is refused without reading it to its end', async () => {
    const error = await problem(`${line(sampleHeader())}"${'x'.repeat(maximumLineBytes + 1)}`);
    expect(error.message).toContain(`:2: the line is longer than ${maximumLineBytes} bytes`);
  });

  test('a missing file, a directory and a pipe that nobody writes to', async () => {
    const pipe = join(directory, 'pipe');
    execFileSync('mkfifo', [pipe]);
    await expect(readJournal(pipe)).rejects.toThrow('pipe: it is a pipe or a device, not a journal');
    await expect(readJournal(join(directory, 'none'))).rejects.toThrow('none: there is no such file');
    await expect(readJournal(directory)).rejects.toThrow('it is a directory, not a journal');
  });
});

describe('writing', () => {
  async function start(...records: readonly JournalRecord[]): Promise<void> {
    const writer = await JournalWriter.open(path, { resume: false, pid });
    for (const record of records) await writer.append(record);
    await writer.close();
  }

  test('an existing journal is refused, and the message names both ways out', async () => {
    await start(sampleHeader());
    const error: unknown = await JournalWriter.open(path, { resume: false, pid }).catch((raised: unknown) => raised);
    expect(error).toBeInstanceOf(UsageError);
    expect((error as UsageError).message).toBe(`${path} exists`);
    expect((error as UsageError).hint).toBe('Go on with it: --resume. Or write another journal: --out FILE.');
    expect(readdirSync(directory)).toEqual(['journal.ndjson']);
  });

  test('a journal that got no record is not left behind, nor is the lock', async () => {
    await start();
    expect(readdirSync(directory)).toEqual([]);
  });

  test('an empty file, as mktemp makes it, is taken', async () => {
    writeFileSync(path, '');
    await start(sampleHeader());
    expect((await readJournal(path)).trials).toEqual([]);
  });

  test('resuming cuts an unfinished line off and goes on behind the whole ones', async () => {
    await start(sampleHeader(), completedTrial({ id: 'a' }), completedTrial({ id: 'b' }));
    truncateSync(path, readFileSync(path).length - 40);
    const torn = readFileSync(path).length;
    const writer = await JournalWriter.open(path, { resume: true, pid });
    expect(writer.existing?.trials.map((trial) => trial.id)).toEqual(['a']);
    expect(writer.cutBytes).toBe(torn - (writer.existing?.wholeBytes ?? 0));
    await writer.append(completedTrial({ id: 'c' }));
    await writer.close();
    expect((await readJournal(path)).trials.map((trial) => trial.id)).toEqual(['a', 'c']);
  });

  test('resuming without a journal, or with a torn header only, starts one', async () => {
    for (const text of [undefined, line(sampleHeader()).slice(0, 70), '{"ty']) {
      rmSync(path, { force: true });
      if (text !== undefined) writeFileSync(path, text);
      const writer = await JournalWriter.open(path, { resume: true, pid });
      expect(writer.existing).toBeUndefined();
      await writer.append(sampleHeader());
      await writer.close();
      expect((await readJournal(path)).header).toEqual(sampleHeader());
    }
  });

  test("resuming never cuts into somebody's file", async () => {
    for (const text of ['a note without a newline', '{"type":"header","schema":"other"}', 'two\nlines']) {
      writeFileSync(path, text);
      await expect(JournalWriter.open(path, { resume: true, pid })).rejects.toThrow(InputError);
      expect(readFileSync(path, 'utf8')).toBe(text);
    }
  });

  test('a path that is no regular file is refused', async () => {
    await expect(JournalWriter.open(directory, { resume: false, pid })).rejects.toThrow('is not a regular file');
    await expect(JournalWriter.open('/dev/null', { resume: true, pid })).rejects.toThrow(
      '--out: /dev/null is not a regular file',
    );
    await expect(JournalWriter.open(join(directory, 'no', 'x'), { resume: false, pid })).rejects.toThrow(
      `--out: there is no directory ${join(directory, 'no')}`,
    );
  });

  test('a dangling link is not followed to make a file elsewhere', async () => {
    symlinkSync(join(directory, 'elsewhere'), path);
    await expect(JournalWriter.open(path, { resume: false, pid })).rejects.toThrow('cannot be opened for writing');
    expect(readdirSync(directory)).toEqual(['journal.ndjson']);
  });
});

describe('the lock', () => {
  test('a second writer is refused while the first one lives', async () => {
    const writer = await JournalWriter.open(path, { resume: false, pid });
    const second = JournalWriter.open(path, { resume: true, pid });
    await expect(second).rejects.toThrow(`process ${pid} is writing this journal`);
    await writer.close();
    expect(readdirSync(directory)).toEqual([]);
  });

  test('the lock of a killed process is taken over, also where its id is used again', async () => {
    const child = spawn('sleep', ['60']);
    const dead = child.pid ?? 0;
    const ticks = startTicks(dead);
    child.kill('SIGKILL');
    await once(child, 'exit');
    const own = await ownerOfLock();
    for (const owner of [
      { ...own, pid: dead, startTicks: ticks },
      { ...own, startTicks: '1' },
      { ...own, bootId: 'an earlier boot' },
    ]) {
      writeFileSync(`${path}.lock`, line(owner));
      const writer = await JournalWriter.open(path, { resume: false, pid });
      await writer.close();
      expect(readdirSync(directory)).toEqual([]);
    }
  });

  test('a lock without an owner, left by a process killed while it made it, is taken over', async () => {
    for (const text of ['', '{"pid":', 'x\n']) {
      writeFileSync(`${path}.lock`, text);
      await (await JournalWriter.open(path, { resume: false, pid })).close();
      expect(readdirSync(directory)).toEqual([]);
    }
  });

  test('the lock of another container is left alone, and the message says what to remove', async () => {
    writeFileSync(`${path}.lock`, line({ ...(await ownerOfLock()), namespace: 'pid:[1]', pid: 1 }));
    const error: unknown = await JournalWriter.open(path, { resume: true, pid }).catch((raised: unknown) => raised);
    expect((error as UsageError).message).toBe(`${path}: a process of another container is writing this journal`);
    expect((error as UsageError).hint).toContain(`remove ${path}.lock`);
  });

  test('of many that find a stale lock at once, one gets it', async () => {
    writeFileSync(`${path}.lock`, line({ ...(await ownerOfLock()), startTicks: '1' }));
    const results = await Promise.allSettled(
      Array.from({ length: 8 }, () => JournalWriter.open(path, { resume: true, pid })),
    );
    const writers = results.filter((result) => result.status === 'fulfilled');
    expect(writers).toHaveLength(1);
    for (const writer of writers) await writer.value.close();
  });

  async function ownerOfLock(): Promise<Record<string, unknown>> {
    const writer = await JournalWriter.open(path, { resume: false, pid });
    const owner: Record<string, unknown> = JSON.parse(readFileSync(`${path}.lock`, 'utf8'));
    await writer.close();
    return owner;
  }
});
