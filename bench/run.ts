import { readdirSync } from 'node:fs';
import { Bench } from 'tinybench';
import { renderTable } from '../src/report/table.ts';
import { formatDuration } from '../src/units/duration.ts';
import { formatCount, formatRatio } from '../src/units/rate.ts';

/** A file `bench/NAME.bench.ts` adds its tasks to the bench that it is handed. */
interface BenchModule {
  register(bench: Bench): Promise<void>;
}

const only = process.argv[2];
const names = readdirSync(import.meta.dirname).filter(
  (name) => name.endsWith('.bench.js') && (!only || name.startsWith(only)),
);
if (names.length === 0) throw new Error(`no bench is named ${only}`);

for (const name of names.sort()) {
  const bench = new Bench({
    name: name.replace('.bench.js', ''),
    time: 300,
    iterations: 5,
    warmupTime: 100,
    warmupIterations: 2,
    retainSamples: true,
  });
  const { register }: BenchModule = await import(`./${name}`);
  await register(bench);
  await bench.run();
  const rows = bench.tasks.map((task) => {
    const { result } = task;
    if (result.state !== 'completed') return [task.name, result.state, '', '', ''];
    const { latency } = result;
    // A task that handles many things a call says so in its name: "1,000,000 requests: …".
    const items = Number(/^([\d,]+) /.exec(task.name)?.[1]?.replaceAll(',', '') ?? 1);
    return [
      task.name,
      formatDuration(latency.p50),
      formatRatio(latency.mad / latency.p50),
      String(latency.samplesCount),
      `${formatCount((items * 1000) / latency.p50)}/s`,
    ];
  });
  const columns = [
    { title: bench.name ?? name },
    { title: 'median', align: 'right' },
    { title: 'MAD', align: 'right' },
    { title: 'calls', align: 'right' },
    { title: 'items', align: 'right' },
  ] as const;
  process.stdout.write(`${renderTable(columns, rows)}\n`);
}
