import { runInterleaved } from '../../engine/interleave.ts';
import { InterruptedError } from '../../errors.ts';
import type { RunDecision } from '../../report/run.ts';
import { toSample } from '../../stats/sample.ts';
import { signedRankInterval } from '../../stats/signed-rank.ts';
import { defaultConfidence } from '../../stats/verdict.ts';
import type { JournalWriter } from '../../trial/journal-writer.ts';
import type { Plan } from '../../trial/plan.ts';
import type { ConfirmationRecord } from '../../trial/record.ts';
import { engineJob } from '../../trial/runner.ts';
import type { Host } from '../host.ts';
import type { ChosenEngine } from './choose-engine.ts';
import type { OpenEngine } from './open-engine.ts';
import type { RunSettings } from './settings.ts';

/**
 * Measures each pair that is better or worse once more, in one block without pinning, and writes what came of it to the
 * head's journal: a process on one processor cannot show what several would give. Decisions where nothing was pinned are
 * left alone.
 */
export async function confirmWinners(
  plan: Plan,
  decisions: readonly RunDecision[],
  targets: readonly { readonly chosen: ChosenEngine; readonly writer: JournalWriter }[],
  { settings, host }: { readonly settings: RunSettings; readonly host: Host },
): Promise<readonly RunDecision[]> {
  const called = decisions.filter(({ verdict }) => verdict === 'better' || verdict === 'worse');
  if (called.length === 0 || settings.cpus === null || settings.sliceMs === undefined) return decisions;
  const engines: OpenEngine[] = [];
  try {
    for (const { chosen } of targets) engines.push(await chosen.open({ cpus: null }));
    const confirmations = new Map<RunDecision, ConfirmationRecord>();
    const writer = targets.at(-1)?.writer;
    for (const decision of called) {
      const earlier = writer?.existing?.confirmations.find((one) => isAbout(one, decision));
      const record = earlier ?? (await confirm(plan, decision, engines, { settings, host }));
      if (record === undefined) continue;
      if (earlier === undefined) await writer?.append(record);
      confirmations.set(decision, record);
    }
    return decisions.map((decision) => {
      const record = confirmations.get(decision);
      if (record === undefined) return decision;
      const { ratio, low, high, confirmed } = record;
      return { ...decision, unpinned: { ratio, low, high, confirmed } };
    });
  } finally {
    for (const engine of engines) await engine.close();
  }
}

function isAbout(record: ConfirmationRecord, { workload, base, head }: RunDecision): boolean {
  return record.workload === workload && record.base === base && record.head === head;
}

/** Undefined where it could not be measured. */
async function confirm(
  plan: Plan,
  decision: RunDecision,
  engines: readonly OpenEngine[],
  { settings, host }: { readonly settings: RunSettings; readonly host: Host },
): Promise<ConfirmationRecord | undefined> {
  const { workload, base, head } = decision;
  const [first, last] = [engines[0], engines.at(-1)];
  const { sliceMs } = settings;
  if (first?.engine.begin === undefined || last === undefined || sliceMs === undefined) return undefined;
  const options = { timeLimitMs: settings.timeLimitMs, traceHostIo: false, signal: host.signal };
  const job = (configuration: string) => {
    const trial = plan.trials.find((one) => one.workload === workload && one.configuration === configuration);
    if (trial === undefined) throw new RangeError(`the plan has no trial of ${workload} with ${configuration}`);
    return engineJob(plan, trial, options);
  };
  const members = [
    { engine: first.engine, job: job(base) },
    { engine: last.engine, job: job(head) },
  ];
  const [left, right] = await runInterleaved(members, { sliceMs, seed: plan.summary.seed });
  if (host.signal.aborted) throw new InterruptedError();
  if (left?.outcome.state !== 'completed' || right?.outcome.state !== 'completed') return undefined;
  const ratios = left.driverMs.map((ms, index) => Math.log(ms / (right.driverMs[index] ?? Number.NaN)));
  const sample = toSample(ratios);
  if (sample === undefined) return undefined;
  const interval = signedRankInterval(sample, defaultConfidence);
  const confirmed = decision.ratio !== null && (decision.ratio > 1 ? interval.low > 0 : interval.high < 0);
  return {
    type: 'confirmation',
    workload,
    base,
    head,
    ratio: Math.exp(interval.estimate),
    low: Math.exp(interval.low),
    high: Math.exp(interval.high),
    sliceCount: sample.length,
    confirmed,
  };
}
