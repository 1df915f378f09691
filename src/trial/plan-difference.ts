import { canonicalJson } from './canonical-json.ts';
import type { PlanSummary } from './record.ts';

/**
 * What of two plans is not the same, in words for an error message, e.g. `repetitions (5 there, 10 now)`. Empty where the
 * plans are the same. Two plans with one hash still differ where the user's backing file has another name.
 */
export function planDifferences(recorded: PlanSummary, wanted: PlanSummary): readonly string[] {
  const differences: string[] = [];
  const compare = (name: string, there: string | number, now: string | number): void => {
    if (there !== now) differences.push(`${name} (${there} there, ${now} now)`);
  };
  compare('workloads', names(recorded.workloads), names(wanted.workloads));
  if (differences.length === 0) {
    for (const workload of wanted.workloads) {
      const there = recorded.workloads.find((other) => other.name === workload.name);
      if (there?.hash !== workload.hash) differences.push(describeWorkloadChange(workload, there));
    }
  }
  if (settings(recorded, wanted) !== settings(wanted, recorded)) {
    const [there, now] = [labels(recorded), labels(wanted)];
    const detail = there === now ? 'other settings, or for other workloads' : `${there} there, ${now} now`;
    differences.push(`configurations (${detail})`);
  }
  compare('repetitions', repetitions(recorded), repetitions(wanted));
  const looks = ({ stopping }: PlanSummary): string => stopping?.looks.join(' ') ?? 'none';
  compare('looks of --until-decided', looks(recorded), looks(wanted));
  compare('seed', recorded.seed, wanted.seed);
  compare('engine', recorded.engine, wanted.engine);
  compare('backing file', recorded.backing ?? 'none', wanted.backing ?? 'none');
  if (differences.length === 0 && recorded.hash !== wanted.hash) differences.push('the list of trials');
  return differences;
}

type WorkloadSummary = PlanSummary['workloads'][number];

function describeWorkloadChange(now: WorkloadSummary, there: WorkloadSummary | undefined): string {
  const keys = ['diskBytes', 'seed', 'requestCount', 'warmUpCount'] as const;
  const changed = keys.filter((key) => there?.[key] !== now[key]).map((key) => `${key} ${there?.[key]} → ${now[key]}`);
  return `workload ${now.name} (${changed.length > 0 ? changed.join(', ') : 'its requests or its image'})`;
}

/** The configurations of a plan, and who runs under which, for the workloads that both plans have. */
function settings(plan: PlanSummary, other: PlanSummary): string {
  const shared = plan.workloads.filter((entry) => other.workloads.some((there) => there.name === entry.name));
  return canonicalJson([
    ordered(plan.configurations, (entry) => entry.label),
    ordered(shared, (entry) => entry.name).map((entry) => [...(entry.configurations ?? ['all'])].sort()),
  ]);
}

function names(workloads: readonly WorkloadSummary[]): string {
  return ordered(workloads, (entry) => entry.name)
    .map((entry) => entry.name)
    .join(' ');
}

function labels(plan: PlanSummary): string {
  const all = plan.configurations.map((configuration) => configuration.label).sort();
  return all.length > 4 ? `${all.slice(0, 3).join(', ')} and ${all.length - 3} more` : all.join(', ');
}

function repetitions(plan: PlanSummary): string {
  const special = ordered(plan.workloads, (entry) => entry.name).filter((entry) => entry.repetitions !== undefined);
  return [String(plan.repetitions), ...special.map((entry) => `${entry.name} ${entry.repetitions}`)].join(', ');
}

function ordered<Entry>(entries: readonly Entry[], key: (entry: Entry) => string): Entry[] {
  return [...entries].sort((left, right) => (key(left) < key(right) ? -1 : 1));
}
