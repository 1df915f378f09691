import { expect, test } from 'vitest';
import { mappedImage } from '../../../src/advisor/ranking/mapped-image.ts';
import { listRequests } from '../../../src/advisor/ranking/request-list.ts';
import { CostMeter } from '../../../src/driver/cost/cost-meter.ts';
import { shippedProfile } from '../../../src/driver/cost/shipped/index.ts';
import { commonHost, driverOptions } from '../../../src/driver/driver-options.ts';
import type { ImageState } from '../../../src/driver/image-state.ts';
import { prepareImage } from '../../../src/driver/prepare-image.ts';
import { Qcow2Driver } from '../../../src/driver/qcow2-driver.ts';
import { replay } from '../../../src/driver/replay.ts';
import type { SettingValues } from '../../../src/settings/configuration.ts';
import { resolveCreate } from '../../../src/settings/resolve.ts';
import { resolveWorkload } from '../../../src/workload/resolve-workload.ts';

const diskBytes = 3 * 2 ** 30 + 12_288;

/** Half reads, half writes, of 4 to 64 KiB, with trims by chance and a flush for every three writes. */
const workload = resolveWorkload(
  {
    ...{ kind: 'patterns', name: 'mixed', title: '', about: '', source: '', parameters: {}, seed: 7, diskBytes },
    image: { content: 'mapped', backing: 'none', state: 'restored' },
    warmUp: { phases: 0, because: '' },
    phases: [
      {
        ...{ pattern: 'random', operation: { read: 5, write: 5, trim: 1 }, syncEvery: 3, requests: 400 },
        blockSize: [
          { value: 4096, weight: 1 },
          { value: 65_536, weight: 1 },
        ],
      },
    ],
  },
  {},
);
const requests = listRequests(workload);

interface Outcome {
  readonly counters: Readonly<Record<string, number>>;
  readonly hostIo: readonly (readonly [op: number, file: number, length: number, purpose: number, state: number])[];
  readonly milliseconds: number;
}

function run(image: ImageState, drive: SettingValues): Outcome {
  const meter = new CostMeter(shippedProfile('nvme', 'direct'), { image });
  const hostIo: (readonly [number, number, number, number, number])[] = [];
  const driver = new Qcow2Driver(image, driverOptions(image, drive, commonHost), {
    io(op, file, offset, length, purpose, state) {
      hostIo.push([op, file, length, purpose, state]);
      meter.io(op, file, offset, length, purpose, state);
    },
  });
  meter.start(driver.counters);
  replay(driver, requests);
  const nanoseconds = meter.finish(driver.counters);
  return { counters: { ...driver.counters }, hostIo, milliseconds: nanoseconds / 1e6 };
}

test.each<[string, SettingValues, 'mapped' | 'full', SettingValues]>([
  ['default clusters', {}, 'mapped', { 'l2-cache-size': 65_536 }],
  ['small clusters', { cluster_size: 16_384 }, 'mapped', { 'l2-cache-size': 65_536 }],
  ['large clusters', { cluster_size: 2 ** 20 }, 'mapped', { 'l2-cache-entry-size': 4096 }],
  ['subclusters', { cluster_size: 2 ** 17, extended_l2: true }, 'mapped', { 'l2-cache-size': 65_536 }],
  ['default clusters, written', {}, 'full', { 'l2-cache-size': 65_536 }],
  ['subclusters, written', { cluster_size: 2 ** 17, extended_l2: true }, 'full', {}],
])('%s: the host I/O is that of the whole image that QEMU would make', (_, create, content, drive) => {
  const configuration = { label: '', create, drive: {} };
  const whole = run(prepareImage({ configuration, diskBytes, content, backing: 'none' }, commonHost), drive);
  const quick = run(
    mappedImage({ create: resolveCreate(create), diskBytes, written: content === 'full' }, requests),
    drive,
  );
  expect(quick.hostIo).toEqual(whole.hostIo);
  expect(quick.counters.l2Misses).toBe(whole.counters.l2Misses);
  expect(quick.milliseconds / whole.milliseconds).toBeCloseTo(1, 2);
});
