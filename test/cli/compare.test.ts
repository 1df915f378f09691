import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compareSchema } from '../../src/report/schemas/compare.ts';
import { ExitCode, runCli } from '../helpers/host.ts';
import { around, configuration, type JournalDirectory, journalDirectory, journalText } from '../helpers/journal.ts';

let journals: JournalDirectory;

beforeAll(() => {
  journals = journalDirectory();
  const cells = (middle: number, shift: number) => ({ cells: [{ iops: around(middle, 12, 0.01, shift) }] });
  journals.write('base.ndjson', cells(1000, 0));
  journals.write('head.ndjson', { ...cells(1001, 3), startMs: Date.UTC(2026, 0, 3) });
  journals.write('slow.ndjson', { ...cells(850, 3), startMs: Date.UTC(2026, 0, 3) });
  journals.write('noisy.ndjson', {
    cells: [{ iops: around(950, 12, 0.3, 5) }],
    startMs: Date.UTC(2026, 0, 3),
  });
  journals.write('matrix.ndjson', {
    cells: ['1M', '4M', '8M'].map((size, index) => ({
      configuration: configuration({ 'l2-cache-size': size }),
      iops: around(index === 1 ? 2000 : 1000, 12, 0.01, index),
    })),
  });
  mkdirSync(join(journals.path, 'runs'));
  for (let run = 0; run < 6; run++) {
    journals.write(`runs/${run}.ndjson`, { ...cells(1000, run), startMs: Date.UTC(2026, 0, 3 + run) });
  }
  journals.write(
    'rules.yaml',
    'rules:\n  - metric: iops\n    maximumLoss: 5%\n  - { metric: latencyMs.p99, atMost: 10ms }\n',
  );
  journals.write('short.ndjson', { cells: [{ iops: [900] }], startMs: Date.UTC(2026, 0, 3) });
  journals.write('other.ndjson', { cells: [{ workload: 'boot', iops: [1] }] });
  journals.write('empty.ndjson', '');
  journals.write('text.ndjson', 'hello\n');
  journals.write('object.ndjson', '{"type":"trial"}\n');
  const text = journalText(cells(850, 3));
  journals.write('cut.ndjson', text.slice(0, -40));
  journals.write('not-a-number.ndjson', text.replace(/"iops":[\d.]+/, '"iops":NaN'));
  journals.write('infinite.ndjson', text.replace(/"iops":[\d.]+/, '"iops":1e999'));
  journals.write('newer.ndjson', text.replace('qtune.journal/1', 'qtune.journal/9'));
  journals.write('two-headers.ndjson', text + text);
  journals.write('no-trials.ndjson', `${text.split('\n')[0]}\n`);
});
afterAll(() => journals.remove());

const qtune = (...argv: string[]) => runCli(['compare', ...argv], { cwd: journals.path });

describe('the exit code', () => {
  test.each([
    ['0 without a gate, even on a loss', ['base.ndjson', 'slow.ndjson'], ExitCode.ok],
    ['1 where the gate finds a loss', ['base.ndjson', 'slow.ndjson', '--fail-on', '5%'], ExitCode.no],
    ['the same without the percent sign', ['base.ndjson', 'slow.ndjson', '--fail-on', '5'], ExitCode.no],
    ['0 where the loss is below the gate', ['base.ndjson', 'slow.ndjson', '--fail-on', '30%'], ExitCode.ok],
    ['0 where there is no loss', ['base.ndjson', 'head.ndjson', '--fail-on', '5%'], ExitCode.ok],
    ['0 where noise leaves it undecided', ['base.ndjson', 'noisy.ndjson', '--fail-on', '5%'], ExitCode.ok],
    ['2 where there is too little to compare', ['base.ndjson', 'short.ndjson', '--fail-on', '5%'], ExitCode.usage],
    ['4 where that was asked for', ['base.ndjson', 'short.ndjson', '--fail-on-inconclusive'], ExitCode.inconclusive],
    ['1 rather than 4', ['base.ndjson', 'slow.ndjson', '--fail-on=5', '--fail-on-inconclusive'], ExitCode.no],
  ])('is %s', async (_, argv, exitCode) => {
    expect((await qtune(...argv)).exitCode).toBe(exitCode);
  });
});

test('a gate that passes on doubt says so on standard error', async () => {
  const { stderr } = await qtune('base.ndjson', 'noisy.ndjson', '--fail-on', '5%');
  expect(stderr).toBe('qtune: the gate passed, but not every comparison was conclusive\n');
});

test('--json is one document with the keys of the contract, finite numbers and the gate', async () => {
  const { stdout, stderr, exitCode } = await qtune('base.ndjson', 'slow.ndjson', '--json', '--fail-on', '5%');
  expect(exitCode).toBe(ExitCode.no);
  expect(stderr).toBe('');
  const document = compareSchema.parse(JSON.parse(stdout));
  expect(Object.keys(document)[0]).toBe('schema');
  expect(document.verdict).toBe('worse');
  expect(document.gate?.passed).toBe(false);
  expect(document.cells[0]).toMatchObject({
    cell: 'l2-cache-20g/l2-cache-size=1048576',
    metric: 'iops',
    verdict: 'worse',
    baseCount: 12,
    headCount: 12,
  });
  const { ratio, low, high } = document.cells[0] ?? {};
  expect(ratio).toBeCloseTo(0.85, 2);
  expect(low).toBeLessThanOrEqual(ratio ?? 0);
  expect(high).toBeGreaterThanOrEqual(ratio ?? 1);
  expect((await qtune('base.ndjson', 'slow.ndjson', '--format', 'json', '--fail-on', '5%')).stdout).toBe(stdout);
});

