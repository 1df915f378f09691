import { expect, test } from 'vitest';
import { explainSchema, settingsSchema } from '../../src/report/schemas/explain.ts';
import { ExitCode, runCli } from '../helpers/host.ts';

test('without a disk an example of 1 TiB is taken', async () => {
  const { exitCode, stdout } = await runCli(['recommend', '--explain', 'compat']);
  expect(exitCode).toBe(ExitCode.ok);
  expect(stdout).toMatch(/^compat=1\.1\|0\.10\n/);
  expect(stdout).toContain('Figures are for a disk of 1 TiB');
});

test("the disk, the workload and QEMU's version are the user's", async () => {
  const words = ['recommend', '--explain', 'extended_l2', '--disk', '300G', '--workload', 'database', '--backing'];
  const { exitCode, stdout } = await runCli([...words, '--qemu-version', '4.2', '--json']);
  expect(exitCode).toBe(ExitCode.ok);
  const document = explainSchema.parse(JSON.parse(stdout));
  expect(document.disk).toEqual({ virtualBytes: 300 * 2 ** 30, backing: true });
  expect(document.workload.name).toBe('database');
  expect(document.costs.find(({ value }) => value === 'on')?.refused).toContain('5.2');
});

test('list names all settings, as text and as JSON', async () => {
  const text = await runCli(['recommend', '--explain', 'list']);
  expect(text.stdout).toContain('l2-cache-size');
  const json = await runCli(['recommend', '--explain', 'list', '--json']);
  expect(settingsSchema.parse(JSON.parse(json.stdout)).settings.length).toBeGreaterThan(45);
});

test('a wrong name is refused before anything else is looked at', async () => {
  const { exitCode, stdout, stderr } = await runCli(['recommend', '--explain', 'cluster-size', '--workload', '/none']);
  expect(exitCode).toBe(ExitCode.usage);
  expect(stdout).toBe('');
  expect(stderr).toContain('there is no setting "cluster-size"');
  expect(stderr).toContain('Did you mean cluster_size?');
});
