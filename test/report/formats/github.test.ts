import { describe, expect, test } from 'vitest';
import { githubOutputs, renderGithub } from '../../../src/report/formats/github.ts';
import { renderTableFormat } from '../../../src/report/formats/table.ts';
import {
  empty,
  failed,
  hindered,
  hostile,
  hostileGate,
  passed,
  ruled,
  sampleCell,
  sampleComparison,
  variety,
} from './samples.ts';

interface RunnerCommand {
  readonly name: string;
  readonly properties: Readonly<Record<string, string>>;
  readonly data: string;
}

const registered = new Set([
  'error',
  'warning',
  'notice',
  'group',
  'endgroup',
  'stop-commands',
  'set-output',
  'add-mask',
]);

/** Replaces in the runner's order: the percent sign last. */
function unescaped(text: string, replacements: readonly (readonly [string, string])[]): string {
  return replacements.reduce((result, [from, to]) => result.replaceAll(from, to), text);
}

/**
 * Reads a log as GitHub's runner does.
 * @source actions/runner, src/Runner.Common/ActionCommand.cs (TryParseV2, TryParse) and ActionCommandManager.cs
 */
function runnerReads(log: string): { readonly commands: readonly RunnerCommand[]; readonly text: readonly string[] } {
  const commands: RunnerCommand[] = [];
  const text: string[] = [];
  let stopToken: string | undefined;
  for (const line of log.split(/\r\n|\r|\n/)) {
    const known = stopToken === undefined ? registered : new Set([...registered, stopToken]);
    const command = parseNew(line, known) ?? parseOld(line, known);
    if (command === undefined) text.push(line);
    else if (stopToken !== undefined) {
      if (command.name === stopToken) stopToken = undefined;
      else text.push(line);
    } else {
      if (command.name === 'stop-commands') stopToken = command.data;
      commands.push(command);
    }
  }
  expect(stopToken).toBeUndefined();
  return { commands, text };
}

function parseNew(line: string, known: ReadonlySet<string>): RunnerCommand | undefined {
  const message = line.trimStart();
  const end = message.indexOf('::', 2);
  if (!message.startsWith('::') || end < 0) return undefined;
  const info = message.slice(2, end);
  const space = info.indexOf(' ');
  const name = space < 0 ? info : info.slice(0, space);
  if (!known.has(name)) return undefined;
  const properties: Record<string, string> = {};
  for (const pair of space > 0
    ? info
        .slice(space + 1)
        .trim()
        .split(',')
    : []) {
    const equals = pair.indexOf('=');
    if (equals > 0 && equals + 1 < pair.length) {
      const escapes = [
        ['%0D', '\r'],
        ['%0A', '\n'],
        ['%3A', ':'],
        ['%2C', ','],
        ['%25', '%'],
      ] as const;
      properties[pair.slice(0, equals)] = unescaped(pair.slice(equals + 1), escapes);
    }
  }
  const data = unescaped(message.slice(end + 2), [
    ['%0D', '\r'],
    ['%0A', '\n'],
    ['%25', '%'],
  ]);
  return { name, properties, data };
}

/** The old form, `##[name …]data`, is found anywhere in a line. */
function parseOld(line: string, known: ReadonlySet<string>): RunnerCommand | undefined {
  const [, name = '', data = ''] = /##\[([^\] ]*)[^\]]*\](.*)/.exec(line) ?? [];
  return known.has(name) ? { name, properties: {}, data } : undefined;
}

function annotations(log: string) {
  return runnerReads(log)
    .commands.filter(({ name }) => ['error', 'warning', 'notice'].includes(name))
    .map(({ name, properties, data }) => [name, properties.title, data]);
}

test('what fails the gate is an error, what else is worse or missing a warning, what is better a notice', () => {
  expect(annotations(renderGithub(variety, failed))).toEqual([
    ['error', 'qtune: worse, from zero', 'l2-cache-20g/l2-cache-size=1M hostIo.zero: 0 → 12, from zero'],
    ['error', 'qtune: not compared', 'boot/cache=none: not in head'],
    ['error', 'qtune: not compared', 'boot/cache=unsafe: not in base'],
    ['error', 'qtune: not completed', 'boot/cluster_size=2M: head completed no trial of it: 3 failed'],
    ['error', 'qtune: 20 % worse', 'l2-cache-20g/l2-cache-size=1M allocatedBytes: 3.32 MiB → 3.98 MiB, +20.0 %'],
    [
      'error',
      'qtune: 19 % worse',
      'l2-cache-20g/l2-cache-size=1M latencyMs.p50: 0.092 ms ±3 % → 0.11 ms ±2 %, +19.0 % [+17.0, +21.0]',
    ],
    ['error', 'qtune: 15 % worse', 'l2-cache-20g/l2-cache-size=1M iops: 1k ±1 % → 850 ±2 %, -15.0 % [-16.0, -14.0]'],
    ['notice', 'qtune: better', expect.stringContaining('l2-cache-20g/l2-cache-size=2M iops')],
    ['notice', 'qtune: better', expect.stringContaining('boot/default iops')],
  ]);
});

