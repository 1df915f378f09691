import type { Journal } from '../trial/journal-reader.ts';
import type { TrialEnvironment } from '../trial/record.ts';
import type { Warning } from '../warnings.ts';
import type { Metric } from './metric.ts';
import { printable } from './printable.ts';

/** What stands between two journals. A reason makes every metric that it touches inconclusive. */
export interface Comparability {
  /** Why figures that depend on the machine cannot be compared. */
  readonly machine?: string;
  readonly fileSystem?: string;
  /** By workload: why no figure of it can be compared. */
  readonly workloads: ReadonlyMap<string, string>;
  /** Differences that are said and left to the reader. */
  readonly warnings: readonly Warning[];
}

/** Looks at what two journals say of their hosts, tools, plans and times. */
export function checkComparability(base: Journal, head: Journal): Comparability {
  const machine = machineReason(base, head);
  const fileSystem = fileSystemReason(base.header.environment, head.header.environment, machine);
  return {
    ...(machine === undefined ? {} : { machine }),
    ...(fileSystem === undefined ? {} : { fileSystem }),
    workloads: changedWorkloads(base, head),
    warnings: [...toolWarnings(base, head), ...orderWarnings(base, head)],
  };
}

/** The reason that applies to a metric of a workload, if any. */
export function reasonAgainst(
  comparability: Comparability,
  workload: string,
  metric: Metric,
  simulated: boolean,
): string | undefined {
  const changed = comparability.workloads.get(workload);
  if (changed !== undefined) return changed;
  // A prediction is the same wherever it is made.
  if (simulated || metric.dependsOn === 'nothing') return undefined;
  return metric.dependsOn === 'machine' ? comparability.machine : comparability.fileSystem;
}

const machineKeys = ['kernel', 'cpuModel', 'cpuCount', 'fileSystem', 'mountOptions'] as const;

function machineReason(base: Journal, head: Journal): string | undefined {
  for (const [name, { header, resumes }] of [
    ['base', base],
    ['head', head],
  ] as const) {
    const moved = resumes.find((resume) => differences(header.environment, resume.environment, true).length > 0);
    if (moved) {
      const what = differences(header.environment, moved.environment, true).join(', ');
      return `${name} was resumed on another host: ${what}`;
    }
  }
  const found = differences(base.header.environment, head.header.environment, false);
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

function changedWorkloads(base: Journal, head: Journal): ReadonlyMap<string, string> {
  const reasons = new Map<string, string>();
  for (const workload of base.header.plan.workloads) {
    const other = head.header.plan.workloads.find((candidate) => candidate.name === workload.name);
    if (other?.hash === undefined || workload.hash === undefined || other.hash === workload.hash) continue;
    const keys = ['diskBytes', 'seed', 'requestCount', 'warmUpCount'] as const;
    const changed = keys
      .filter((key) => other[key] !== workload[key])
      .map((key) => `${key} ${workload[key]} and ${other[key]}`);
    const what = changed.length > 0 ? changed.join(', ') : 'its pattern or its image';
    reasons.set(workload.name, `the workload is not the same on both sides: ${what}`);
  }
  return reasons;
}

function toolWarnings(base: Journal, head: Journal): readonly Warning[] {
  const warnings: Warning[] = [];
  const say = (code: string, subject: string, left: string | undefined, right: string | undefined): void => {
    if (left === right || !left || !right) return;
    const message = `${quoted(left)} in base, ${quoted(right)} in head`;
    warnings.push({ code, subject, message });
  };
  say('other-qemu', 'QEMU', base.header.environment.qemu, head.header.environment.qemu);
  say('other-cache-mode', "the engine's cache mode", base.header.engine.cache, head.header.engine.cache);
  say('other-aio-mode', "the engine's aio mode", base.header.engine.aio, head.header.engine.aio);
  say('other-costs', 'the costs of predictions', base.header.engine.costs?.name, head.header.engine.costs?.name);
  const backing = (journal: Journal): string => journal.header.plan.backing ?? 'none';
  say('other-backing', 'the backing file', backing(base), backing(head));
  return warnings;
}

/**
 * Two runs one after the other, the usual way, have the machine's slow drift between them, and no interval from within
 * the runs can know of it: with recorded noise such designs gave 13 to 41 % false alarms at a nominal 5 %.
 */
function orderWarnings(base: Journal, head: Journal): readonly Warning[] {
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
function measuredSpan({ trials }: Journal): { readonly first: string; readonly last: string } | undefined {
  let first: string | undefined;
  let last: string | undefined;
  for (const trial of trials) {
    if (trial.engine === 'simulated') continue;
    if (trial.startedAt === '') return undefined;
    if (first === undefined || trial.startedAt < first) first = trial.startedAt;
    if (last === undefined || trial.startedAt > last) last = trial.startedAt;
  }
  return first === undefined || last === undefined ? undefined : { first, last };
}

function isSameRun(base: Journal, head: Journal): boolean {
  const mark = ({ header, trials }: Journal): string =>
    JSON.stringify([
      header.startedAt,
      trials.map((trial) => [trial.id, trial.startedAt, trial.state === 'completed' && trial.metrics.iops]),
    ]);
  return base.trials.some((trial) => trial.engine !== 'simulated') && mark(base) === mark(head);
}
