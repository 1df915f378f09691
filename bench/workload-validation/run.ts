import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { loadProfile } from '../../src/workload/load-profile.ts';
import { resolveWorkload } from '../../src/workload/resolve-workload.ts';
import { directIozoneRows } from './direct-iozone.ts';
import { type Measures, measuresOf } from './measures.ts';
import { type ComparedRow, renderTable, undocumented } from './render.ts';
import { validationRows } from './rows.ts';

const usage = `npm run workload-validation -- [options]
  compares the modelled programs with recordings of the real ones
    --out DIRECTORY    writes results.md and results.json there (reports/workload-validation)
    --recordings FILE  measures of the recordings (reports/workload-validation/recordings.json)
    --measure DIR      measures the recordings in DIR (NAME.csv.zst or NAME.iolog.gz) anew first, into that file
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    out: { type: 'string', default: join('reports', 'workload-validation') },
    recordings: { type: 'string', default: join('reports', 'workload-validation', 'recordings.json') },
    measure: { type: 'string' },
  },
});

if (positionals.length > 0) {
  process.stderr.write(usage);
  process.exitCode = 2;
} else {
  if (values.measure !== undefined) await measureRecordings(values.measure, values.recordings);
  await compare(values.recordings, values.out);
}

/** Those that are not there keep their figures. */
async function measureRecordings(directory: string, file: string): Promise<void> {
  const measured = existsSync(file) ? readMeasures(file) : {};
  for (const { recording, diskBytes } of validationRows) {
    const path = ['csv.zst', 'iolog.gz'].map((ending) => join(directory, `${recording}.${ending}`)).find(existsSync);
    if (path === undefined) continue;
    const profile = await loadProfile(path, process.cwd(), diskBytes);
    measured[recording] = measuresOf(resolveWorkload(profile, { diskBytes }).requests(), diskBytes);
    process.stdout.write(`measured ${recording}\n`);
  }
  writeFileSync(file, `${JSON.stringify(measured, null, 2)}\n`);
}

function readMeasures(file: string): Record<string, Measures> {
  return JSON.parse(readFileSync(file, 'utf8'));
}

async function compare(recordings: string, out: string): Promise<void> {
  const measured = readMeasures(recordings);
  const rows: ComparedRow[] = [];
  for (const row of validationRows) {
    const recording = measured[row.recording];
    if (recording === undefined) throw new RangeError(`${recordings} has no ${row.recording}; see --measure`);
    rows.push({ row, recording, model: measuresOf(await row.requests(), row.diskBytes) });
    process.stdout.write(`compared ${row.name}\n`);
  }
  mkdirSync(out, { recursive: true });
  writeFileSync(join(out, 'results.md'), renderTable(rows, await directIozoneRows()));
  const models = Object.fromEntries(rows.map(({ row, model }) => [row.recording, model]));
  writeFileSync(join(out, 'results.json'), `${JSON.stringify(models, null, 2)}\n`);
  const missing = undocumented(rows);
  for (const line of missing) process.stdout.write(`further off than 10 % and without a cause: ${line}\n`);
  if (missing.length > 0) process.exitCode = 1;
}
