import { rmSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bench } from 'tinybench';
import { readJournal, readTrials } from '../src/trial/journal-reader.ts';
import { parseJournalLine } from '../src/trial/parse-record.ts';
import { completedTrial, sampleHeader, sampleMetrics } from '../test/helpers/trials.ts';

/** Records of the shape and length that `qtune run` writes: about 2 KB, with a histogram and a command line each. */
const recordCount = 20_000;

/** Journal reading: the whole way from the file, and one line by itself. */
export async function register(bench: Bench): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'qtune-bench-'));
  const path = join(directory, 'journal.ndjson');
  const line = (index: number): string =>
    JSON.stringify(
      completedTrial({ id: index.toString(16).padStart(16, '0'), metrics: sampleMetrics(20_000 + index / 7) }),
    );
  const lines = Array.from({ length: recordCount }, (_, index) => line(index));
  await writeFile(path, `${[JSON.stringify(sampleHeader()), ...lines].join('\n')}\n`);

  process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
  const count = recordCount.toLocaleString('en');
  bench.add(`${count} records: read one by one`, async () => {
    for await (const _ of readTrials(path));
  });
  bench.add(`${count} records: read into memory`, async () => void (await readJournal(path, { compact: true })));
  bench.add(`${count} records: parse lines`, () => {
    for (const [index, text] of lines.entries()) parseJournalLine(text, { file: path, line: index + 2 });
  });
}
