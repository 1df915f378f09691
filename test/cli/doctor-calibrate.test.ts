import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadCostProfile } from '../../src/cli/cost-profile-store.ts';
import { calibrationSchema } from '../../src/report/schemas/costs.ts';
import { ExitCode, runCli } from '../helpers/host.ts';
import { systemQemu } from '../helpers/qemu.ts';

let temporary = '';
let state = '';
beforeAll(() => {
  temporary = mkdtempSync(join(tmpdir(), 'qtune-test-calibrate-'));
  state = mkdtempSync(join(tmpdir(), 'qtune-test-calibrated-'));
});
afterAll(() => {
  const left = readdirSync(temporary);
  for (const directory of [temporary, state]) rmSync(directory, { recursive: true });
  expect(left).toEqual([]);
});

const env = (more: Readonly<Record<string, string>> = {}) => ({
  ...process.env,
  TMPDIR: temporary,
  XDG_STATE_HOME: state,
  ...more,
});

test.skipIf(systemQemu() === undefined)(
  'one round measures every mode, keeps a profile of each, and doctor counts them',
  { timeout: 300_000 },
  async () => {
    const result = await runCli(['doctor', '--calibrate', '--rounds', '1', '--json'], { env: env() });
    expect(result.exitCode).toBe(ExitCode.ok);
    const { rounds, profiles } = calibrationSchema.parse(JSON.parse(result.stdout));
    expect(rounds).toBe(1);
    expect(new Set(profiles.map(({ profile }) => profile.aio))).toContain('threads');
    for (const { file, profile } of profiles) {
      expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(profile);
      expect(loadCostProfile({ env: env() }, profile)).toEqual({ profile, warning: undefined });
      // A read of 4 KiB takes more than a tenth of a microsecond and less than a second anywhere.
      for (const kind of ['readFar', 'writeFar', 'writeHole'] as const) {
        expect(profile.io[kind]?.[0]?.ns).toBeGreaterThan(100);
        expect(profile.io[kind]?.[0]?.ns).toBeLessThan(1e9);
      }
      expect(profile.cpu.read?.ns).toBeGreaterThan(50);
    }
    const doctor = JSON.parse((await runCli(['doctor', '--json'], { env: env() })).stdout);
    expect(doctor.costs).toHaveLength(profiles.length);
  },
);

test.each([
  [['--rounds', '3'], '--rounds is only for --calibrate'],
  [['--calibrate', '--rounds', '0'], '--rounds: "0" is not a whole number from 1 to 100'],
  [['--calibrate', '--install'], '--calibrate and --install are two runs'],
])('%j is refused with exit 2', async (more, message) => {
  const result = await runCli(['doctor', ...more], { env: env() });
  expect(result.exitCode).toBe(ExitCode.usage);
  expect(result.stderr).toContain(message);
});

test('without QEMU nothing is measured and nothing kept, exit 3', async () => {
  const result = await runCli(['doctor', '--calibrate'], { env: env({ PATH: '/nonexistent' }) });
  expect(result.exitCode).toBe(ExitCode.outside);
  expect(result.stderr).toContain('qemu-img and qemu-io not found on PATH');
});
