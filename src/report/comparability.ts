import { environmentOf } from '../trial/environment-of.ts';
import type { TrialEnvironment } from '../trial/record.ts';
import type { Warning } from '../warnings.ts';
import type { MeasuredCell } from './measured-cell.ts';
import type { MeasuredJournal } from './measured-journal.ts';
import type { Metric } from './metric.ts';
import { printable } from './printable.ts';

/** What stands between two journals. A reason makes every metric that it touches inconclusive. */
export interface Comparability {
  /** By workload. */
  readonly reasons: ReadonlyMap<string, WorkloadReasons>;
  /** Differences that are said and left to the reader. */
  readonly warnings: readonly Warning[];
}

interface WorkloadReasons {
  /** Why no figure of it can be compared. */
  readonly changed: string | undefined;
  /** Why figures that depend on the machine, or on the file system, cannot. */
  readonly machine: string | undefined;
  readonly fileSystem: string | undefined;
}

/** Looks at what two journals say of their hosts, tools, plans and times. */
export function checkComparability(base: MeasuredJournal, head: MeasuredJournal): Comparability {
  const names = new Set(base.cells.map((cell) => cell.workload));
  const reasons = [...names].map((name) => [name, workloadReasons(base, head, name)] as const);
  return { reasons: new Map(reasons), warnings: [...toolWarnings(base, head), ...orderWarnings(base, head)] };
}

/** The reason that applies to a metric of a workload, if any. */
export function reasonAgainst(
  { reasons }: Comparability,
  workload: string,
  metric: Metric,
  simulated: boolean,
): string | undefined {
  const found = reasons.get(workload);
  if (found?.changed !== undefined) return found.changed;
  // A prediction is the same wherever it is made.
  if (simulated || metric.dependsOn === 'nothing') return undefined;
  return metric.dependsOn === 'machine' ? found?.machine : found?.fileSystem;
}

function workloadReasons(base: MeasuredJournal, head: MeasuredJournal, workload: string): WorkloadReasons {
  const [left, right] = [environmentOf(base, workload), environmentOf(head, workload)];
  const machine = resumedElsewhere(base, 'base') ?? resumedElsewhere(head, 'head') ?? differentHosts(left, right);
  return {
    changed: changeOf(base, head, workload),
    machine,
    fileSystem: fileSystemReason(left, right, machine),
  };
}

const machineKeys = ['kernel', 'cpuModel', 'cpuCount', 'fileSystem', 'mountOptions'] as const;

function resumedElsewhere({ header, resumes }: MeasuredJournal, side: 'base' | 'head'): string | undefined {
  for (const { environment } of resumes) {
    const found = differences(header.environment, environment, true);
    if (found.length > 0) return `${side} was resumed on another host: ${found.join(', ')}`;
  }
  return undefined;
}

function differentHosts(left: TrialEnvironment, right: TrialEnvironment): string | undefined {
  const found = differences(left, right, false);
  return found.length === 0 ? undefined : `the hosts differ: ${found.join(', ')}`;
}

/** What differs, in words. Another QEMU alone is no other host: comparing two builds is a purpose of this. */
function differences(left: TrialEnvironment, right: TrialEnvironment, qemuCounts: boolean): readonly string[] {
  // A journal that says nothing of its host cannot contradict.
  if (left.fingerprint === '' || right.fingerprint === '') return [];
  const found = machineKeys
    .filter((key) => left[key] !== right[key])
    .map((key) => `${key} ${quoted(left[key])} and ${quoted(right[key])}`);
  const otherQemu = left.qemu !== right.qemu;
  if (otherQemu && qemuCounts) found.push(`QEMU ${quoted(left.qemu)} and ${quoted(right.qemu)}`);
  if (found.length === 0 && !otherQemu && left.fingerprint !== right.fingerprint) found.push('their fingerprints');
  return found;
}

function quoted(value: string | number | undefined): string {
  return typeof value === 'number' ? String(value) : `"${printable(value ?? 'none', 60)}"`;
}

function fileSystemReason(
  base: TrialEnvironment,
  head: TrialEnvironment,
  machine: string | undefined,
): string | undefined {
  if (machine === undefined) return undefined;
  const known = base.fileSystem !== '' && base.fileSystem === head.fileSystem;
  return known && base.mountOptions === head.mountOptions && !machine.includes('fingerprints') ? undefined : machine;
}

