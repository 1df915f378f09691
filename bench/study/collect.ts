import type { CostProfile } from '../../src/driver/cost/cost-profile.ts';
import { InputError } from '../../src/errors.ts';
import { type Journal, readJournal } from '../../src/trial/journal-reader.ts';
import type { TrialRecord } from '../../src/trial/record.ts';
import { workloadHash } from '../../src/trial/trial-id.ts';
import { operationNames } from '../../src/workload/request.ts';
import type { Workload } from '../../src/workload/workload.ts';
import { type Cell, medianOf, timeByOperation } from './cell.ts';
import { predict } from './predict.ts';

type CompletedTrial = Extract<TrialRecord, { state: 'completed' }>;

/** A journal's completed trials by cell, each with its prediction. @throws InputError for a journal of other workloads */
export async function collectCells(
  path: string,
  workloads: readonly Workload[],
  profiles: readonly CostProfile[],
): Promise<{ readonly journal: Journal; readonly cells: readonly Cell[] }> {
  const journal = await readJournal(path, { compact: true });
  const { engine, plan } = journal.header;
  const byCell = new Map<string, CompletedTrial[]>();
  for (const trial of journal.trials) {
    if (trial.state !== 'completed') continue;
    const key = JSON.stringify([trial.workload, trial.configuration.label]);
    const known = byCell.get(key);
    if (known === undefined) byCell.set(key, [trial]);
    else known.push(trial);
  }
  const cells: Cell[] = [];
  for (const workload of workloads) {
    const planned = plan.workloads.find(({ name }) => name === workload.name);
    if (planned !== undefined && planned.hash !== workloadHash(workload)) {
      throw new InputError({ file: path }, `${workload.name} is not what it was when this was measured`);
    }
    for (const trials of byCell.values()) {
      const [first] = trials;
      if (first?.workload !== workload.name) continue;
      cells.push({
        ...measuredPart(first, trials),
        ...(await predict(workload, first.configuration, profiles, engine)),
      });
    }
  }
  return { journal, cells };
}

function measuredPart(first: CompletedTrial, trials: readonly CompletedTrial[]) {
  const times = trials.map(({ metrics }) => timeByOperation(metrics));
  const measuredMs = Object.fromEntries(
    operationNames.flatMap((name) => {
      const values = times.flatMap((time) => time[name] ?? []);
      return values.length === 0 ? [] : [[name, medianOf(values)]];
    }),
  );
  const { create, drive } = first.configuration;
  const inOrder = [...trials].sort((left, right) => left.repetition - right.repetition);
  return {
    workload: first.workload,
    create,
    drive,
    measured: inOrder.map(({ metrics }) => metrics.iops),
    requestCount: first.metrics.requestCount,
    measuredMs,
  };
}
