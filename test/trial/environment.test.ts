import { hostname, userInfo } from 'node:os';
import { expect, test } from 'vitest';
import { describeEnvironment, environmentChange } from '../../src/trial/environment.ts';
import { sampleEnvironment } from '../helpers/trials.ts';

const input = {
  qtuneVersion: '0.1.0',
  nodeVersion: 'v20.20.2',
  qemuVersionLine: 'qemu-img version 7.2.22',
  fileSystem: { type: 'ext4', mountOptions: 'rw,relatime', freeBytes: 5 },
};

test('the environment names the machine by what matters and not by its name', async () => {
  const environment = await describeEnvironment(input);
  expect(environment).toMatchObject({
    qtuneVersion: '0.1.0',
    nodeVersion: 'v20.20.2',
    qemu: 'qemu-img version 7.2.22',
    fileSystem: 'ext4',
    mountOptions: 'rw,relatime',
    freeBytes: 5,
  });
  expect(environment.cpuCount).toBeGreaterThan(0);
  expect(environment.memoryBytes).toBeGreaterThan(2 ** 20);
  expect(environment.fingerprint).toMatch(/^[0-9a-f]{16}$/);
  const text = JSON.stringify(environment);
  if (hostname().length > 3) expect(text).not.toContain(hostname());
  expect(text).not.toContain(userInfo().homedir);
});

test('the fingerprint follows QEMU and the file system, not free space or the versions of qtune and Node', async () => {
  const { fingerprint } = await describeEnvironment(input);
  const other = async (overrides: Partial<typeof input>): Promise<string> =>
    (await describeEnvironment({ ...input, ...overrides })).fingerprint;
  expect(
    await other({ fileSystem: { ...input.fileSystem, freeBytes: 6 }, qtuneVersion: '9', nodeVersion: 'v22' }),
  ).toBe(fingerprint);
  expect(await other({ fileSystem: { ...input.fileSystem, type: 'xfs' } })).not.toBe(fingerprint);
  expect(await other({ qemuVersionLine: 'qemu-img version 10.0.2' })).not.toBe(fingerprint);
});

test('going on elsewhere is said, with what changed', () => {
  expect(environmentChange(sampleEnvironment, { ...sampleEnvironment, freeBytes: 1, memoryBytes: 2 })).toBeUndefined();
  const { qemu: _qemu, ...withoutQemu } = sampleEnvironment;
  expect(environmentChange(sampleEnvironment, { ...withoutQemu, kernel: 'Linux 7' })?.message).toBe(
    'the rest of this run is measured elsewhere than its beginning: qemu was qemu-img version 7.2.22 and is none; kernel was Linux 6.1.0 and is Linux 7',
  );
});
