import { readJournal } from '../../trial/journal-reader.ts';
import { readMeasured } from '../measured-journal.ts';
import { readLatencies } from './latency-curves.ts';
import type { PageInput } from './page-model.ts';
import { verdictMetrics } from './variant-comparison.ts';

/**
 * Reads a journal for the page in three passes: its trials without their bulk, their figures and slices in columns, and
 * their histograms one by one, each folded at once. Memory for none of them grows with the histograms.
 * @throws InputError as `readJournal`
 */
export async function readPageInput(path: string, shownPath: string): Promise<PageInput> {
  const journal = await readJournal(path, { compact: true });
  const measured = await readMeasured(path, verdictMetrics);
  return {
    journal: { ...journal, path: shownPath },
    measured: { ...measured, path: shownPath },
    latencies: await readLatencies(path),
  };
}
