import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { qemusUnderTest } from '../helpers/qemu.ts';
import { straceWorks } from '../helpers/strace.ts';
import { checkCase } from './differential/check-case.ts';
import { failureReport } from './differential/failure-report.ts';
import { features } from './differential/features.ts';
import { qemuVersionOf } from './differential/qemu-version.ts';
import { runMany, type Summary } from './differential/run-many.ts';

const home = join(tmpdir(), 'qtune-differential');
const all = new Set(features);
const singlePart = new Set(features.filter((name) => name !== 'split'));
/** Cases of one test: short enough that the runner hears of us now and then. */
const batch = 30;

const qemus = qemusUnderTest();
const missing = whatIsMissing();
if (missing !== undefined) process.stderr.write(`the driver model is not compared with QEMU: ${missing}\n`);
else if (qemus.length < 3) {
  process.stderr.write(`the driver model is compared with ${qemus.map(({ name }) => name).join(', ')} alone\n`);
}

describe.skipIf(missing !== undefined)('the driver model against qemu-io under strace', () => {
  let directory = '';
  beforeAll(() => {
    mkdirSync(home, { recursive: true });
    directory = mkdtempSync(join(home, 'test-'));
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  for (const [number, { name, bin }] of qemus.entries()) {
    const [plainCases, splitCases] = number === 0 ? [240, 60] : [60, 0];
    it.each(batches(1, plainCases))(`%i and on: every I/O in order, QEMU ${name}`, { timeout: 300_000 }, (seed) => {
      const summary = compare(seed, singlePart, number === 0 ? undefined : bin);
      expect(summary).toMatchObject({ cases: batch, different: 0, refused: 0 });
      // Only reads of parts of clusters with subclusters, and of backing files, may split here.
      expect(summary.unrepeatable).toBeLessThanOrEqual(1);
    });
    it.each(batches(1001, splitCases))(
      `%i and on, requests that split: every I/O, QEMU ${name}`,
      { timeout: 300_000 },
      (seed) => {
        const summary = compare(seed, all, number === 0 ? undefined : bin);
        expect(summary).toMatchObject({ cases: batch, different: 0, refused: 0 });
        expect(summary.unrepeatable).toBeLessThan(batch / 4);
      },
    );
  }

  function compare(firstSeed: number, chosen: typeof all, bin: string | undefined): Summary {
    const qemuVersion = qemuVersionOf(bin);
    return runMany({
      bench: { directory, bin, qemuVersion },
      qemuVersion,
      features: chosen,
      maximumCommands: 60,
      firstSeed,
      cases: batch,
      shrinkSeconds: 20,
      check: checkCase,
      report(seed, tested, outcome) {
        if (outcome.kind === 'refused') throw new Error(`QEMU refused the case of seed ${seed}: ${outcome.reason}`);
        if (outcome.kind !== 'different') return;
        const text = failureReport(tested, outcome.mismatch, `Seed ${seed}, QEMU ${qemuVersion}`);
        const path = join(home, `seed-${seed}-qemu-${qemuVersion}.txt`);
        writeFileSync(path, `${text}\n`);
        throw new Error(`${text}\nAlso in ${path}`);
      },
    });
  }
});

function batches(first: number, cases: number): number[] {
  return Array.from({ length: cases / batch }, (_, index) => first + index * batch);
}

function whatIsMissing(): string | undefined {
  if (qemus.length === 0) return 'no QEMU here';
  if (!straceWorks()) return 'strace does not work here';
  mkdirSync(home, { recursive: true });
  const probe = join(home, `probe-${process.pid}`);
  writeFileSync(probe, '');
  const zero = spawnSync('fallocate', ['--zero-range', '--length', '4096', probe]);
  rmSync(probe, { force: true });
  return zero.status === 0 ? undefined : `the file system of ${tmpdir()} does not zero ranges in place`;
}
