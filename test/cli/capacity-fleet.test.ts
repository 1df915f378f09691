import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import { afterAll, describe, expect, test } from 'vitest';
import { sampleHeader, sampleRows } from '../../bench/fleet/sample-fleet.ts';
import { fleetSchema } from '../../src/report/schemas/fleet.ts';
import { ExitCode, runCli } from '../helpers/host.ts';

const directory = mkdtempSync(join(tmpdir(), 'qtune-fleet-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const sample = `${[sampleHeader, ...sampleRows(300, 5)].join('\n')}\n`;
const write = (name: string, content: string | Uint8Array): void => writeFileSync(join(directory, name), content);
write('fleet.csv', sample);

const cli = (...args: string[]) => runCli(['capacity', ...args], { cwd: directory });

async function document(...args: string[]) {
  const { exitCode, stdout, stderr } = await cli(...args, '--json');
  expect([exitCode, stderr]).toEqual([ExitCode.ok, '']);
  return fleetSchema.strict().parse(JSON.parse(stdout));
}

async function refusal(...args: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await cli(...args);
  expect([exitCode, stdout]).toEqual([ExitCode.usage, '']);
  return stderr;
}

describe('the document', () => {
  test('one disk takes what capacity --disk says of it', async () => {
    write('one.csv', 'disk,chain\n2T,3\n');
    const { today } = await document('one.csv');
    const alone = JSON.parse((await cli('--disk', '2T', '--chain', '3', '--json')).stdout);
    expect(today.worstCaseBytes).toBe(alone.total.memoryBytes);
    expect(today.fullCoverageBytes).toBe(alone.cache.l2FullCoverageBytes);
    expect(today.belowFullCoverageCount).toBe(1);
  });

  test('sums of hosts and of workloads are those of the fleet, and the split keeps to its budget', async () => {
    const budget = 3 * 2 ** 30;
    const { today, hosts, workloads, split } = await document('fleet.csv', '--budget', '3G');
    const sum = (of: readonly number[]): number => of.reduce((total, value) => total + value, 0);
    for (const parts of [hosts, workloads]) {
      expect(sum(parts.map((part) => part.diskCount))).toBe(300);
      expect(sum(parts.map((part) => part.worstCaseBytes))).toBe(today.worstCaseBytes);
      expect(sum(parts.map((part) => part.missesPerSecond))).toBeCloseTo(today.missesPerSecond, 3);
    }
    expect(split?.memoryBytes).toBeLessThanOrEqual(budget);
    expect(split?.memoryBytes).toBeGreaterThan(0.999 * budget);
    expect(sum(hosts.map((host) => host.split?.memoryBytes ?? 0))).toBe(split?.memoryBytes);
    expect(split?.boundRatio).toBeGreaterThan(0.99);
    expect(split?.missesPerSecond).toBeLessThan(split?.evenMissesPerSecond ?? 0);
  });

  test('with a budget for each host, none takes more', async () => {
    const { hosts, split, growth } = await document('fleet.csv', '--budget-per-host', '700M');
    expect(split?.budget).toEqual({ scope: 'host', budgetBytes: 700 * 2 ** 20 });
    for (const host of hosts) expect(host.split?.memoryBytes).toBeLessThanOrEqual(700 * 2 ** 20);
    expect(growth?.points.map(({ month }) => month)).toEqual([0, 3, 6, 9, 12, 18, 24, 36]);
  });

  test('growth only adds, and says when the budget is exceeded', async () => {
    write('growing.csv', 'name,disk,allocated,growth\na,1T,100G,64G\n');
    const { growth } = await document('growing.csv', '--budget', '33M');
    // 64 KiB clusters: 8 bytes map 64 KiB; 1 TiB needs 128 MiB, but 100 GiB of data alone could be in all of its entries.
    expect(growth?.exceededMonth).toBe(0);
    const needed = growth?.points.map((point) => point.neededBytes) ?? [];
    expect(needed).toEqual([...needed].sort((left, right) => left - right));
    expect(growth?.points.at(-1)).toMatchObject({
      month: 36,
      enlargedCount: 1,
      allocatedBytes: (100 + 36 * 64) * 2 ** 30,
    });
  });

  test('disks to convert come by memory saved per byte copied, without those with snapshots', async () => {
    write(
      'convert.csv',
      "name,disk,allocated,snapshots,chain\nbig;'$(x),2T,1T,0,1\nfirst,2T,100G,0,2\nkept,2T,100G,3,1\nsmall,1G,1G,0,1\n",
    );
    const { conversion } = await document('convert.csv');
    expect(conversion.steps.map(({ name }) => name)).toEqual(['first', "big;'$(x)"]);
    expect(conversion.keptForSnapshotsCount).toBe(1);
    const [first, second] = conversion.steps;
    expect(first?.command).toMatch(
      /^qemu-img convert .*-o cluster_size=2M,extended_l2=on -B .* -F qcow2 first first\.new$/,
    );
    // 256 MiB of L2 tables and 256 KiB of refcounts are 16 MiB and 8 MiB with 2 MiB clusters and subclusters.
    expect(first?.savedBytes).toBe(256.25 * 2 ** 20 - 24 * 2 ** 20);
    const echoed = spawnSync('sh', ['-c', `set -- ${second?.command}; printf '%s\\n' "$@"`], { encoding: 'utf8' });
    expect(echoed.stdout).toContain("\nbig;'$(x)\n");
  });

  test('old QEMU gets larger clusters without subclusters', async () => {
    const { conversion } = await document('convert.csv', '--qemu-version', '5.1');
    expect(conversion.steps[0]).toMatchObject({ extendedL2: false });
    expect(conversion.steps[0]?.command).not.toContain('extended_l2');
  });

  test('the same file gives the same bytes, plain, packed and from a curve of ones own', async () => {
    write('fleet.csv.gz', gzipSync(sample));
    const [first, again, packed] = await Promise.all(
      ['fleet.csv', 'fleet.csv', 'fleet.csv.gz'].map(
        async (name) => (await cli(name, '--budget', '3G', '--json')).stdout,
      ),
    );
    expect(again).toBe(first);
    expect(packed?.replaceAll('fleet.csv.gz', 'fleet.csv')).toBe(first);
  });
});

describe('files', () => {
  test('--out has every disk, as CSV and as JSON lines, with figures that add up', async () => {
    write('names.csv', 'name,disk,iops,count\n"a,""b""",1T,5,1\n=cmd(),2T,500,1\n');
    for (const name of ['out.csv', 'out.jsonl']) {
      expect((await cli('names.csv', '--budget', '200M', '--out', name)).exitCode).toBe(ExitCode.ok);
    }
    const csv: Record<string, string>[] = parse(readFileSync(join(directory, 'out.csv'), 'utf8'), { columns: true });
    const json = readFileSync(join(directory, 'out.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(csv.map(({ name }) => name)).toEqual(['a,"b"', "'=cmd()"]);
    expect(json.map(({ name }) => name)).toEqual(['a,"b"', '=cmd()']);
    expect(csv.map(({ l2CacheBytes }) => Number(l2CacheBytes))).toEqual(json.map(({ l2CacheBytes }) => l2CacheBytes));
    expect(json[1].l2CacheBytes).toBeGreaterThan(json[0].l2CacheBytes);
  });

  test('a recorded curve is a workload of the file', async () => {
    write(
      'trace.iolog',
      `fio version 2 iolog\nd add\nd open\n${Array.from({ length: 400 }, (_, at) => `d read ${((at * 37) % 50) * 2 ** 26} 4096\n`).join('')}d close\n`,
    );
    write(
      'curve.json',
      (await runCli(['curve', '--requests', 'trace.iolog', '--disk', '8G', '--json'], { cwd: directory })).stdout,
    );
    write('traced.csv', 'name,disk,workload,iops\nx,1T,mine,100\n');
    const { workloads, split } = await document('traced.csv', '--curve', 'mine=curve.json', '--budget', '1M');
    expect(workloads.map(({ name }) => name)).toEqual(['mine']);
    // Fifty slices of 32 MiB are used over and over: 200 KiB hold them all.
    expect(split?.classes[0]?.largestCacheBytes).toBe(50 * 4096);
    expect(await refusal('traced.csv')).toContain('"mine" is no workload');
    expect(await refusal('traced.csv', '--curve', 'mine=traced.csv')).toContain('no document of `qtune curve --json`');
  });
});

describe('refusals', () => {
  test.each([
    [['missing.csv'], 'there is no such file'],
    [['.'], 'this is a directory'],
    [['fleet.csv', '--budget', '1M'], 'less than the least that QEMU sets up for these disks'],
    [['fleet.csv', '--budget-per-host', '1M'], 'the disks of host "kvm'],
    [['fleet.csv', '--budget', '16GB'], 'ambiguous'],
    [['fleet.csv', '--budget', '1G', '--budget-per-host', '1G'], 'two ways'],
    [['fleet.csv', '--disk', '1T'], '--disk is for one disk'],
    [['--disk', '1T', '--budget', '1G'], '--budget is for a fleet'],
    [['fleet.csv', '--out', 'x.txt'], 'neither a .csv nor a .jsonl'],
    [['fleet.csv', '--workload', 'unheard'], '--workload: "unheard" is none of general'],
    [['fleet.csv', '--curve', 'x'], 'is not NAME=FILE'],
    [['-'], 'no standard input'],
  ])('%j: %s', async (args, why) => {
    expect(await refusal(...args)).toContain(why);
  });

  test('names with control characters are spelled out', async () => {
    write('evil.csv', 'name,disk,allocated,host,\u001b[31m\n\u001b[2Jx,2T,10G,\u202eh,1\n');
    const { stdout, stderr } = await cli('evil.csv', '--budget', '1G');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what must not be there
    expect(stdout + stderr).not.toMatch(/[\u001b\u202e]/);
    expect(stdout).toContain('\\x1b[2Jx');
  });
});

test('the text fits 80 columns, but for commands and names', async () => {
  for (const budget of [[], ['--budget', '3G'], ['--budget-per-host', '700M']]) {
    const { stdout } = await cli('fleet.csv', ...budget);
    const long = stdout.split('\n').filter((line) => line.length > 80 && !line.includes('qemu-img convert'));
    expect(long).toEqual([]);
    expect(stdout).toContain('Metadata caches in memory, today');
  }
});
