import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { recommendSchema } from '../../src/report/schemas/recommend.ts';
import { printSettings } from '../../src/settings/print.ts';
import { formatDuration } from '../../src/units/duration.ts';

/** Programs whose requests were recorded, and what they are. */
const programs = [
  { workload: 'recorded-pgbench', title: 'a database (pgbench)' },
  { workload: 'recorded-postmark', title: 'PostMark' },
  { workload: 'recorded-package-install', title: 'a package installation' },
] as const;

/** QEMU's defaults, spelled out so that they can stand in a list beside others. */
const defaults = { create: 'cluster_size=64K', drive: 'l2-cache-size=32M' } as const;
/** Parts of each program's time: finding the recommendation, and comparing it. */
const shares = { recommend: 0.4, run: 0.5 } as const;

/** Applies what `recommend` says for recorded programs, and measures it against the defaults with `run` and `compare`. */
export async function measureGain({ timeMs, out }: { readonly timeMs: number; readonly out: string }): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'qtune-gain-'));
  const sections: string[] = [];
  const rows: string[] = [];
  try {
    for (const { workload, title } of programs) {
      const { row, section } = gainOf(workload, title, timeMs / programs.length, directory);
      rows.push(row);
      sections.push(section);
      process.stderr.write(`${row}\n`);
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
  const text = [
    '# What the recommendation gains',
    'Made by `npm run advisor-study -- gain`: the recommendation for each recorded program is applied, and measured against the defaults in blocks in which both take turns on new images. The commands stand below.',
    [
      '| program | recommended | IOPS, recommended over defaults | 95 % interval | verdict | blocks |',
      '|---|---|---:|---:|---|---:|',
      ...rows,
    ].join('\n'),
    ...sections,
  ];
  mkdirSync(dirname(out), { recursive: true });
  writeFileSync(out, `${text.join('\n\n')}\n`);
}

function gainOf(workload: string, title: string, timeMs: number, directory: string): { row: string; section: string } {
  const time = (share: number) => `${Math.round((share * timeMs) / 1000)}s`;
  const asked = ['recommend', '--disk', '16G', '--workload', workload, '--measure', time(shares.recommend)];
  const answer = recommendSchema.parse(JSON.parse(qtune([...asked, '--json'], directory)));
  const { finding = '' } = answer;
  const heading = `## ${title}\n\n\`\`\`sh\nqtune ${asked.join(' ')}\n\`\`\`\n\n${finding}`;
  if (answer.nothingToGain) {
    return { row: `| ${title} | QEMU's defaults | | | nothing to gain | |`, section: heading };
  }
  const create = printSettings('create', answer.recommended.create);
  const drive = printSettings('drive', answer.recommended.drive);
  const journal = `${workload}.ndjson`;
  const run = [
    ...[
      'run',
      workload,
      '--disk',
      '16G',
      '-o',
      defaults.create,
      '-o',
      create,
      '--drive',
      defaults.drive,
      '--drive',
      drive,
    ],
    ...['--until-decided', time(shares.run), '--threshold', '2', '--no-host-io', '--out', journal],
  ];
  qtune(run, directory);
  const label = (one: string, other: string) => `${journal}#${`${one} ${other}`.replaceAll(',', ' ')}`;
  const compare = ['compare', label(defaults.create, defaults.drive), label(create, drive)];
  const compared = qtune([...compare, '--metric', 'iops'], directory, [0, 1, 4]);
  const document = JSON.parse(qtune([...compare, '--metric', 'iops', '--json'], directory, [0, 1, 4])) as Compared;
  const [cell] = document.cells;
  const figure = (value: number | null | undefined) => (value === undefined || value === null ? '' : value.toFixed(3));
  const row = `| ${title} | \`${create}\` \`${drive}\` | ×${figure(cell?.ratio)} | ${figure(cell?.low)} to ${figure(cell?.high)} | ${cell?.verdict ?? ''} | ${cell?.pairCount ?? ''} |`;
  const shown = [run, [...compare, '--metric', 'iops']].map((args) => `qtune ${args.map(quoted).join(' ')}`).join('\n');
  return { row, section: `${heading}\n\n\`\`\`sh\n${shown}\n\`\`\`\n\n\`\`\`\n${compared.trimEnd()}\n\`\`\`` };
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
