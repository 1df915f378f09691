import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compareSchema } from '../../src/report/schemas/compare.ts';
import { ExitCode, runCli } from '../helpers/host.ts';
import { around, configuration, type JournalDirectory, journalDirectory } from '../helpers/journal.ts';
import { sampleEnvironment } from '../helpers/trials.ts';

let journals: JournalDirectory;
const small = configuration({ 'l2-cache-size': '1M' });
const large = configuration({ 'l2-cache-size': '4M' });

beforeAll(() => {
  journals = journalDirectory();
  const startMs = Date.UTC(2026, 0, 3);
  const cells = (iops: number, noise = 0.01, count = 12) => ({
    cells: [small, large].map((one, index) => ({ configuration: one, iops: around(iops, count, noise, index) })),
    startMs,
  });
  journals.write('base.ndjson', { ...cells(1000), startMs: 0 });
  journals.write('same.ndjson', cells(1001));
  journals.write('slow.ndjson', cells(900));
  journals.write('noisy.ndjson', cells(960, 0.3));
  journals.write('few.ndjson', cells(500, 0.01, 2));
  journals.write('half.ndjson', { cells: cells(1000).cells.slice(0, 1), startMs });
  journals.write('elsewhere.ndjson', {
    ...cells(500),
    header: { environment: { ...sampleEnvironment, cpuModel: 'Another', fingerprint: 'another' } },
  });
});
afterAll(() => journals.remove());

async function gate(rules: string, head: string, ...argv: string[]) {
  writeFileSync(join(journals.path, 'rules.yaml'), rules);
  return runCli(['compare', 'base.ndjson', head, '--fail-on', 'rules.yaml', ...argv], { cwd: journals.path });
}

