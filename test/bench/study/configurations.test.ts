import { join } from 'node:path';
import { expect, test } from 'vitest';
import { configurationCount, studyConfigurations } from '../../../bench/study/configurations.ts';
import { studyWorkloads } from '../../../bench/study/workloads.ts';

const workloads = await studyWorkloads(join(import.meta.dirname, '..', '..', '..'));

test('there are six workloads, none of which is shared between trials', () => {
  expect(workloads.map(({ name }) => name)).toEqual([
    'checkpoints',
    'hot-areas',
    'mail',
    'new-writes',
    'overlay-writes',
    'random-reads',
  ]);
  for (const { image } of workloads) expect(image.state).not.toBe('shared');
});

test.each(workloads.map((workload) => [workload.name, workload] as const))(
  '%s has as many different configurations as the study says, with every level of each setting',
  (_, workload) => {
    const configurations = studyConfigurations(workload);
    expect(configurations).toHaveLength(configurationCount);
    expect(new Set(configurations.map(({ label }) => label)).size).toBe(configurationCount);
    expect(new Set(configurations.map(({ create }) => create.cluster_size)).size).toBe(8);
    expect(configurations.filter(({ create }) => create.extended_l2 === true)).toHaveLength(configurationCount / 2);
    expect(configurations.filter(({ drive }) => drive.cache === 'writeback').length).toBeGreaterThan(8);
    expect(new Set(configurations.map(({ drive }) => drive['l2-cache-size'])).size).toBeGreaterThan(8);
  },
);

test('the list is the same each time', () => {
  const [first] = workloads;
  if (first === undefined) throw new Error('no workload');
  expect(studyConfigurations(first)).toEqual(studyConfigurations(first));
});
