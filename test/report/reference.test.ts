import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { journalRecordSchema } from '../../src/report/schemas/journal.ts';
import { readJournal } from '../../src/trial/journal-reader.ts';
import { ExitCode, runCli } from '../helpers/host.ts';

const root = join(import.meta.dirname, '..', '..');
const names = readdirSync(join(root, 'reports'))
  .filter((file) => file.endsWith('.ndjson'))
  .map((file) => file.replace('.ndjson', ''));

test('the reference reports hold the experiments that README names', () => {
  expect(names).toEqual(expect.arrayContaining(['growth-random-writes', 'l2-cache-20g', 'subclusters']));
});

test.each(names)('the journal of %s renders as the report beside it', async (name) => {
  const { exitCode, stdout, stderr } = await runCli(['report', `reports/${name}.ndjson`], { cwd: root });
  expect([exitCode, stderr]).toEqual([ExitCode.ok, '']);
  await expect(stdout).toMatchFileSnapshot(join(root, 'reports', `${name}.txt`));
});

test.each(names)('every trial of %s is completed and fits the schema that ships', async (name) => {
  const journal = await readJournal(join(root, 'reports', `${name}.ndjson`));
  expect(journal.warnings).toEqual([]);
  expect(journal.trials).toHaveLength(journal.header.plan.trialCount);
  for (const record of [journal.header, ...journal.trials]) {
    // Parsing drops what the schema does not know, so an equal result means that nothing is undeclared.
    expect(journalRecordSchema.parse(record)).toEqual(record);
  }
  expect(new Set(journal.trials.map((trial) => trial.state))).toEqual(new Set(['completed']));
});