test('the options for metric, threshold and confidence take effect', async () => {
  const { stdout } = await qtune(
    ...['base.ndjson', 'slow.ndjson', '--json', '--metric', 'iops', '--threshold', '20%', '--confidence', '99'],
  );
  const document = compareSchema.parse(JSON.parse(stdout));
  expect(document).toMatchObject({ confidence: 0.99, thresholdRatio: 0.2, verdict: 'same' });
  expect(document.cells).toHaveLength(1);
});

test('the threshold is apart from significance: at 0 % a small real difference is a verdict', async () => {
  const { stdout } = await qtune('base.ndjson', 'slow.ndjson', '--metric=iops', '--threshold=0', '--confidence=0.95');
  expect(stdout).toContain('Verdict: worse (1 worse, 0 better, 0 same, 0 inconclusive; noise threshold 0 %)');
});

describe('what is no usable journal is refused in one line that names it', () => {
  test.each([
    ['missing.ndjson', 'there is no such file'],
    ['.', 'it is a directory'],
    ['empty.ndjson', 'no header'],
    ['text.ndjson', 'text.ndjson:1: not a journal record'],
    ['object.ndjson', 'object.ndjson:1'],
    ['not-a-number.ndjson', 'not-a-number.ndjson:2'],
    ['infinite.ndjson', 'metrics.iops is not a finite number'],
    ['newer.ndjson', 'written by a newer qtune'],
    ['two-headers.ndjson', 'a second header'],
    ['other.ndjson', 'no cell of the baseline is in this journal'],
    ['no-trials.ndjson', 'no cell of the baseline is in this journal'],
  ])('%s: %s', async (name, message) => {
    const { exitCode, stdout, stderr } = await qtune('base.ndjson', name);
    expect(exitCode).toBe(ExitCode.usage);
    expect(stdout).toBe('');
    expect(stderr).toContain(message);
    expect(stderr).not.toMatch(/^ +at /m);
  });

  test('a journal cut in its last line is used without it, and it is said', async () => {
    const { exitCode, stdout } = await qtune('base.ndjson', 'cut.ndjson');
    expect(exitCode).toBe(ExitCode.ok);
    expect(stdout).toContain('the last line is not whole');
    expect(stdout).toMatch(/l2-cache-size=1048576 .* 11 +worse/);
  });
});

describe('a wrong option is refused', () => {
  test.each([
    [['--fail-on', 'much'], '--fail-on: "much" is not a percentage from 0 to 1000'],
    [['--fail-on', '-5'], '--fail-on'],
    [['--fail-on', '1', '--fail-on', '2'], '--fail-on was given 2 times'],
    [['--threshold', '101'], '--threshold: "101"'],
    [['--confidence', '100'], '--confidence: "100"'],
    [['--confidence', '1'], '--confidence: "1"'],
    [['--metric', 'speed'], '--metric: there is no metric "speed"'],
    [['--format', 'xml'], '--format: "xml" is not known'],
  ])('%j', async (argv, message) => {
    const { exitCode, stderr } = await qtune('base.ndjson', 'head.ndjson', ...argv);
    expect(exitCode).toBe(ExitCode.usage);
    expect(stderr).toContain(message);
  });
});

test('one sample, zero variance and no variance at all give no NaN anywhere', async () => {
  journals.write('constant.ndjson', { cells: [{ iops: new Array<number>(10).fill(1000) }] });
  journals.write('one.ndjson', {
    cells: [{ configuration: configuration({ 'l2-cache-size': 1_048_576 }), iops: [1000] }],
  });
  for (const head of ['constant.ndjson', 'one.ndjson', 'base.ndjson']) {
    for (const format of ['table', 'json']) {
      const { stdout, exitCode } = await qtune('constant.ndjson', head, '--format', format);
      expect(exitCode).toBe(ExitCode.ok);
      expect(stdout).not.toMatch(/NaN|Infinity|undefined/);
    }
  }
  const { stdout } = await qtune('constant.ndjson', 'constant.ndjson', '--json', '--metric', 'iops');
  expect(JSON.parse(stdout).verdict).toBe('inconclusive');
});

test('the examples of the help run', async () => {
  const { compareCommand } = await import('../../src/cli/commands/compare.ts');
  for (const { command } of compareCommand.examples) {
    const { exitCode, stdout } = await runCli(command.split(' '), { cwd: journals.path });
    expect(exitCode).toBe(ExitCode.ok);
    const [, output] = /--output (\S+)/.exec(command) ?? [];
    const text = output === undefined ? stdout : readFileSync(join(journals.path, output), 'utf8');
    expect(text).not.toBe('');
  }
});
