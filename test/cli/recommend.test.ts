import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { recommendCommand } from '../../src/cli/commands/recommend.ts';
import { recommendSchema } from '../../src/report/schemas/recommend.ts';
import { readJournal } from '../../src/trial/journal-reader.ts';
import { ExitCode, runCli } from '../helpers/host.ts';
import { systemQemu } from '../helpers/qemu.ts';

let directory = '';
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'qtune-recommend-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

test.each(recommendCommand.examples.map(({ command }) => command))('the example `qtune %s` runs', async (command) => {
  const { exitCode, stdout, stderr } = await runCli(command.split(' '));
  expect(exitCode).toBe(ExitCode.ok);
  expect(stdout.length).toBeGreaterThan(500);
  expect(stderr).toBe('');
});

test('the cliff comes first, then the comparison, what to paste, the reasons and the other commands', async () => {
  const { stdout } = await runCli(['recommend', '--disk', '2T']);
  expect(stdout).toMatch(/^QEMU's default cache covers 256 GiB of this 2 TiB disk/);
  const order = [
    'recommended  ',
    '\nqemu-img create',
    '\n-drive',
    '\nWhy\n',
    '\nWhat each setting contributes\n',
    '\nIf things change\n',
    '\nAlternatives\n',
    '\nLeft alone\n',
    '\nTo go back',
    '{"execute"',
  ];
  const positions = order.map((text) => stdout.indexOf(text));
  expect(positions).toEqual([...positions].sort((a, b) => a - b));
  expect(positions[0]).toBeGreaterThan(0);
});

test('the same command gives the same bytes', async () => {
  const argv = ['recommend', '--disk', '3T', '--workload', 'database', '--json'];
  expect((await runCli(argv)).stdout).toBe((await runCli(argv)).stdout);
});

test('--json has the keys of the contract', async () => {
  const { stdout } = await runCli(['recommend', '--disk', '2T', '--backing', '--file', 'a.qcow2', '--json']);
  const document = recommendSchema.parse(JSON.parse(stdout));
  expect(document.disk).toEqual({ virtualBytes: 2 ** 41, backing: true });
  expect(document.baseline.create.cluster_size).toBe(65_536);
  expect(document.recommended.expected[0]).toMatchObject({ metric: 'iops', source: 'predicted' });
  expect(Object.keys(document.commands)).toEqual(
    expect.arrayContaining(['qemu-img', 'drive', 'blockdev', 'libvirt', 'virt-install', 'proxmox', 'qmp']),
  );
  expect(document.commands['qemu-img']).toContain('a.qcow2 2T');
  expect(document.evidence).toEqual([]);
});

test('--rank has the model rank at least 500 configurations, and says so; a workload does that too', async () => {
  const env = { XDG_STATE_HOME: directory };
  const { stdout } = await runCli(['recommend', '--disk', '2T', '--rank', '--json'], { env });
  const document = recommendSchema.strict().parse(JSON.parse(stdout));
  expect(document.model?.rankedCount).toBeGreaterThanOrEqual(500);
  expect(document.model?.costs.warning).toContain('not calibrated');
  expect(document.evidence).toHaveLength(4);
  const text = await runCli(['recommend', '--disk', '500G', '--workload', 'database'], { env });
  expect(text.stdout).toMatch(/by the model of\s+QEMU's\s+driver,\s+the\s+best\s+of\s+\d+\s+configurations/);
  expect((await runCli(['recommend', '--disk', '2T', '--rank', '--json'], { env })).stdout).toBe(stdout);
});

test('a disk that is too large for the model is answered from arithmetic, and says so', async () => {
  const { exitCode, stdout, stderr } = await runCli(['recommend', '--disk', '2P', '--rank', '--json']);
  expect(exitCode).toBe(ExitCode.ok);
  expect(stderr).toContain('predicted from arithmetic');
  expect(JSON.parse(stdout).model).toBeUndefined();
});

test('a profile tells its traits by its own requests', async () => {
  const { stdout } = await runCli(['recommend', '--disk', '20G', '--workload', 'l2-cache-20g', '--json']);
  const document = JSON.parse(stdout);
  expect(document.workload.name).toBe('l2-cache-20g');
  expect(document.nothingToGain).toBe(true);
});

test.each([
  [[], '--disk is missing'],
  [['--disk', '2TB'], '--disk: "2TB" is ambiguous'],
  [['--disk', '0'], 'a disk of 0 bytes'],
  [['--disk', '9P'], 'larger than qtune can count'],
  [['--disk', '2T', '--memory', '70K'], 'The least is 72K'],
  [['--disk', '2T', '--memory', '0'], '--memory'],
  [['--disk', '2T', '--workload', 'databse'], 'Plain words are general, database'],
  [['--disk', '2T', '--priority', 'latency'], 'speed, space, memory'],
  [['--disk', '2T', '--qemu-version', 'new'], 'Write it as 7.2'],
  [['--disk', '2T', '--qemu', '/usr/bin'], 'Add --measure'],
  [['--disk', '2T', '--out', 'x.ndjson'], 'Add --measure'],
  [['--disk', '2T', '--measure', 'long'], '--measure: "long" is not a duration'],
  [['--disk', '2T', '--disk', '3T'], '2 times'],
  [['--disk', '2T', '--image', 'x'], 'x: there is no such file'],
])('%j is refused: %s', async (argv, message) => {
  const { exitCode, stdout, stderr } = await runCli(['recommend', ...argv]);
  expect(exitCode).toBe(ExitCode.usage);
  expect(stderr).toContain(message);
  expect(stdout).toBe('');
});

test('without QEMU --measure says what to type and has the model of the driver predict', async () => {
  const env = { PATH: join(directory, 'nowhere'), XDG_STATE_HOME: directory };
  const argv = ['recommend', '--disk', '600G', '--measure'];
  const { exitCode, stdout, stderr } = await runCli([...argv, '--json'], { env });
  expect(exitCode, stderr).toBe(ExitCode.ok);
  expect(stderr).toMatch(/not measured: qemu-img and qemu-io not found on PATH; the model of QEMU's driver predicts/);
  const document = recommendSchema.parse(JSON.parse(stdout));
  expect(document.finding).toMatch(/^Predicted by the model of QEMU's driver: /);
  for (const { expected } of [document.recommended, document.baseline, ...document.alternatives]) {
    const [iops, ...others] = expected.filter(({ metric }) => metric === 'iops');
    expect(others).toEqual([]);
    expect(iops?.source).toBe('predicted');
    expect(iops?.low).toBeLessThan(iops?.value ?? 0);
    expect(iops?.high).toBeGreaterThan(iops?.value ?? Number.POSITIVE_INFINITY);
  }
  expect(document.evidence.length).toBeGreaterThan(3);
  const text = await runCli(argv, { env });
  expect(text.stdout).toContain('Nothing was measured.');
  expect(text.stdout).not.toMatch(/IOPS, measured|Measured/);
});

describe.skipIf(!systemQemu())('with QEMU (qemu-img, qemu-io)', () => {
  test('--measure gives measured values with trial ids as evidence, and leaves nothing behind', async () => {
    const argv = ['recommend', '--disk', '4G', '--workload', 'random-read', '--memory', '300K'];
    const { exitCode, stdout, stderr } = await runCli([...argv, '--measure', '8s', '--out', 'm.ndjson', '--json'], {
      cwd: directory,
      env: { ...process.env, TMPDIR: directory },
    });
    expect(exitCode).toBe(ExitCode.ok);
    expect(stderr).toContain('measuring');
    const document = recommendSchema.parse(JSON.parse(stdout));
    expect(document.finding).toBeDefined();
    expect(document.recommended.expected[0]).toMatchObject({ metric: 'iops', source: 'measured' });
    const journal = await readJournal(join(directory, 'm.ndjson'));
    const completed = journal.trials.filter((trial) => trial.state === 'completed').map((trial) => trial.id);
    expect(document.evidence.length).toBeGreaterThan(3);
    expect(document.evidence.slice(0, completed.length)).toEqual(completed);
    // Beside each measured value stands what the model says of the same requests, with the simulation's id.
    const shown = [document.recommended, document.baseline, ...document.alternatives];
    for (const { expected } of shown) {
      const sources = expected.filter(({ metric }) => metric === 'iops').map(({ source }) => source);
      expect(sources).toEqual(['measured', 'predicted']);
    }
    const configurations = new Set(shown.map(({ create, drive }) => JSON.stringify([create, drive])));
    expect(document.evidence).toHaveLength(completed.length + configurations.size);
    expect(await readdir(directory)).toEqual(['m.ndjson']);
  });

  test('a disk that the file system cannot hold is not measured, and says so', async () => {
    const { exitCode, stderr } = await runCli(['recommend', '--disk', '7P', '--measure', '5s'], {
      env: { ...process.env, TMPDIR: directory },
    });
    expect(exitCode).toBe(ExitCode.ok);
    expect(stderr).toContain('not measured');
  });

  test('an interruption ends the measurement with its exit code and clears up', async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 1500);
    const { exitCode, stdout } = await runCli(['recommend', '--disk', '8G', '--measure', '60s'], {
      signal: controller.signal,
      env: { ...process.env, TMPDIR: directory },
    });
    expect(exitCode).toBe(ExitCode.interrupted);
    expect(stdout).toBe('');
    expect((await readdir(directory)).filter((name) => name.startsWith('qtune-'))).toEqual([]);
  });
});
