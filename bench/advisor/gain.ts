import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { recommendSchema } from '../../src/report/schemas/recommend.ts';
import type { Configuration } from '../../src/settings/configuration.ts';
import { printSettings } from '../../src/settings/print.ts';
import { formatDuration } from '../../src/units/duration.ts';

/** Programs whose requests were recorded, what they are, and what part of the time they need. */
const programs = [
  { workload: 'recorded-pgbench', title: 'a database (pgbench)', share: 0.6 },
  { workload: 'recorded-postmark', title: 'PostMark', share: 0.25 },
  { workload: 'recorded-package-install', title: 'a package installation', share: 0.15 },
] as const;

/** QEMU's defaults, spelled out so that they can stand in a list beside others. */
const defaults = { create: 'cluster_size=64K', drive: 'l2-cache-size=32M' } as const;

/** Applies what `recommend` says for recorded programs, and measures it against the defaults with `run` and `compare`. */
export async function measureGain({ timeMs, out }: { readonly timeMs: number; readonly out: string }): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'qtune-gain-'));
  const sections: string[] = [];
  const rows: string[] = [];
  try {
    for (const { workload, title, share } of programs) {
      const { row, section } = gainOf(workload, title, timeMs * share, directory);
      rows.push(row);
      sections.push(section);
      process.stderr.write(`${row}\n`);
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
  const text = [
    '# What the recommendation gains',
    'Made by `npm run advisor-study -- gain`: the recommendation for each recorded program is applied, and measured against the defaults in blocks in which both take turns on new images. Where the answer is that there is nothing to gain, the first alternative that it names is measured in its place. The commands stand below.',
    [
      '| program | answer | IOPS over defaults, predicted | measured | 95 % interval | verdict | blocks |',
      '|---|---|---:|---:|---:|---|---:|',
      ...rows,
    ].join('\n'),
    ...sections,
  ];
  mkdirSync(dirname(out), { recursive: true });
  writeFileSync(out, `${text.join('\n\n')}\n`);
}

function gainOf(workload: string, title: string, timeMs: number, directory: string): { row: string; section: string } {
  const asked = ['recommend', '--disk', '16G', '--workload', workload];
  const answer = recommendSchema.parse(JSON.parse(qtune([...asked, '--json'], directory)));
  // Where there is nothing to gain, the best that was left is measured: it should not be better.
  const tried = answer.nothingToGain ? answer.alternatives[0] : answer.recommended;
  const heading = `## ${title}\n\n\`\`\`sh\nqtune ${asked.join(' ')}\n\`\`\``;
  const found = answer.nothingToGain ? 'nothing to gain; its first alternative' : 'recommended';
  if (tried === undefined) return { row: `| ${title} | nothing to gain | | | | | |`, section: heading };
  const create = printSettings('create', tried.create);
  const drive = printSettings('drive', tried.drive);
  const journal = `${workload}.ndjson`;
  const settings = ['-o', defaults.create, '-o', create, '--drive', defaults.drive, '--drive', drive];
  const time = `${Math.round(timeMs / 1000)}s`;
  const decide = ['--until-decided', time, '--threshold', '2', '--no-host-io', '--out', journal];
  const run = [
    'run',
    workload,
    '--disk',
    '16G',
    ...(drive === defaults.drive ? settings.slice(0, 6) : settings),
    ...decide,
  ];
  qtune(run, directory);
  const { configurations } = journalPlan(readFileSync(join(directory, journal), 'utf8'));
  const label = (of: string, at: string) => {
    const one = configurations.find(
      (each) => printSettings('create', each.create) === of && printSettings('drive', each.drive) === at,
    );
    if (one === undefined) throw new Error(`${journal} has no configuration ${of} ${at}`);
    return `${journal}#${one.label}`;
  };
  const compare = ['compare', label(defaults.create, defaults.drive), label(create, drive), '--metric', 'iops'];
  const compared = qtune(compare, directory, [0, 1, 4]);
  const document = JSON.parse(qtune([...compare, '--json'], directory, [0, 1, 4])) as Compared;
  const [cell] = document.cells;
  const figure = (value: number | null | undefined) => (value === undefined || value === null ? '' : value.toFixed(3));
  const predicted = (of: typeof tried) => of.expected.find(({ metric }) => metric === 'iops')?.value ?? Number.NaN;
  const model = figure(predicted(tried) / predicted(answer.baseline));
  const row = `| ${title} | ${found}: \`${create}\` \`${drive}\` | ×${model} | ×${figure(cell?.ratio)} | ${figure(cell?.low)} to ${figure(cell?.high)} | ${cell?.verdict ?? ''} | ${cell?.pairCount ?? ''} |`;
  const shown = [run, compare].map((args) => `qtune ${args.map(quoted).join(' ')}`).join('\n');
  return { row, section: `${heading}\n\n\`\`\`sh\n${shown}\n\`\`\`\n\n\`\`\`\n${compared.trimEnd()}\n\`\`\`` };
}

/** The configurations of a journal's header. */
function journalPlan(text: string): { readonly configurations: readonly Configuration[] } {
  return (JSON.parse(text.slice(0, text.indexOf('\n'))) as { plan: { configurations: Configuration[] } }).plan;
}

/** What is read of `qtune.compare/1`. */
interface Compared {
  readonly cells: readonly {
    readonly ratio: number | null;
    readonly low: number | null;
    readonly high: number | null;
    readonly verdict: string;
    readonly pairCount: number;
  }[];
}

function quoted(argument: string): string {
  return /^[\w.,=:/#-]+$/.test(argument) ? argument : `'${argument}'`;
}

/** Runs the built program. @returns its standard output @throws Error with what it said where it failed */
function qtune(args: readonly string[], cwd: string, allowed: readonly number[] = [0]): string {
  const bin = join(process.cwd(), 'dist', 'cli', 'bin.js');
  const beganMs = performance.now();
  const result = spawnSync(process.execPath, [bin, ...args], { cwd, encoding: 'utf8', maxBuffer: 2 ** 28 });
  process.stderr.write(`qtune ${args.slice(0, 2).join(' ')} …: ${formatDuration(performance.now() - beganMs)}\n`);
  if (!allowed.includes(result.status ?? -1)) throw new Error(`qtune ${args.join(' ')}\n${result.stderr}`);
  return result.stdout;
}