test('broken bounds, doubt that fails and what could not be judged are errors with their reasons', () => {
  const errors = annotations(renderGithub(variety, ruled)).filter(([level]) => level === 'error');
  expect(errors).toEqual([
    ['error', 'qtune: not compared', 'boot/cache=none: not in head'],
    ['error', 'qtune: not compared', 'boot/default: the hosts differ'],
    ['error', 'qtune: not compared', 'nothing was compared'],
    ['error', 'qtune: out of bounds', expect.stringMatching(/latencyMs\.p50: .*; 0\.11 ms, above 0\.1 ms$/)],
    ['error', 'qtune: inconclusive', expect.stringMatching(/l2-cache-size=8M iops: .*; too noisy$/)],
  ]);
});

test('without a gate nothing is an error', () => {
  const levels = annotations(renderGithub(variety, undefined)).map(([level]) => level);
  expect(new Set(levels)).toEqual(new Set(['warning', 'notice']));
  expect(levels.filter((level) => level === 'warning')).toHaveLength(6);
});

test('the log has the table of the terminal, folded', () => {
  const { commands, text } = runnerReads(renderGithub(variety, passed));
  expect(commands.slice(0, 3).map((command) => command.name)).toEqual(['group', 'stop-commands', 'endgroup']);
  expect(text.join('\n')).toContain(renderTableFormat(variety, passed).trimEnd());
});

test('of each level the ten that GitHub shows are the largest, the tenth counts the others', () => {
  const cells = Array.from({ length: 25 }, (_, index) =>
    sampleCell({ headConfiguration: `c${index}`, ratio: 0.9 - index / 100, low: 0.5, high: 0.95 }),
  );
  const found = annotations(renderGithub(sampleComparison(cells), undefined));
  expect(found).toHaveLength(10);
  expect(found[0]?.[2]).toContain('/c24 ');
  expect(found[8]?.[2]).toContain('/c16 ');
  expect(found[9]?.[2]).toBe('and 16 more, see the log or the summary');
  expect(annotations(renderGithub(sampleComparison(cells.slice(0, 10)), undefined))).toHaveLength(10);
});

describe('hostile text', () => {
  const log = renderGithub(hostile, hostileGate);

  test('is never a command, neither in the table nor in an annotation', () => {
    const { commands } = runnerReads(log);
    const names = commands.map((command) => command.name);
    expect(new Set(names)).toEqual(new Set(['group', 'stop-commands', 'endgroup', 'error']));
    expect(names.filter((name) => name === 'group' || name === 'endgroup')).toHaveLength(2);
    for (const { name, properties, data } of commands) {
      if (name !== 'error' && name !== 'warning') continue;
      expect(Object.keys(properties)).toEqual(['title']);
      expect(properties.title).toMatch(/^qtune/);
      expect(data).not.toMatch(/^owned/);
    }
  });

  test('comes out of the runner as it went in', () => {
    const one = sampleComparison([sampleCell({ workload: '100%25 %0A %3A, ::' })]);
    expect(annotations(renderGithub(one, undefined))[0]?.[2]).toMatch(/^100%25 %0A %3A, ::\/l2-cache-size=1M iops: /);
  });

  test('the word that ends the pause depends on all that stands in it', () => {
    const token = (text: string): string => /::stop-commands::(\S+)/.exec(text)?.[1] ?? '';
    expect(token(log)).toMatch(/^qtune-[0-9a-f]{64}$/);
    expect(token(renderGithub(hostile, undefined))).not.toBe(token(log));
    expect(log.split(token(log))).toHaveLength(3);
  });
});

test('no cell is no annotation', () => {
  expect(annotations(renderGithub(empty, undefined))).toEqual([]);
});

test('outputs are lines of names and values that qtune chose', () => {
  expect(githubOutputs(variety, failed)).toBe('verdict=worse\ngate=failed\nfailed-count=5\n');
  expect(githubOutputs(variety, passed)).toBe('verdict=worse\ngate=passed\nfailed-count=0\n');
  expect(githubOutputs(variety, ruled)).toBe('verdict=worse\ngate=failed\nfailed-count=2\n');
  expect(githubOutputs(variety, hindered)).toBe('verdict=worse\ngate=not-compared\nfailed-count=0\n');
  expect(githubOutputs(empty, undefined)).toBe('verdict=inconclusive\ngate=none\nfailed-count=0\n');
});
