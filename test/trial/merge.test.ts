import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { InputError, InterruptedError } from '../../src/errors.ts';
import { environmentOf } from '../../src/trial/environment-of.ts';
import { readJournal } from '../../src/trial/journal-reader.ts';
import { type JournalMerge, mergeJournals } from '../../src/trial/merge/merge-journals.ts';
import type { Plan } from '../../src/trial/plan.ts';
import type { JournalRecord, TrialRecord } from '../../src/trial/record.ts';
import { scriptedWorkload } from '../helpers/scripted-engine.ts';
import { abortedRecord, journalLines, planHeader, samplePlan, sampleRecord } from '../helpers/shards.ts';
import { sampleEnvironment, sampleHeader } from '../helpers/trials.ts';

let directory = '';
let fileCount = 0;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'qtune-merge-'));
});
afterAll(() => rmSync(directory, { recursive: true }));
beforeEach(() => {
  fileCount = 0;
});

function write(text: string): string {
  const path = join(directory, `${fileCount++}.ndjson`);
  writeFileSync(path, text);
  return path;
}

function merge(paths: readonly string[], allowPartial = false): Promise<JournalMerge> {
  return mergeJournals(paths, { allowPartial, signal: new AbortController().signal });
}

async function textOf(merged: JournalMerge): Promise<string> {
  let text = '';
  for await (const line of merged.lines()) text += line.toString('utf8');
  return text;
}

const resume = {
  type: 'resume',
  resumedAt: '2026-01-03T00:00:00.000Z',
  environment: sampleEnvironment,
  engine: sampleHeader().engine,
} as const;
const otherHost = { ...sampleEnvironment, cpuModel: 'Another CPU', fingerprint: 'ffffffffffffffff' };

/** The journals of a plan whose workloads are spread as given, one record a trial. */
function shards(plan: Plan, placing: Readonly<Record<string, number>>, count: number): JournalRecord[][] {
  return Array.from({ length: count }, (_, index) => [
    planHeader(plan, { index: index + 1, count }),
    ...plan.trials.filter((trial) => placing[trial.workload] === index + 1).map((trial) => sampleRecord(plan, trial)),
  ]);
}

