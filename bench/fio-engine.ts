import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { measuringCpu } from '../src/engine/affinity.ts';
import { requestMetrics } from '../src/engine/fio/fio-metrics.ts';
import { runFio } from '../src/engine/fio/fio-run.ts';
import { findFio } from '../src/engine/fio/fio-tool.ts';
import { imageExport } from '../src/engine/fio/image-export.ts';
import { LogStore } from '../src/engine/fio/log-store.ts';
import { effectiveModes } from '../src/engine/qemu-io/block-node.ts';
import { probeHostDefaults } from '../src/engine/qemu-io/host-probe.ts';
import { ImageMaker } from '../src/engine/qemu-io/image-maker.ts';
import { Scratch } from '../src/engine/scratch.ts';
import { StorageDaemon } from '../src/engine/storage-daemon/storage-daemon.ts';
import { findQemuTools } from '../src/engine/tools.ts';
import { studentCritical } from '../src/stats/student.ts';
import { Random } from '../src/workload/random.ts';
import { createRequestBlock, Operation, pushRequest, requestBlockCapacity } from '../src/workload/request.ts';
import type { Workload } from '../src/workload/workload.ts';

/**
 * The fio engine's replay next to fio started by hand, on one and the same NBD export, in turns:
 * node fio-engine.js [PAIRS] [DIRECTORY]. Both read 4 KiB at random places of a full image at depth 16; by hand fio draws
 * the places itself. DIRECTORY/pairs.ndjson has a line for each pair.
 */
const [, , pairs = '24', directory = 'reports/fio-engine'] = process.argv;
const pairCount = Number(pairs);
const diskBytes = 2 ** 30;
const requestBytes = 4096;
const requestCount = 20_000;
const iodepth = 16;

const workload: Workload = {
  name: 'random-read',
  title: 'Random reads of a full image',
  source: 'qtune',
  diskBytes,
  seed: 1,
  image: { content: 'full', backing: 'none', state: 'shared' },
  warmUpCount: 0,
  requestCount,
  load: { iodepth, jobCount: 1 },
  identity: null,
  *requests() {
    const random = new Random(1);
    const block = createRequestBlock();
    for (let done = 0; done < requestCount; done += block.count) {
      block.count = 0;
      while (block.count < Math.min(requestBlockCapacity, requestCount - done)) {
        const place = random.uint31() % (diskBytes / requestBytes);
        pushRequest(block, Operation.read, place * requestBytes, requestBytes);
      }
      yield block;
    }
  },
};

const { signal } = new AbortController();
const env = process.env as Record<string, string>;
const tools = await findQemuTools({ env, signal });
const fio = await findFio(env, signal);
const scratch = Scratch.create({ env, pid: process.pid });
const images = new ImageMaker(tools, scratch);
const logs = new LogStore(fio, scratch);
const job = {
  ...{ workload, configuration: { label: 'default', create: {}, drive: {} }, imageKey: 'bench' },
  ...{ timeLimitMs: 600_000, traceHostIo: false, signal },
};
const cpu = measuringCpu();
const daemonCpus = cpu === undefined ? [] : [cpu];

function byHand(socket: string): number {
  const command = [
    ...['--name=hand', '--ioengine=nbd', `--uri=nbd+unix:///disk?socket=${socket}`, '--rw=randread', '--bs=4k'],
    ...[`--size=${diskBytes}`, `--iodepth=${iodepth}`, `--number_ios=${requestCount}`, '--output-format=json'],
  ];
  const text = execFileSync(fio.path, command, { cwd: scratch.directory, encoding: 'utf8' });
  const document = JSON.parse(text.slice(text.search(/^\{/m))) as {
    jobs: [{ read: { iops: number; total_ios: number } }];
  };
  const { iops, total_ios: count } = document.jobs[0].read;
  if (count < requestCount) throw new Error(`by hand: ${count} of ${requestCount} requests`);
  return iops;
}

async function byEngine(socket: string): Promise<number> {
  const { measured } = logs.get(workload, signal);
  const run = await runFio({
    ...{ fio, scratch, env, name: 'measured', jobs: measured, signal, timeLimitMs: 600_000 },
    target: { kind: 'nbd', name: 'disk', socket },
  });
  if (run.failure !== undefined) throw new Error(run.failure);
  return requestMetrics(measured, run.results).iops;
}

/** Geometric mean of the ratios with the 95 % interval of Student's t on their logarithms. */
function summary(ratios: readonly number[]): string {
  const logarithms = ratios.map(Math.log);
  const mean = logarithms.reduce((sum, one) => sum + one, 0) / ratios.length;
  const variance = logarithms.reduce((sum, one) => sum + (one - mean) ** 2, 0) / (ratios.length - 1);
  const margin = studentCritical(0.05, ratios.length - 1) * Math.sqrt(variance / ratios.length);
  const [ratio, low, high] = [mean, mean - margin, mean + margin].map((one) => Math.exp(one).toFixed(3));
  return `${ratio} [${low}, ${high}]`;
}

try {
  const defaults = await probeHostDefaults(tools, scratch, signal);
  const files = await images.prepare(job);
  const modes = effectiveModes(job.configuration, defaults);
  const daemon = await StorageDaemon.start({
    ...{ tools, scratch, signal, cpus: daemonCpus, lifetimeMs: 3_600_000 },
    exports: [imageExport({ name: 'disk', kind: 'nbd', files, job, modes })],
  });
  const lines: string[] = [];
  const ratios: number[] = [];
  const sides = { hand: [] as number[], engine: [] as number[] };
  for (let pair = 0; pair < pairCount; pair++) {
    const engineFirst = pair % 2 === 0;
    const before = engineFirst ? await byEngine(daemon.socket) : byHand(daemon.socket);
    const after = engineFirst ? byHand(daemon.socket) : await byEngine(daemon.socket);
    const [engine, hand] = engineFirst ? [before, after] : [after, before];
    ratios.push(engine / hand);
    sides.engine.push(engine);
    sides.hand.push(hand);
    lines.push(JSON.stringify({ pair, first: engineFirst ? 'engine' : 'hand', engineIops: engine, handIops: hand }));
    process.stdout.write(`${lines.at(-1)}\n`);
  }
  await daemon.stop();
  const median = (values: readonly number[]): string =>
    Math.round([...values].sort((left, right) => left - right)[Math.floor(values.length / 2)] ?? 0).toString();
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'pairs.ndjson'), `${lines.join('\n')}\n`);
  const text = [
    `Random 4 KiB reads at depth ${iodepth} over NBD: the fio engine's replay next to fio started by hand on the same export,`,
    `${pairCount} pairs of ${requestCount.toLocaleString('en')} requests each in turns (npm run fio-engine).`,
    '',
    `${tools.versionLine}; fio ${fio.version}; ${cpus().length} processors; cache=${modes.cache}, aio=${modes.aio}`,
    '',
    `IOPS by hand, median         ${median(sides.hand)}`,
    `IOPS by the engine, median   ${median(sides.engine)}`,
    `ratio engine / hand          ${summary(ratios)}  (geometric mean of pairs, 95 % interval)`,
    '',
  ].join('\n');
  writeFileSync(join(directory, 'README.txt'), text);
  process.stdout.write(text);
} finally {
  logs.close();
  await images.close();
  scratch.close();
}