describe('rules', () => {
  test.each([
    ['a loss', 'rules: [{ metric: iops, maximumLoss: 5% }]', ExitCode.no],
    ['a loss that is allowed', 'rules: [{ metric: iops, maximumLoss: 20 }]', ExitCode.ok],
    [
      'a loss of another workload',
      'rules: [{ workload: boot*, metric: iops, maximumLoss: 5%, optional: true }, { metric: hostIoCount, maximumLoss: 0 }]',
      ExitCode.ok,
    ],
    ['a loss of some configurations', 'rules: [{ configuration: "*=?M", metric: iops, maximumLoss: 5% }]', ExitCode.no],
    ['a bound that head keeps', 'rules: [{ metric: latencyMs.p99, atMost: 5ms }]', ExitCode.ok],
    ['a bound that head breaks', 'rules: [{ metric: latencyMs.p99, atMost: 3000us }]', ExitCode.no],
    ['a lower bound', 'rules: [{ metric: iops, atLeast: 950 }]', ExitCode.no],
    ['bytes', 'rules: [{ metric: allocatedBytes, atMost: 2M }]', ExitCode.no],
    ['bytes within', 'rules: [{ metric: allocatedBytes, atMost: 3M }]', ExitCode.ok],
    ['a metric beyond the usual ones', 'rules: [{ metric: latencyMs.max, maximumLoss: 5% }]', ExitCode.no],
  ])('about %s', async (_, rules, exitCode) => {
    const { exitCode: code, stdout, stderr } = await gate(rules, 'slow.ndjson', '--json');
    expect([code, stderr]).toEqual([exitCode, '']);
    const document = compareSchema.parse(JSON.parse(stdout));
    expect(document.gate).toMatchObject({
      passed: exitCode === ExitCode.ok,
      failOnRatio: null,
      rulesFile: 'rules.yaml',
    });
    expect(document.gate?.checkedCount).toBeGreaterThan(0);
  });

  test('say whether doubt fails', async () => {
    const rules = (inconclusive: string) => `rules: [{ metric: iops, maximumLoss: 5%, inconclusive: ${inconclusive} }]`;
    expect((await gate(rules('pass'), 'noisy.ndjson')).exitCode).toBe(ExitCode.ok);
    expect((await gate(rules('fail'), 'noisy.ndjson')).exitCode).toBe(ExitCode.inconclusive);
  });

  test('say whether a cell may be missing', async () => {
    const rules = (missing: string) => `rules: [{ metric: iops, maximumLoss: 5%, missing: ${missing} }]`;
    const refused = await gate(rules('fail'), 'half.ndjson');
    expect(refused.exitCode).toBe(ExitCode.usage);
    expect(refused.stdout).toContain('l2-cache-20g/l2-cache-size=4M: not compared: not in head');
    expect((await gate(rules('allow'), 'half.ndjson')).exitCode).toBe(ExitCode.ok);
  });

  test.each([
    [
      'rules: [{ metrik: iops, maximumLoss: 5% }]',
      'rules.yaml:1: column 11: metrik: unknown key',
      'Did you mean metric?',
    ],
    ['rules:\n  - metric: iopz\n    maximumLoss: 5%', 'rules.yaml:2: column 5: metric: "iopz"', 'Did you mean iops?'],
    ['rules:\n  - metric: iops\n    maximumLoss: much', 'rules.yaml:3: column 5: maximumLoss: "much"', 'Write 5%'],
    ['rules: [{ metric: latencyMs.p99, atMost: 2 parsecs }]', 'atMost: "2 parsecs" is not a duration', ''],
    ['rules: [{ atMost: 2ms }]', 'a bound needs the metric', 'latencyMs.p99'],
    ['rules: [{ metric: iops }]', 'the rule demands nothing', 'maximumLoss'],
    ['rules: []', 'rules.yaml:1', ''],
    ['rules: [{ workload: boo, maximumLoss: 5% }]', 'rules.yaml:1: the rule is about nothing', 'optional: true'],
    ['schema: qtune.gate/9\nrules: [{ maximumLoss: 1 }]', 'rules.yaml:1', ''],
    ['rules: [', 'this is not YAML', ''],
    ['', 'rules.yaml', ''],
  ])('%j is refused with its place', async (rules, message, hint) => {
    const { exitCode, stderr } = await gate(rules, 'slow.ndjson');
    expect(exitCode).toBe(ExitCode.usage);
    expect(stderr).toContain(message);
    expect(stderr).toContain(hint);
  });

  test('a file that is not there is refused before anything is read', async () => {
    const argv = ['compare', 'base.ndjson', 'slow.ndjson', '--fail-on', 'none.yaml'];
    expect(await runCli(argv, { cwd: journals.path })).toMatchObject({
      exitCode: ExitCode.usage,
      stderr: 'qtune: none.yaml: there is no such file\n',
    });
  });
});

describe('a gate is never green because nothing was compared', () => {
  test.each([
    ['few.ndjson', '2 pairs'],
    ['elsewhere.ndjson', 'the hosts differ'],
    ['half.ndjson', 'not in head'],
  ])('%s', async (head, reason) => {
    const { exitCode, stdout, stderr } = await runCli(['compare', 'base.ndjson', head, '--fail-on', '5%'], {
      cwd: journals.path,
    });
    expect(exitCode).toBe(ExitCode.usage);
    expect(stdout).toContain('Gate: not passed');
    expect(stderr).toContain(reason);
    expect(stdout + stderr).not.toMatch(/NaN|Infinity|undefined/);
  });

  test('a cell that the baseline does not have is none either, unless that is allowed', async () => {
    const argv = ['compare', 'half.ndjson', 'same.ndjson', '--fail-on', '5%'];
    expect((await runCli(argv, { cwd: journals.path })).exitCode).toBe(ExitCode.usage);
    expect((await runCli([...argv, '--allow-missing'], { cwd: journals.path })).exitCode).toBe(ExitCode.ok);
  });

  test('a loss counts more than what could not be compared', async () => {
    journals.write('worse-half.ndjson', { cells: [{ configuration: small, iops: around(500, 12) }], startMs: 9e11 });
    const argv = ['compare', 'base.ndjson', 'worse-half.ndjson', '--fail-on', '5%'];
    expect((await runCli(argv, { cwd: journals.path })).exitCode).toBe(ExitCode.no);
  });
});
