import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { printSettings } from '../../src/settings/print.ts';
import { collectCells } from './collect.ts';
import { meanProfiles, readCostProfiles } from './cost-profiles.ts';
import { measure } from './measure.ts';
import { studyPlan } from './plan.ts';
import { renderStudy } from './render.ts';
import { summarize } from './summary.ts';
import { studyWorkloads } from './workloads.ts';

const usage = `npm run study -- COMMAND [options]
  list                 the cells of the study
  measure JOURNAL      measures with QEMU what the journal does not have yet
    --repetitions N    trials of each cell (3)
    --sample N         only N random cells
    --seed N           which ones, and the order of trials (1)
  report JOURNAL       predicts what was measured and compares
    --costs DIRECTORY  calibrated profiles, as \`qtune doctor --calibrate\` leaves them (reports/prediction/costs); the mean of several
    --worst N          cells that are shown with what they are made of (10)
    --out DIRECTORY    writes results.md and cells.ndjson there; without it the report is printed
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    repetitions: { type: 'string', default: '3' },
    sample: { type: 'string' },
    seed: { type: 'string', default: '1' },
    costs: { type: 'string', multiple: true, default: [join('reports', 'prediction', 'costs')] },
    worst: { type: 'string', default: '10' },
    out: { type: 'string' },
  },
});
const [command, journal] = positionals;
const workloads = await studyWorkloads(process.cwd());

if (command === 'list') {
  list();
} else if (command === 'measure' && journal !== undefined) {
  await measure(plan(), journal);
} else if (command === 'report' && journal !== undefined) {
  await report(journal);
} else {
  process.stderr.write(usage);
  process.exitCode = 2;
}

function plan() {
  return studyPlan(workloads, {
    repetitions: Number(values.repetitions),
    seed: Number(values.seed),
    ...(values.sample === undefined ? {} : { sample: Number(values.sample) }),
  });
}

function list(): void {
  const { trials, ...study } = plan();
  for (const { workload, configuration, repetition } of trials) {
    if (repetition > 0) continue;
    const { create, drive } = study.configuration(configuration);
    process.stdout.write(`${workload}  ${printSettings('create', create)}  ${printSettings('drive', drive)}\n`);
  }
}

async function report(path: string): Promise<void> {
  const calibrations = await Promise.all(values.costs.map(readCostProfiles));
  const { journal, cells } = await collectCells(path, workloads, meanProfiles(calibrations));
  const text = renderStudy({ header: journal.header, cells, summaries: summarize(cells) }, Number(values.worst));
  if (values.out === undefined) {
    process.stdout.write(text);
    return;
  }
  mkdirSync(values.out, { recursive: true });
  writeFileSync(join(values.out, 'results.md'), text);
  writeFileSync(join(values.out, 'cells.ndjson'), cells.map((cell) => `${JSON.stringify(cell)}\n`).join(''));
}
