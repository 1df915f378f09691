import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { workloadSchema } from '../../src/report/schemas/workload.ts';
import { ExitCode, runCli } from '../helpers/host.ts';

let cwd = '';
beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'qtune-stats-'));
});
afterAll(() => rm(cwd, { recursive: true, force: true }));

const stats = (...argv: string[]) => runCli(['workload', 'stats', ...argv], { cwd });

/** Two seconds of a log: writes of 8 KiB one behind the other, then half of them again, with a sync after each four. */
function trace(): string {
  const lines = ['t_us,op,offset,length,flags'];
  for (let index = 0; index < 120; index++) {
    lines.push(`${index * 16_000},W,${(index % 80) * 8192},8192,S`);
    if (index % 4 === 3) lines.push(`${index * 16_000 + 100},F,0,0,`);
  }
  lines.push('2000000,R,1048576,65536,');
  return `${lines.join('\n')}\n`;
}

test('a trace is told with times, allocation and re-use, in JSON of its schema', async () => {
  await writeFile(join(cwd, 'log.csv'), trace());
  const { exitCode, stdout, stderr } = await stats('log.csv', '--json');
  expect({ exitCode, stderr }).toEqual({ exitCode: ExitCode.ok, stderr: '' });
  const json = JSON.parse(stdout);
  expect(workloadSchema.parse(json)).toEqual(json);
  expect(json).toMatchObject({
    schema: 'qtune.workload/1',
    name: 'log.csv',
    requestCount: 151,
    readCount: 1,
    writeCount: 120,
    trimCount: 0,
    syncCount: 30,
    readBytes: 65_536,
    writeBytes: 120 * 8192,
    trimBytes: 0,
    footprintBytes: 80 * 8192 + 65_536,
    distinctWrittenBytes: 80 * 8192,
    rewrittenBytes: 40 * 8192,
    durationMs: 2000,
    sequentialRatio: 118 / 121,
    syncs: { writesPerSync: 4, writtenBytesPerSync: 32_768, syncsPerSecond: 15 },
    estimate: null,
    trace: { format: 'qtune-csv', compression: 'none' },
    warnings: [],
  });
  const shape = json.allocation.find((one: { clusterBytes: number }) => one.clusterBytes === 65_536);
  expect(shape).toMatchObject({ writtenClusterCount: 10, allocatingWriteCount: 10, dataBytes: 655_360 });
  expect(json.reuse.l2.points[0].missRatio).toBeCloseTo(1 / 121);
  expect(json.windows.list.reduce((sum: number, one: { requestCount: number }) => sum + one.requestCount, 0)).toBe(151);
});

test('the report has tables and charts within 100 columns', async () => {
  await writeFile(join(cwd, 'report.csv'), trace());
  const { exitCode, stdout } = await stats('report.csv');
  expect(exitCode).toBe(ExitCode.ok);
  for (const line of stdout.split('\n')) expect([...line].length).toBeLessThanOrEqual(100);
  await expect(stdout).toMatchFileSnapshot('../golden/workload-stats.txt');
});

test('a profile has no times: windows are of requests, and what needs times is null', async () => {
  const json = JSON.parse((await stats('random-write', '--json')).stdout);
  expect(workloadSchema.parse(json)).toEqual(json);
  expect(json).toMatchObject({ durationMs: null, timing: null, trace: null, windows: { widthMs: null } });
  const { stdout } = await stats('random-write');
  expect(stdout).toContain('requests, without times');
  expect(stdout).not.toContain('Requests a second');
});

test('what was skipped and picked is said in both', async () => {
  const lines = trace().split('\n');
  lines.splice(3, 0, 'this,is,no,request,');
  await writeFile(join(cwd, 'damaged.csv'), lines.join('\n'));
  const refused = await stats('damaged.csv', '--json');
  expect(refused.exitCode).toBe(ExitCode.usage);
  expect(refused.stdout).toBe('');
  expect(refused.stderr).toContain('damaged.csv:4');
  const { stdout } = await stats('damaged.csv', '--skip-bad', '1', '--json');
  expect(JSON.parse(stdout)).toMatchObject({ requestCount: 151, trace: { skippedCount: 1 }, warnings: [{}] });
  expect((await stats('damaged.csv', '--skip-bad', '1')).stdout).toMatch(/^Note: .*skipped/m);
});

test('a hostile name does not reach the terminal raw', async () => {
  await writeFile(join(cwd, 'a\u001b[31mb.csv'), trace());
  const { stdout } = await stats('./a\u001b[31mb.csv');
  expect(stdout).toContain('requests in 2.0 s');
  expect(stdout).not.toContain('\u001b');
});