describe('the result is byte for byte that of a single run', () => {
  const arbitrary = fc.record({
    workloadCount: fc.integer({ min: 1, max: 5 }),
    repetitions: fc.integer({ min: 1, max: 4 }),
    seed: fc.integer({ min: 0, max: 1000 }),
    count: fc.integer({ min: 1, max: 4 }),
    byBlock: fc.boolean(),
    /** Where each unit goes, which samples there are, which trials ran twice, what was interrupted where. */
    random: fc.infiniteStream(fc.noBias(fc.integer({ min: 0, max: 9999 }))),
  });

  test('whatever was interrupted where, and in whatever order the journals are named', async () => {
    await fc.assert(
      fc.asyncProperty(arbitrary, async ({ workloadCount, repetitions, seed, count, byBlock, random }) => {
        const draw = (): number => (random.next().value ?? 0) / 10_000;
        const plan = samplePlan(workloadCount, { repetitions, seed });
        const header = planHeader(plan);
        const single: JournalRecord[] = [header];
        const parts: JournalRecord[][] = Array.from({ length: count }, (_, index) => [
          planHeader(plan, { index: index + 1, count }),
        ]);
        const places = new Map<string, number>();
        for (let start = 0; start < plan.trials.length; start += 2) {
          // The two trials of a block, and now and then the block again, because something disturbed it.
          const block = plan.trials.slice(start, start + 2);
          const unit = byBlock ? `${block[0]?.workload} ${block[0]?.block}` : (block[0]?.workload ?? '');
          const place = places.get(unit) ?? Math.floor(draw() * count);
          places.set(unit, place);
          const part = parts[place] ?? [];
          for (let round = draw() < 0.2 ? 2 : 1; round > 0; round--) {
            if (draw() < 0.2)
              part.push(...block.slice(0, draw() < 0.5 ? 1 : 2).map((trial) => abortedRecord(plan, trial)), resume);
            const records = block.map((trial) => sampleRecord(plan, trial, 1 + draw() * 1e6));
            single.push(...records);
            part.push(...records);
          }
        }
        const confirmations = plan.summary.workloads.map(({ name }) => ({
          type: 'confirmation' as const,
          workload: name,
          base: 'default',
          head: 'cluster_size=64K',
          ratio: draw(),
          low: 0,
          high: 1,
          sliceCount: 3,
          confirmed: true,
        }));
        single.push(...confirmations);
        for (const record of confirmations) parts[places.get(record.workload) ?? 0]?.push(record);
        const paths = parts.map((part) => [write(journalLines(part)), draw()] as const);
        const order = [...paths].sort((left, right) => left[1] - right[1]).map(([path]) => path);
        const merged = await textOf(await merge(order));
        expect(merged).toBe(journalLines(single));
        // And merging what was merged changes nothing.
        expect(await textOf(await merge([write(merged)]))).toBe(merged);
      }),
      { seed: 17, numRuns: 150 },
    );
  });

  test('records are copied as they are, whatever their spelling, and so are those of unknown types', async () => {
    const plan = samplePlan(1, { repetitions: 1 });
    const [first, second] = plan.trials.map((trial) => JSON.stringify(sampleRecord(plan, trial)));
    const odd = `${first?.replace('{"type"', '{ "future": [1.50, "\\u00e9é"], "type"')}\n${second}\n`;
    const shard = write(`${journalLines([planHeader(plan, { index: 1, count: 1 })])}{"type":"novel","x":1e2}\n${odd}`);
    expect(await textOf(await merge([shard]))).toBe(
      `${journalLines([planHeader(plan)])}${odd}{"type":"novel","x":1e2}\n`,
    );
  });

  test('with more journals than may be open at a time', async () => {
    const plan = samplePlan(120, { repetitions: 2 });
    const placing = Object.fromEntries(plan.summary.workloads.map(({ name }, index) => [name, index + 1]));
    const paths = shards(plan, placing, 120).map((records) => write(journalLines(records)));
    const single = journalLines([planHeader(plan), ...plan.trials.map((trial) => sampleRecord(plan, trial))]);
    expect(await textOf(await merge(paths))).toBe(single);
  });
});

