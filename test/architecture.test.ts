import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect, test } from 'vitest';

const source = join(import.meta.dirname, '..', 'src');

/** The rooms in the order of the design: a room may import from those before it. */
const rooms = [
  'units',
  'qcow2',
  'settings',
  'workload',
  'driver',
  'engine',
  'trial',
  'stats',
  'advisor',
  'fleet',
  'report',
  'cli',
] as const;
type Room = (typeof rooms)[number];

/** Files beside the rooms that everybody may import. */
const shared = new Set(['errors.ts', 'package-file.ts', 'warnings.ts']);

/** Narrower than the order of the list. */
const allowed: Partial<Record<Room, readonly Room[]>> = { stats: ['units'], units: [] };

interface SourceFile {
  readonly path: string;
  readonly room: Room | undefined;
  readonly text: string;
}

const files: SourceFile[] = readdirSync(source, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((path) => ({
    path,
    room: rooms.find((room) => path.startsWith(`${room}/`)),
    text: readFileSync(join(source, path), 'utf8'),
  }));

/** Code without comments, so that prose about a forbidden name is no offence. */
function code(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|[^:'"`\\])\/\/.*$/gm, '$1');
}

function offenders(pattern: RegExp, exempt: (file: SourceFile) => boolean): string[] {
  return files.filter((file) => !exempt(file) && pattern.test(code(file.text))).map((file) => file.path);
}

test('every source file is in a room of the design or is one of the shared files', () => {
  expect(files.filter((file) => file.room === undefined && !shared.has(file.path)).map((file) => file.path)).toEqual(
    [],
  );
  expect(files.length).toBeGreaterThan(50);
});

test('a room imports only from the rooms above it', () => {
  const wrong: string[] = [];
  for (const file of files) {
    for (const [, target = ''] of code(file.text).matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)) {
      const imported = relative(source, join(source, file.path, '..', target));
      if (shared.has(imported)) continue;
      const room = rooms.find((name) => imported.startsWith(`${name}/`));
      const mayImport = file.room === undefined ? [] : (allowed[file.room] ?? rooms.slice(0, rooms.indexOf(file.room)));
      if (room === undefined || (room !== file.room && !mayImport.includes(room)))
        wrong.push(`${file.path} imports ${imported}`);
    }
  }
  expect(wrong).toEqual([]);
});

test('only the command line prints', () => {
  expect(offenders(/\bconsole\s*\./, (file) => file.room === 'cli')).toEqual([]);
});

test('only the bin file and its host touch the process', () => {
  const ports = new Set(['cli/bin.ts', 'cli/process-host.ts']);
  // Signalling a helper's process group takes `kill`, which is not in node:child_process.
  const pattern = /(?<![\w.'"/-])process\s*\.|import (?!\{ kill \}).* from 'node:process'/;
  expect(offenders(pattern, (file) => ports.has(file.path))).toEqual([]);
});

test('nothing reads the clock of the day or an unseeded random source except the host', () => {
  const pattern = /\bMath\.random\b|\bDate\.now\b|\bnew Date\(\)|\bperformance\.timeOrigin\b/;
  expect(offenders(pattern, (file) => file.path === 'cli/process-host.ts')).toEqual([]);
});

test('no heavy library is loaded by an eager import on the way to an arithmetic answer', () => {
  const heavy = /^(zod|yaml|hdr-histogram-js|fzstd|xz-decompress|saxes)$/;
  const seen = new Set<string>();
  const offences: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    if (seen.has(path)) return;
    seen.add(path);
    const file = files.find((candidate) => candidate.path === path);
    if (!file) return;
    for (const [statement, target = ''] of code(file.text).matchAll(/^(?:import|export)\s[^;]*?from\s+'([^']+)'/gm)) {
      if (/^(?:import|export)\s+type\b/.test(statement)) continue;
      if (heavy.test(target)) offences.push([...trail, path, target].join(' → '));
      if (target.startsWith('.')) visit(relative(source, join(source, path, '..', target)), [...trail, path]);
    }
  };
  for (const command of ['recommend', 'capacity']) visit(`cli/commands/${command}.ts`, []);
  visit('cli/bin.ts', []);
  expect(offences).toEqual([]);
});