function changeOf(base: MeasuredJournal, head: MeasuredJournal, name: string): string | undefined {
  const [left, right] = [base, head].map(({ header }) =>
    header.plan.workloads.find((workload) => workload.name === name),
  );
  if (left?.hash === undefined || right?.hash === undefined || left.hash === right.hash) return undefined;
  const keys = ['diskBytes', 'seed', 'requestCount', 'warmUpCount'] as const;
  const changed = keys.filter((key) => right[key] !== left[key]).map((key) => `${key} ${left[key]} and ${right[key]}`);
  const what = changed.length > 0 ? changed.join(', ') : 'its pattern or its image';
  return `the workload is not the same on both sides: ${what}`;
}

function toolWarnings(base: MeasuredJournal, head: MeasuredJournal): readonly Warning[] {
  const warnings: Warning[] = [];
  const say = (code: string, subject: string, left: string | undefined, right: string | undefined): void => {
    if (left === right || !left || !right) return;
    const message = `${quoted(left)} in base, ${quoted(right)} in head`;
    warnings.push({ code, subject, message });
  };
  say('other-qemu', 'QEMU', base.header.environment.qemu, head.header.environment.qemu);
  say('other-cache-mode', "the engine's cache mode", base.header.engine.cache, head.header.engine.cache);
  say('other-aio-mode', "the engine's aio mode", base.header.engine.aio, head.header.engine.aio);
  say('other-fio', 'fio', base.header.engine.fio?.version, head.header.engine.fio?.version);
  say('other-export', 'the export', base.header.engine.fio?.export, head.header.engine.fio?.export);
  say('other-costs', 'the costs of predictions', base.header.engine.costs?.name, head.header.engine.costs?.name);
  const backing = (journal: MeasuredJournal): string => journal.header.plan.backing ?? 'none';
  say('other-backing', 'the backing file', backing(base), backing(head));
  return warnings;
}

/**
 * Two runs one after the other, the usual way, have the machine's slow drift between them, and no interval from within
 * the runs can know of it: with recorded noise such designs gave 13 to 41 % false alarms at a nominal 5 %.
 */
function orderWarnings(base: MeasuredJournal, head: MeasuredJournal): readonly Warning[] {
  if (isSameRun(base, head)) {
    const message = 'are the same run';
    return [{ code: 'same-run', subject: 'base and head', message }];
  }
  const [left, right] = [measuredSpan(base), measuredSpan(head)];
  if (left === undefined || right === undefined) return [];
  if (left.first <= right.last && right.first <= left.last) return [];
  return [
    {
      code: 'not-interleaved',
      subject: 'base and head',
      message: 'ran one after the other, so what the machine did in between is not in the intervals',
      hint: 'Confirm a surprising verdict with a second pair of runs in the reverse order.',
    },
  ];
}

/** Times of the first and last measured trial; undefined where a trial has none or all were predicted. */
function measuredSpan({ cells }: MeasuredJournal): { readonly first: string; readonly last: string } | undefined {
  const spans = cells.filter(isMeasured).map((cell) => cell.span);
  if (spans.length === 0 || spans.some((span) => span.first === '')) return undefined;
  return {
    first: spans.reduce((first, span) => (span.first < first ? span.first : first), spans[0]?.first ?? ''),
    last: spans.reduce((last, span) => (span.last > last ? span.last : last), ''),
  };
}

/** Two runs do not start in the same millisecond, with all their cells too. */
function isSameRun(base: MeasuredJournal, head: MeasuredJournal): boolean {
  const mark = ({ header, cells }: MeasuredJournal): string =>
    JSON.stringify([
      header.startedAt,
      header.plan.hash,
      cells.map(({ workload, configuration, engine, completedCount, span }) => [
        [workload, configuration.label, engine, completedCount, span.first, span.last],
      ]),
    ]);
  return base.cells.some(isMeasured) && mark(base) === mark(head);
}

function isMeasured(cell: MeasuredCell): boolean {
  return cell.engine !== 'simulated';
}