describe('hosts', () => {
  const plan = samplePlan(3, { repetitions: 2 });
  const placing = { w0: 1, w1: 2, w2: 2 };

  function withHeader(records: readonly JournalRecord[], header: Partial<JournalRecord>): string {
    return write(
      journalLines(
        records.map((record, index) => (index === 0 ? ({ ...record, ...header } as JournalRecord) : record)),
      ),
    );
  }

  test('may differ between workloads; the result says which ran where', async () => {
    const [first = [], second = []] = shards(plan, placing, 2);
    const paths = [
      withHeader(second, { environment: otherHost, startedAt: '2026-01-01T00:00:00.000Z' }),
      write(journalLines(first)),
    ];
    const merged = await merge(paths);
    expect(merged.header).toMatchObject({ environment: sampleEnvironment, startedAt: '2026-01-01T00:00:00.000Z' });
    expect(merged.header.shard).toBeUndefined();
    const path = write(await textOf(merged));
    const journal = await readJournal(path);
    expect(journal.shards).toMatchObject([{ index: 2, count: 2, workloads: ['w1', 'w2'], environment: otherHost }]);
    expect(environmentOf(journal, 'w0')).toEqual(sampleEnvironment);
    expect(environmentOf(journal, 'w2')).toEqual(otherHost);
    expect(await textOf(await merge([path]))).toBe(await textOf(merged));
  });

  test('an empty first shard is not the one that the header speaks of', async () => {
    const [first = [], second = []] = shards(plan, { w0: 2, w1: 2, w2: 2 }, 2);
    const merged = await merge([withHeader(first, { environment: otherHost }), write(journalLines(second))]);
    expect(merged.header.environment).toEqual(sampleEnvironment);
    expect(merged.hosts).toEqual([]);
  });

  test('may not differ inside a workload, in two journals', async () => {
    const parts = [0, 1].map((block): JournalRecord[] => [
      planHeader(
        plan,
        { index: block + 1, count: 2 },
        block === 0
          ? {}
          : { environment: { ...sampleEnvironment, qemu: 'qemu-img version 11.1.0', fingerprint: 'ee' } },
      ),
      ...plan.trials.filter((trial) => trial.block === block).map((trial) => sampleRecord(plan, trial)),
    ]);
    const paths = parts.map((records) => write(journalLines(records)));
    await expect(merge(paths)).rejects.toThrow(
      /1\.ndjson:2: w\d was measured on another host in .*0\.ndjson: qemu was qemu-img version 7\.2\.22 and is qemu-img version 11\.1\.0/,
    );
  });

  test('may not change inside a workload when a journal was gone on with', async () => {
    const records = plan.trials.map((trial) => sampleRecord(plan, trial));
    const parts = [
      planHeader(plan),
      ...records.slice(0, 8),
      { ...resume, environment: otherHost },
      ...records.slice(8),
    ];
    await expect(merge([write(journalLines(parts))])).rejects.toThrow(
      /:11: w\d was measured on another host earlier in this journal: cpuModel/,
    );
  });

  test('free memory and the cost of the harness may differ: it is the same host', async () => {
    const parts = [0, 1].map((block): JournalRecord[] => [
      planHeader(
        plan,
        { index: block + 1, count: 2 },
        { environment: { ...sampleEnvironment, freeBytes: 5000 * block } },
      ),
      ...plan.trials.filter((trial) => trial.block === block).map((trial) => sampleRecord(plan, trial)),
    ]);
    await expect(merge(parts.map((records) => write(journalLines(records))))).resolves.toBeDefined();
  });

  test('predictions are the same on any host', async () => {
    const simulated = samplePlan(1, { repetitions: 2, engine: 'simulated' });
    const engine = { ...sampleHeader().engine, name: 'simulated' } as const;
    const parts = [0, 1].map((block): JournalRecord[] => [
      planHeader(
        simulated,
        { index: block + 1, count: 2 },
        { engine, environment: block === 0 ? sampleEnvironment : otherHost },
      ),
      ...simulated.trials
        .filter((trial) => trial.block === block)
        .map((trial) => ({ ...sampleRecord(simulated, trial), engine: 'simulated' as const })),
    ]);
    await expect(merge(parts.map((records) => write(journalLines(records))))).resolves.toBeDefined();
  });
});

