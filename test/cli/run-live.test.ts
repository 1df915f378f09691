import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { journalRecordSchema } from '../../src/report/schemas/journal.ts';
import { runSchema } from '../../src/report/schemas/run.ts';
import { type Journal, readJournal } from '../../src/trial/journal-reader.ts';
import { runCli } from '../helpers/host.ts';
import { qemusUnderTest, systemQemu } from '../helpers/qemu.ts';

function profile(image: string, operation: string, disk = '64M'): string {
  return `schema: qtune.profile/1
title: A small pattern
about: For tests.
source: this test
seed: 3
disk: ${disk}
image: ${image}
warmUp: { requests: 10, because: a start }
phases:
  - { pattern: random, operation: ${operation}, blockSize: 4K, requests: 200, syncEvery: 64 }
`;
}

let cwd = '';
let env: Record<string, string | undefined>;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'qtune-test-'));
  mkdirSync(join(cwd, 'tmp'));
  env = { ...process.env, TMPDIR: join(cwd, 'tmp') };
});
afterEach(() => rmSync(cwd, { recursive: true, force: true }));

async function run(...argv: readonly string[]): Promise<Journal> {
  const result = await runCli(['run', ...argv, '--out', 'j.ndjson'], { cwd, env });
  expect(result.exitCode, result.stderr).toBe(0);
  expect(readdirSync(join(cwd, 'tmp'))).toEqual([]);
  const journal = await readJournal(join(cwd, 'j.ndjson'));
  expect(journal.trials.every((trial) => trial.state === 'completed')).toBe(true);
  return journal;
}

describe.skipIf(systemQemu() === undefined)('with real QEMU (skipped where there is none)', () => {
  test.each([
    ['empty', '{ content: empty, state: fresh }', 'write'],
    ['mapped', '{ content: mapped, state: restored }', '{ read: 1, write: 1 }'],
    ['full', '{ content: full, state: restored }', '{ read: 1, write: 2, trim: 1 }'],
    ['on a backing file', '{ content: empty, backing: { format: qcow2, content: data }, state: fresh }', 'write'],
  ])('no image becomes larger than the plan announced: %s', async (_, image, operation) => {
    writeFileSync(join(cwd, 'w.yaml'), profile(image, operation));
    const create = ['cluster_size={4K,64K,2M}', 'cluster_size=64K,refcount_bits=1'];
    const options = [
      ...create.flatMap((list) => ['-o', list]),
      '-o',
      'extended_l2=on',
      '--repetitions',
      '1',
      '--no-host-io',
    ];
    const dryRun = await runCli(['run', 'w.yaml', ...options, '--dry-run', '--json'], { cwd, env });
    const plan = runSchema.parse(JSON.parse(dryRun.stdout));
    if (plan.kind !== 'plan') throw new Error('not a plan');
    const { trials } = await run('w.yaml', ...options);
    expect(trials).toHaveLength(5);
    for (const trial of trials) {
      if (trial.state !== 'completed') continue;
      const cell = plan.cells.find((one) => one.configuration === trial.configuration.label);
      const imageBytes = cell?.imageBytes ?? 0;
      // The file system's own list of extents counts as blocks of the file; the reserve of the run is there for it.
      const extentBytes = imageBytes / 64 + 65_536;
      expect(trial.metrics.allocatedBytes, trial.configuration.label).toBeLessThanOrEqual(imageBytes + extentBytes);
      expect(trial.metrics.fileBytes, trial.configuration.label).toBeLessThanOrEqual(cell?.fileBytes ?? 0);
    }
  });

  test('every record of the journal is as its schema says', async () => {
    writeFileSync(
      join(cwd, 'w.yaml'),
      profile('{ content: mapped, state: restored }', '{ read: 2, write: 1, trim: 1 }'),
    );
    await run('w.yaml', '--repetitions', '2');
    const lines = readFileSync(join(cwd, 'j.ndjson'), 'utf8').trimEnd().split('\n');
    expect(lines).toHaveLength(3);
    for (const line of lines) {
      const record: unknown = JSON.parse(line);
      expect(journalRecordSchema.parse(record)).toEqual(record);
      expect(line).not.toContain(cwd);
    }
  });

  test.each(qemusUnderTest().map((qemu) => [qemu.name, qemu.bin]))(
    'QEMU %s given with --qemu is the one that runs',
    async (name, bin) => {
      writeFileSync(join(cwd, 'w.yaml'), profile('{ content: empty, state: fresh }', 'write', '16M'));
      const { header } = await run('w.yaml', '--repetitions', '1', '--qemu', bin, '--no-host-io');
      const version = /\d+\.\d+/.exec(execFileSync(join(bin, 'qemu-img'), ['--version'], { encoding: 'utf8' }))?.[0];
      expect(header.environment.qemu).toContain(`version ${version}`);
      if (name !== 'system') expect(version).toBe(name);
    },
  );

  test.each(['a,b c.raw', '-n.raw', 'json:{"driver":"null-co"}', 'nbd:localhost:1', 'ü\n%s.raw'])(
    "the user's backing file %j is read, whatever its name looks like, and never written",
    async (name) => {
      writeFileSync(join(cwd, 'w.yaml'), profile('{ content: empty, state: fresh }', '{ read: 1, write: 1 }', '1M'));
      const data = Buffer.alloc(2 ** 20, 0x5a);
      writeFileSync(join(cwd, name), data);
      const options = [`--backing=${name}`, '--backing-format', 'raw', '--repetitions', '1'];
      const { trials } = await run('w.yaml', ...options);
      const [trial] = trials;
      if (trial?.state !== 'completed') throw new Error('not completed');
      expect(trial.metrics.hostIo?.backingRead).toBeGreaterThan(0);
      const hash = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
      expect(hash(readFileSync(join(cwd, name)))).toBe(hash(data));
    },
  );

  test('a trial beyond its time limit is recorded as timed out, and the run ends with 3', async () => {
    writeFileSync(
      join(cwd, 'w.yaml'),
      profile('{ content: mapped, state: shared }', 'read', '1G').replace('200', '400000'),
    );
    const argv = ['run', 'w.yaml', '--repetitions', '1', '--time-limit', '100ms', '--out', 'j.ndjson'];
    const result = await runCli(argv, { cwd, env });
    expect(result.exitCode, result.stderr).toBe(3);
    expect((await readJournal(join(cwd, 'j.ndjson'))).trials).toMatchObject([{ state: 'timed-out' }]);
    expect(readdirSync(join(cwd, 'tmp'))).toEqual([]);
  });
});
