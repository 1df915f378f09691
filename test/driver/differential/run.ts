import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { failureReport } from './failure-report.ts';
import { type Feature, features } from './features.ts';
import { qemuVersionOf } from './qemu-version.ts';
import { checkRepetition } from './repetition.ts';
import { runMany, summaryText } from './run-many.ts';

const usage = `npm run differential -- [options]
  --cases N          how many cases (1000)
  --seed N           seed of the first case; the others follow (1)
  --only-seed N      that case alone
  --qemu WHICH       7.2 (the one on PATH), 10.0, 11.1, or a directory with the tools
  --features LIST    ${features.join(', ')}; all (default) or plain for none; -NAME leaves one out
  --max-commands N   requests of a case (60)
  --shrink SECONDS   time for making a failed case smaller (20); 0: not at all
  --stop N           end after that many failures (10)
  --real-only        compare QEMU with itself, without the model
`;

const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    'only-seed': { type: 'string' },
    qemu: { type: 'string', default: '7.2' },
    features: { type: 'string', default: 'all' },
    'max-commands': { type: 'string', default: '60' },
    shrink: { type: 'string', default: '20' },
    stop: { type: 'string', default: '10' },
    'real-only': { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  process.stdout.write(usage);
  process.exit();
}

const bin = toolsOf(values.qemu);
const home = join(tmpdir(), 'qtune-differential');
mkdirSync(home, { recursive: true });
const directory = mkdtempSync(join(home, 'work-'));
const qemuVersion = qemuVersionOf(bin);
let failures = 0;
const started = performance.now();

try {
  const summary = runMany({
    bench: { directory, bin, qemuVersion },
    qemuVersion,
    features: chosenFeatures(values.features),
    maximumCommands: Number(values['max-commands']),
    firstSeed: Number(values['only-seed'] ?? values.seed),
    cases: values['only-seed'] === undefined ? Number(values.cases) : 1,
    shrinkSeconds: Number(values.shrink),
    check: values['real-only'] ? checkRepetition : (await import('./check-case.ts')).checkCase,
    report(seed, tested, outcome, sums) {
      if (outcome.kind === 'refused') say(`seed ${seed}: refused: ${outcome.reason}`);
      if (outcome.kind === 'unrepeatable') say(`seed ${seed}: QEMU does not repeat itself`);
      if (sums.cases % 100 === 0) say(`${seconds()} s: ${summaryText(sums)}`);
      if (outcome.kind !== 'different') return;
      const path = join(home, `seed-${seed}-qemu-${qemuVersion}.txt`);
      const text = failureReport(tested, outcome.mismatch, `Seed ${seed}, QEMU ${qemuVersion}`);
      writeFileSync(path, `${text}\n`);
      say(`${text.split('\nCase:')[0]}\n-> ${path}\n`);
      if (++failures < Number(values.stop)) return;
      say(`${failures} failures: stopped. ${summaryText(sums)}`);
      rmSync(directory, { recursive: true, force: true });
      process.exit(1);
    },
  });
  process.stdout.write(`${summaryText(summary)}; ${seconds()} s\n`);
} finally {
  rmSync(directory, { recursive: true, force: true });
}
if (failures > 0) process.exitCode = 1;

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

function seconds(): string {
  return ((performance.now() - started) / 1000).toFixed(0);
}

function toolsOf(name: string): string | undefined {
  if (name === '7.2' || name === 'system') return undefined;
  return name.includes('/') ? name : join(process.cwd(), '.cache', 'qemu', name, 'bin');
}

function chosenFeatures(text: string): ReadonlySet<Feature> {
  const words = text.split(',').filter((word) => word !== '');
  const chosen = new Set<Feature>(words.some((word) => word === 'all' || word.startsWith('-')) ? features : []);
  for (const word of words) {
    if (word === 'all' || word === 'plain') continue;
    const name = features.find((feature) => feature === word.replace(/^-/, ''));
    if (name === undefined) throw new Error(`no feature is named ${word}\n${usage}`);
    if (word.startsWith('-')) chosen.delete(name);
    else chosen.add(name);
  }
  return chosen;
}
