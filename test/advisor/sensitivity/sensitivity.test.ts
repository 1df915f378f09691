import { describe, expect, test } from 'vitest';
import type { Sensitivity } from '../../../src/advisor/sensitivity/sensitivity.ts';
import { spreadTraits, spreadWorkload } from '../../../src/advisor/sensitivity/spread-workload.ts';
import type { Workload } from '../../../src/workload/workload.ts';
import { workloadOf } from '../../helpers/workload.ts';
import { arithmeticAnswer } from '../answers.ts';
import { adviceRequest, gib, tib, traits } from '../requests.ts';

function row(rows: readonly Sensitivity[] | undefined, id: Sensitivity['id']): Sensitivity {
  const found = rows?.find((one) => one.id === id);
  if (!found) throw new Error(`no ${id}`);
  return found;
}

describe('2 TiB, all of it in use', () => {
  const { sensitivity, recommended } = arithmeticAnswer(adviceRequest());

  test('a disk twice the size outgrows the cache, and clusters twice the size are the answer', () => {
    const grown = row(sensitivity, 'disk-2x');
    expect(grown.title).toBe('the disk grows to 4 TiB');
    expect(grown.recommended.settings).toEqual(recommended.proposal.settings);
    expect(grown.recommended.iops.value).toBeLessThan(0.8 * recommended.proposal.iops.value);
    expect(grown.instead?.settings.create.cluster_size).toBe(2 ** 21);
    expect(grown.instead?.iops.value).toBeGreaterThan(grown.recommended.iops.value);
    expect(row(sensitivity, 'disk-4x').recommended.iops.value).toBeLessThan(grown.recommended.iops.value);
  });

  test('the working set is the disk already and cannot double by itself', () => {
    expect(sensitivity?.map(({ id }) => id)).toEqual(['disk-2x', 'disk-4x', 'memory-half']);
  });

  test('half the memory is kept to by the same settings and by what would be recommended', () => {
    const halved = row(sensitivity, 'memory-half');
    const limitBytes = recommended.proposal.memoryBytes / 2;
    expect(halved.recommended.memoryBytes).toBeLessThanOrEqual(limitBytes);
    expect(halved.baseline.memoryBytes).toBeLessThanOrEqual(limitBytes);
    expect(halved.instead?.memoryBytes ?? 0).toBeLessThanOrEqual(limitBytes);
    expect(halved.recommended.settings.create).toEqual(recommended.proposal.settings.create);
  });
});

test('a working set of a part of the disk doubles, up to the disk', () => {
  const vdi = arithmeticAnswer(adviceRequest({ diskBytes: 500 * gib, traits: traits('vdi') }));
  expect(row(vdi.sensitivity, 'working-set-2x').title).toBe('the working set grows to 24.2 GiB');
  const small = arithmeticAnswer(adviceRequest({ diskBytes: 16 * gib, traits: traits('vdi') }));
  expect(row(small.sensitivity, 'working-set-2x').title).toBe('the working set grows to 16 GiB');
});

test('a disk that clusters of this size cannot hold is left out', () => {
  const { sensitivity } = arithmeticAnswer(adviceRequest({ diskBytes: 2 ** 61 }));
  expect(sensitivity?.map(({ id }) => id)).toEqual(['memory-half']);
});

test('where half of the memory is less than QEMU needs, it says that nothing fits', () => {
  const { sensitivity } = arithmeticAnswer(adviceRequest({ memoryLimitBytes: 100 * 1024 }));
  expect(row(sensitivity, 'memory-half')).toMatchObject({ isImpossible: true });
});

describe('a workload spread over twice the disk', () => {
  const requests = Array.from({ length: 40 }, (_, index) => ['read', index * 2 ** 20 + 4096, 2 ** 16] as const);
  const workload = workloadOf(requests);
  const places = (of: Workload) =>
    [...of.requests()].flatMap((block) =>
      Array.from({ length: block.count }, (_, index) => [block.offsetBytes[index], block.lengthBytes[index]]),
    );

  test('keeps pieces of 2 MiB together and everything within them, and the workload itself as it was', () => {
    const before = places(workload);
    const spread = spreadWorkload(workload, 2);
    expect(spread.diskBytes).toBe(128 * 2 ** 20);
    expect(places(spread)).toEqual(
      before.map(([offset = 0, length]) => [offset + Math.floor(offset / 2 ** 21) * 2 ** 21, length]),
    );
    expect(places(workload)).toEqual(before);
    expect(spread.identity).not.toEqual(workload.identity);
  });

  test('has twice the working set', () => {
    expect(spreadTraits(traits('vdi'), 2).workingSet).toEqual({ bytes: 2 * 12.1 * gib });
    expect(spreadTraits(traits('general'), 2).workingSet).toEqual({ ratio: 1 });
  });

  test('is what a recorded workload is asked for in place of a larger disk', () => {
    const request = adviceRequest({ diskBytes: tib, workload: { ...workload, diskBytes: tib } });
    const { sensitivity } = arithmeticAnswer(request);
    expect(sensitivity?.map(({ id }) => id)).toEqual(['spread-2x', 'memory-half']);
  });
});
