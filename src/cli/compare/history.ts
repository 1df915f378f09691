import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { InputError, InterruptedError, UsageError } from '../../errors.ts';
import { printable } from '../../report/printable.ts';
import type { Warning } from '../../warnings.ts';
import { ExitCode } from '../exit-code.ts';
import type { Host } from '../host.ts';
import { printJson } from '../print-json.ts';
import type { CompareSettings } from './settings.ts';
import { fromTheFuture } from './sides.ts';

/**
 * `compare --history DIR`: reads the directory's journals one after the other and tells in which run metrics shifted.
 * @throws InputError where the directory has no journal, UsageError for options that do not go with it
 */
export async function showHistory(directory: string, settings: CompareSettings, host: Host): Promise<ExitCode> {
  const { failOn, format, metrics } = settings;
  if (settings.sides.base !== undefined)
    throw new UsageError('--history reads a directory, and takes no journal beside it');
  if (format.name !== 'table' && format.name !== 'json') {
    throw new UsageError(`--history is written as table or json, not as ${format.name}`);
  }
  if (failOn !== undefined && 'file' in failOn)
    throw new UsageError('--history takes a PERCENT for --fail-on, no rules');
  const { buildHistory, recentLosses, summarizeRun } = await import('../../report/history.ts');
  const { readMeasured } = await import('../../report/measured-journal.ts');
  const runs = [];
  const warnings: Warning[] = [];
  for (const name of await journalNames(directory, host)) {
    if (host.signal.aborted) throw new InterruptedError();
    try {
      const journal = { ...(await readMeasured(join(resolve(host.cwd, directory), name), metrics)), path: name };
      runs.push(summarizeRun(journal, metrics));
      warnings.push(...fromTheFuture(journal, host));
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      warnings.push({ code: 'not-read', subject: name, message: `left out: ${error.message}` });
    }
  }
  if (runs.length === 0) {
    throw new InputError({ file: directory }, 'no journal in it can be read', { hint: warnings[0]?.message ?? '' });
  }
  const history = buildHistory(runs, settings, warnings);
  if (format.name === 'json') printJson(host, history);
  else {
    const { renderHistory } = await import('../../report/history-text.ts');
    host.stdout.write(renderHistory(history));
  }
  if (failOn === undefined) return ExitCode.ok;
  const losses = recentLosses(history, failOn.ratio);
  for (const { series, shift } of losses) {
    host.stderr.write(`qtune: ${printable(series.cell)} ${series.metric} is worse since ${printable(shift.run)}\n`);
  }
  if (losses.length > 0) return ExitCode.no;
  if (history.series.some((series) => series.assume === 'noisy' && series.state !== 'too-short')) return ExitCode.ok;
  host.stderr.write('qtune: the runs are too few to tell whether anything shifted\n');
  return ExitCode.usage;
}

async function journalNames(directory: string, host: Host): Promise<readonly string[]> {
  try {
    const names = await readdir(resolve(host.cwd, directory));
    return names.filter((name) => name.endsWith('.ndjson')).sort();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    const reason = code === 'ENOENT' ? 'there is no such directory' : 'it is no directory that can be read';
    throw new InputError({ file: directory }, reason, { cause: error });
  }
}
