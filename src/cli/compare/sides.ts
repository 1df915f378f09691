import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Comparison, ComparisonOptions } from '../../report/comparison.ts';
import type { MeasuredJournal } from '../../report/measured-journal.ts';
import type { Warning } from '../../warnings.ts';
import type { Host } from '../host.ts';

/** A journal, and the one configuration of it that is meant. */
export interface Side {
  readonly path: string;
  readonly label: string | undefined;
}

/**
 * `run.ndjson`, or `run.ndjson#l2-cache-size=4M` for one configuration. A file that has the whole text as its name is that
 * file, and of several places to cut the last one counts that leaves the name of a file.
 */
export function parseSide(text: string, cwd: string): Side {
  if (existsSync(resolve(cwd, text))) return { path: text, label: undefined };
  const cuts = [...text.matchAll(/#/g)].map((match) => match.index).reverse();
  const cut = cuts.find((at) => at > 0 && existsSync(resolve(cwd, text.slice(0, at)))) ?? cuts[0];
  if (cut === undefined || cut === 0) return { path: text, label: undefined };
  return { path: text.slice(0, cut), label: text.slice(cut + 1) };
}

/** The sides as they were named; without a head, the journal is compared within itself. */
export interface SideNames {
  readonly base: string;
  readonly head: string | undefined;
  /** Of `--base`. */
  readonly baseLabel: string | undefined;
}

/** Reads both sides and compares them. @throws InputError for what cannot be read, or has nothing in common */
export async function compareNamed(names: SideNames, options: ComparisonOptions, host: Host): Promise<Comparison> {
  const [{ compareSides, compareMatched }, { matchWithin, onlyConfiguration }] = await Promise.all([
    import('../../report/comparison.ts'),
    import('../../report/side-selection.ts'),
  ]);
  const base = parseSide(names.base, host.cwd);
  const left = await read(base.path, options, host);
  if (names.head === undefined) {
    const journal = base.label === undefined ? left : onlyConfiguration(left, base.label);
    const matching = matchWithin(journal, names.baseLabel);
    const label = names.baseLabel ?? commonLabel(matching.pairs.map((pair) => pair.base.configuration.label));
    const cells = (side: 'base' | 'head') => [...new Set(matching.pairs.map((pair) => pair[side]))];
    return compareMatched(
      { ...journal, path: `${base.path}${label}`, cells: cells('base') },
      { ...journal, path: base.path, warnings: [], cells: cells('head') },
      matching,
      options,
    );
  }
  const head = parseSide(names.head, host.cwd);
  const right = head.path === base.path ? left : await read(head.path, options, host);
  // Of a side without a label the same configuration is meant where it has that, else its only one.
  const select = (journal: MeasuredJournal, own: string | undefined, other: string | undefined): MeasuredJournal => {
    if (own !== undefined) return { ...onlyConfiguration(journal, own), path: `${journal.path}#${own}` };
    const has = other !== undefined && journal.cells.some((cell) => cell.configuration.label === other);
    return has ? { ...onlyConfiguration(journal, other), path: `${journal.path}#${other}` } : journal;
  };
  const selected = select(right, head.label, base.label);
  return compareSides(
    select(left, base.label, head.label),
    right === left ? { ...selected, warnings: [] } : selected,
    options,
  );
}

function commonLabel(labels: readonly string[]): string {
  const [first] = labels;
  return first !== undefined && labels.every((label) => label === first) ? `#${first}` : '';
}

async function read(path: string, { metrics }: ComparisonOptions, host: Host): Promise<MeasuredJournal> {
  const { readMeasured } = await import('../../report/measured-journal.ts');
  const journal = { ...(await readMeasured(resolve(host.cwd, path), metrics)), path };
  return { ...journal, warnings: [...journal.warnings, ...fromTheFuture(journal, host)] };
}

/** Clocks of other machines may be a little ahead. */
const clockToleranceMs = 10 * 60_000;

/** A journal that began later than now has a wrong clock behind it, here or there, and its times mean little. */
export function fromTheFuture({ path, header }: MeasuredJournal, host: Host): readonly Warning[] {
  if (!(Date.parse(header.startedAt) > host.now() + clockToleranceMs)) return [];
  const message = `it says it began at ${header.startedAt}, which is still to come`;
  return [{ code: 'from-the-future', subject: path, message }];
}