describe('what is refused', () => {
  const plan = samplePlan(3, { repetitions: 2 });
  const [first = '', second = '', third = ''] = shards(plan, { w0: 1, w1: 2, w2: 3 }, 3).map((records) =>
    journalLines(records),
  );

  test('a gap, unless asked for; the header then says what is missing', async () => {
    const paths = [write(first), write(third)];
    await expect(merge(paths)).rejects.toThrow(InputError);
    await expect(merge(paths)).rejects.toThrow(/of 3 shards number 2 is missing/);
    const merged = await merge(paths, true);
    expect(merged.header.partial).toEqual({ missingShards: [2], missingTrialCount: 4 });
    const path = write(await textOf(merged));
    expect((await readJournal(path)).trials).toHaveLength(8);
    await expect(merge([path])).rejects.toThrow(/merged from shards of which some are missing/);
  });

  test('an unfinished shard, unless asked for', async () => {
    const cut = second.split('\n').slice(0, -2).join('\n');
    const paths = [write(first), write(`${cut}\n`), write(third)];
    await expect(merge(paths)).rejects.toThrow(
      /1 of 12 trials of the plan are in no journal, the first in block 1 of w1/,
    );
    expect((await merge(paths, true)).header.partial).toEqual({ missingShards: [], missingTrialCount: 1 });
    // The same where the last line was being written, or the last trial was interrupted.
    const torn = await merge([write(first), write(`${cut}\n{"type":"tri`), write(third)], true);
    expect(torn.journals[1]?.tornBytes).toBe(12);
    expect(torn.missingTrialCount).toBe(1);
    const last = plan.trials.filter((trial) => trial.workload === 'w1').at(-1);
    const aborted = last ? journalLines([abortedRecord(plan, last)]) : '';
    await expect(merge([write(first), write(`${cut}\n${aborted}`), write(third)])).rejects.toThrow(/1 of 12 trials/);
  });

  test('but trials that failed are there', async () => {
    const failed = second.split('\n').map((line) => {
      if (line === '' || line.includes('"header"')) return line;
      const { metrics: _, ...rest } = JSON.parse(line);
      return JSON.stringify({ ...rest, state: 'failed', reason: 'no space' });
    });
    const merged = await merge([write(first), write(failed.join('\n')), write(third)]);
    expect(merged.missingTrialCount).toBe(0);
    expect(merged.journals.map((journal) => journal.completedCount)).toEqual([4, 0, 4]);
  });

  test('a shard with two contents; a copy is left out', async () => {
    const other = second.replace('"iops":1000', '"iops":1001');
    await expect(merge([write(first), write(second), write(other), write(third)])).rejects.toThrow(
      /2\.ndjson: shard 2\/3 is in .*1\.ndjson too, with other content/,
    );
    const merged = await merge([write(first), write(second), write(second), write(third)]);
    expect(merged.headers.duplicates).toHaveLength(1);
    expect(merged.missingTrialCount).toBe(0);
  });

  test('two whole runs', async () => {
    const whole = (iops: number) =>
      journalLines([planHeader(plan), ...plan.trials.map((trial) => sampleRecord(plan, trial, iops))]);
    await expect(merge([write(whole(1)), write(whole(2))])).rejects.toThrow(/both of the whole plan/);
  });

  test('a trial in two shards', async () => {
    const [, record] = first.split('\n');
    await expect(merge([write(first), write(`${second}${record}\n`), write(third)])).rejects.toThrow(
      /1\.ndjson:6: this trial \([0-9a-f]{16}\) is in .*0\.ndjson too/,
    );
  });

  test('another number of shards, and another plan', async () => {
    await expect(merge([write(first), write(second.replace('"count":3', '"count":4'))])).rejects.toThrow(
      /this is shard 2\/4, and .* is shard 1\/3/,
    );
    const [, two = ''] = shards(samplePlan(3, { repetitions: 2, seed: 2 }), { w1: 2 }, 3).map((records) =>
      journalLines(records),
    );
    await expect(merge([write(first), write(two), write(third)])).rejects.toThrow(
      /another plan than .*: seed \(1 there, 2 now\)/,
    );
    const title = second.replace('"title":"The workload w0"', '"title":"Other"');
    await expect(merge([write(first), write(title), write(third)])).rejects.toThrow(
      /titles, published figures or the rule/,
    );
  });

  test.each<[string, (record: TrialRecord) => unknown, RegExp]>([
    ['workload', (record) => ({ ...record, workload: 'w9' }), /its workload is not in the plan/],
    [
      'configuration',
      (record) => ({ ...record, configuration: { ...record.configuration, label: 'x' } }),
      /its configuration is not in the plan/,
    ],
    [
      'setting',
      (record) => ({ ...record, configuration: { ...record.configuration, drive: { a: 1 } } }),
      /has other settings in the plan/,
    ],
    ['repetition', (record) => ({ ...record, repetition: 2, block: 2 }), /its repetition is not in the plan/],
    ['engine', (record) => ({ ...record, engine: 'fio' }), /its engine is fio/],
    ['id', (record) => ({ ...record, id: '0123456789abcdef' }), /its id is not the one/],
  ])('a trial with a %s that the plan does not have', async (_name, change, message) => {
    const [header, record, ...rest] = first
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    const changed = journalLines([header, change(record) as TrialRecord, ...rest]);
    await expect(merge([write(changed), write(second), write(third)])).rejects.toThrow(message);
  });

  test.each([
    ['trialCount":12', 'trialCount":13', /says that it has 13 trials, and lists 12/],
    ['"repetitions":2', '"repetitions":1e9', /more than 20000000 trials/],
    ['"schema":"qtune.journal/1"', '"schema":"qtune.journal/9"', /newer qtune/],
    ['"index":1', '"index":4', /"shard" is not i of n/],
  ])('a header with %s → %s', async (from, to, message) => {
    const texts = [first, second, third].map((text) => text.replace(from, to));
    await expect(merge(texts.map(write))).rejects.toThrow(message);
  });

  test.each([
    ['', /no header/],
    ['{"type":"header"', /not whole/],
    ['hello\n', /not a journal record/],
  ])('the file %j', async (text, message) => {
    await expect(merge([write(first), write(text)])).rejects.toThrow(message);
  });

  test('an interruption ends it', async () => {
    const controller = new AbortController();
    controller.abort();
    const paths = [write(first), write(second), write(third)];
    await expect(mergeJournals(paths, { allowPartial: false, signal: controller.signal })).rejects.toThrow(
      InterruptedError,
    );
  });
});

