import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { noiseSchema } from '../../src/report/schemas/noise.ts';
import { ExitCode, runCli } from '../helpers/host.ts';
import { systemQemu } from '../helpers/qemu.ts';

let temporary = '';
beforeAll(() => {
  temporary = mkdtempSync(join(tmpdir(), 'qtune-test-noise-'));
});
afterAll(() => {
  const left = readdirSync(temporary);
  rmSync(temporary, { recursive: true });
  expect(left).toEqual([]);
});

function env(more: Readonly<Record<string, string>> = {}): Readonly<Record<string, string | undefined>> {
  return { ...process.env, TMPDIR: temporary, ...more };
}

describe.skipIf(systemQemu() === undefined)('with real QEMU (skipped where there is none)', () => {
  test('measures a few blocks of both workloads even where the time is too short', { timeout: 180_000 }, async () => {
    const result = await runCli(['doctor', '--noise', '100ms', '--json'], { env: env() });
    expect(result.exitCode, result.stderr).toBe(ExitCode.ok);
    const document = noiseSchema.parse(JSON.parse(result.stdout));
    expect(document).toEqual(JSON.parse(result.stdout));
    expect(document.budgetMs).toBe(100);
    expect(document.workloads.map(({ name }) => name)).toEqual(['cached reads', 'writes and flushes']);
    for (const noise of document.workloads) {
      expect(noise.blockCount).toBe(4);
      // Two sides of the same thing: whatever the noise, a factor of 3 would be a mistake.
      expect(noise.ratio).toBeGreaterThan(1 / 3);
      expect(noise.ratio).toBeLessThan(3);
      expect(noise.low ?? 1).toBeLessThan(noise.high ?? 0);
      expect(noise.deviation).toBeGreaterThan(0);
      expect(noise.blockMs).toBeGreaterThan(10);
    }
    expect(readdirSync(temporary)).toEqual([]);
  });

  test('an interruption ends it with 130, and leaves nothing behind', { timeout: 60_000 }, async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 2500);
    const result = await runCli(['doctor', '--noise', '5m'], { env: env(), signal: controller.signal });
    expect(result).toMatchObject({ exitCode: 130, stdout: '' });
    expect(readdirSync(temporary)).toEqual([]);
  });
});

test('without QEMU nothing is measured, exit 3', async () => {
  const result = await runCli(['doctor', '--noise'], { env: env({ PATH: '/nonexistent' }) });
  expect(result).toMatchObject({ exitCode: ExitCode.outside, stdout: '' });
  expect(result.stderr).toContain('qemu-img and qemu-io not found on PATH');
});

test.each([
  [['--noise', 'long'], '--noise: "long" is not a duration'],
  [['--noise', '0s'], '--noise: "0s" is not a duration'],
  [['--noise', '2h'], '--noise: "2h" is longer than an hour'],
  [['--noise', '--calibrate'], '--noise and --calibrate are two runs'],
  [['--noise', '10s', '--install'], '--noise and --install are two runs'],
  [['--noise', '1s', '--noise', '2s'], '--noise was given 2 times'],
  [['--noise', '1s', '--rounds', '2'], '--rounds is only for --calibrate'],
])('%j is refused with exit 2', async (more, message) => {
  const result = await runCli(['doctor', ...more], { env: env() });
  expect(result.exitCode).toBe(ExitCode.usage);
  expect(result.stderr).toContain(message);
});
