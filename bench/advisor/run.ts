import { mkdirSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { loadProfile } from '../../src/workload/load-profile.ts';
import { resolveWorkload } from '../../src/workload/resolve-workload.ts';
import type { Workload } from '../../src/workload/workload.ts';
import { measureGain } from './gain.ts';
import { record } from './record.ts';
import { replayAll } from './replay-all.ts';

const usage = `npm run advisor-study -- COMMAND [options]
  record               measures every configuration of every workload; goes on where it was stopped
    --minutes N        for all of them (38)
    --configurations N of each workload at most (216)
    --only NAME        only this workload
    --races N          measure what so many races pick as often as the fastest (0)
    --dir DIRECTORY    of the recordings (reports/advisor/recordings)
  replay               races on the recordings and writes the tables
    --repetitions N    of each workload (1000)
    --dir DIRECTORY
    --out FILE         (reports/advisor/results.md)
  gain                 applies recommendations for three recorded programs and compares with the defaults
    --minutes N        for all of them (9)
    --out FILE         (reports/advisor/gain.md)
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    minutes: { type: 'string' },
    configurations: { type: 'string', default: '216' },
    repetitions: { type: 'string', default: '1000' },
    only: { type: 'string' },
    races: { type: 'string', default: '0' },
    dir: { type: 'string', default: join('reports', 'advisor', 'recordings') },
    out: { type: 'string' },
  },
});
const { dir: directory, only } = values;
const minutesMs = (fallback: number): number => Number(values.minutes ?? fallback) * 60_000;

switch (positionals[0]) {
  case 'record':
    mkdirSync(directory, { recursive: true });
    await record({
      workloads: (await studyWorkloads()).filter(({ name }) => only === undefined || name === only),
      directory,
      timeMs: minutesMs(38),
      configurationCount: Number(values.configurations),
      raceCount: Number(values.races),
    });
    break;
  case 'replay':
    await replayAll({
      directory,
      repetitions: Number(values.repetitions),
      out: values.out ?? join('reports', 'advisor', 'results.md'),
    });
    break;
  case 'gain':
    await measureGain({ timeMs: minutesMs(9), out: values.out ?? join('reports', 'advisor', 'gain.md') });
    break;
  default:
    process.stderr.write(usage);
    process.exitCode = 2;
}

/** The study's workloads: none of them was used to make the advisor or its model. A recorded program comes from those that ship. */
async function studyWorkloads(): Promise<readonly Workload[]> {
  const root = process.cwd();
  const folder = join('bench', 'advisor', 'workloads');
  const names = (await readdir(folder)).filter((name) => name.endsWith('.yaml')).sort();
  return Promise.all(names.map(async (name) => resolveWorkload(await loadProfile(join(folder, name), root))));
}