test('a trial that ran twice is one trial with two records', async () => {
  const plan = samplePlan(1, { repetitions: 1 });
  const records = plan.trials.flatMap((trial) => [sampleRecord(plan, trial, 1), sampleRecord(plan, trial, 2)]);
  const merged = await merge([write(journalLines([planHeader(plan), ...records]))]);
  expect(merged.journals).toMatchObject([{ recordCount: 4, completedCount: 2 }]);
  expect(await textOf(merged)).toBe(journalLines([planHeader(plan), ...records]));
});

test('a user’s backing file is a part of every id, in whichever format', async () => {
  for (const format of ['raw', 'qcow2']) {
    const plan = samplePlan(1, { repetitions: 1, backing: { name: 'base.img', path: '/base.img', format } });
    const records = [planHeader(plan), ...plan.trials.map((trial) => sampleRecord(plan, trial))];
    expect(await textOf(await merge([write(journalLines(records))]))).toBe(journalLines(records));
  }
});

test('a plan that may stop early is whole where its blocks are', async () => {
  const plan = samplePlan(2, { repetitions: 4 });
  const stopping = { ...plan.summary, stopping: { looks: [2, 4] } };
  const records = (last: Readonly<Record<string, number>>) =>
    plan.trials
      .filter(({ workload, block }) => block <= (last[workload] ?? -1))
      .map((trial) => sampleRecord(plan, trial));
  const journal = (trials: readonly TrialRecord[]) =>
    write(journalLines([{ ...planHeader(plan), plan: stopping }, ...trials]));
  expect((await merge([journal(records({ w0: 1, w1: 3 }))])).missingTrialCount).toBe(0);
  await expect(merge([journal(records({ w0: 1 }))])).rejects.toThrow(/2 of 16 trials/);
  await expect(merge([journal(records({ w0: 1, w1: 3 }).slice(1))])).rejects.toThrow(/1 of 16 trials/);
});

test('workloads with configurations and repetitions of their own', async () => {
  const workloads = [scriptedWorkload('a'), scriptedWorkload('b')];
  const [one, two] = samplePlan(1).summary.configurations;
  const plan = samplePlan(0, {
    workloads,
    configurations: ({ name }) => (name === 'a' ? [one, two] : [two]).flatMap((entry) => entry ?? []),
    repetitions: ({ name }) => (name === 'a' ? 1 : 5),
  });
  const records = [planHeader(plan), ...plan.trials.map((trial) => sampleRecord(plan, trial))];
  expect(await textOf(await merge([write(journalLines(records))]))).toBe(journalLines(records));
});
