import { expect, test } from 'vitest';
import { parseCostProfile } from '../../../src/driver/cost/parse-cost-profile.ts';
import { shippedProfile, shippedProfiles } from '../../../src/driver/cost/shipped/index.ts';
import { costProfileDocument } from '../../../src/report/schemas/costs.ts';

test.each(shippedProfiles.map((profile) => [profile.name, profile] as const))(
  'the shipped profile %s is read back from JSON and follows its schema',
  (_, profile) => {
    const data: unknown = JSON.parse(JSON.stringify(profile));
    expect(parseCostProfile(data)).toEqual(profile);
    expect(costProfileDocument.parse(data)).toEqual(profile);
  },
);

const good = shippedProfile('nvme', 'direct');

test.each([
  ['no object', null, 'profile is not an object'],
  ['another schema', { ...good, schema: 'qtune.costs/2' }, 'schema is not qtune.costs/1'],
  ['an unknown cache', { ...good, cache: 'none' }, 'cache is not one of direct, buffered'],
  ['a kind that is missing', { ...good, io: { ...good.io, discard: undefined } }, 'io.discard has no points'],
  [
    'points out of order',
    { ...good, io: { ...good.io, discard: [...good.io.discard].reverse() } },
    'io.discard[1] is not behind the point before it',
  ],
  [
    'a cost of no number',
    { ...good, cpu: { ...good.cpu, step: { ns: '1', spread: 0 } } },
    'cpu.step.ns is not a number from 0',
  ],
  ['parallelism below one', { ...good, parallelism: 0 }, 'parallelism is not a number from 1'],
])('%s is refused by name', (_, data, wrong) => {
  expect(parseCostProfile(data)).toEqual({ wrong });
  expect(costProfileDocument.safeParse(data).success).toBe(wrong.includes('behind'));
});
