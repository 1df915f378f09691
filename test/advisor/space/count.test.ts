import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { axisValues } from '../../../src/advisor/space/axes.ts';
import {
  type CountContext,
  countValid,
  isValid,
  type Restriction,
  settingsOf,
} from '../../../src/advisor/space/count.ts';
import { catalogue } from '../../../src/settings/catalogue.ts';
import { geometryOf } from '../../../src/settings/resolve.ts';
import { validateConfiguration } from '../../../src/settings/validate.ts';
import { gib } from '../requests.ts';

type Setting = (typeof catalogue)[number];
type Value = ReturnType<typeof axisValues>[number];

/** Some values of a handful of settings, all others left out. */
const someOfTheSpace = fc
  .shuffledSubarray([...catalogue], { minLength: 3, maxLength: 6 })
  .chain((settings) => fc.tuple(fc.constant(settings), fc.array(fc.nat(), { minLength: 40, maxLength: 40 })))
  .map(([settings, picks]) => {
    const chosen = new Map<Setting, (values: readonly Value[]) => readonly Value[]>();
    settings.forEach((setting, at) => {
      chosen.set(setting, (values) =>
        values.length <= 4
          ? values
          : [0, 1, 2].map((step) => values[((picks[at + step * 6] ?? 0) + step) % values.length]),
      );
    });
    return chosen;
  });

const contexts: fc.Arbitrary<CountContext> = fc.record({
  diskBytes: fc.constantFrom(gib, 100 * gib, 2 ** 41, 2 ** 52, 2 ** 60),
  hasBacking: fc.boolean(),
});

function taken(context: CountContext, create: Record<string, Value>, drive: Record<string, Value>): boolean {
  try {
    validateConfiguration({ label: '', create: settingsOf(create), drive: settingsOf(drive) }, context);
    return true;
  } catch {
    return false;
  }
}

/** Every combination, each looked at on its own. Cache sizes depend on the shape of the image, so that comes first. */
function bruteForce(context: CountContext, restrict: Restriction): number {
  const isShape = ({ name }: Setting) => ['cluster_size', 'extended_l2'].includes(name);
  const shapeFirst = [...catalogue.filter(isShape), ...catalogue.filter((one) => !isShape(one))];
  let all: readonly Record<'create' | 'drive', Record<string, Value>>[] = [{ create: {}, drive: {} }];
  for (const definition of shapeFirst) {
    all = all.flatMap((one) => {
      const geometry = geometryOf(context.diskBytes, settingsOf(one.create));
      return restrict(definition, axisValues(definition, { geometry })).map((value) => {
        const copy = { create: { ...one.create }, drive: { ...one.drive } };
        copy[definition.scope][definition.name] = value;
        return copy;
      });
    });
  }
  return all.filter(({ create, drive }) => taken(context, create, drive)).length;
}

describe('counting without making', () => {
  test('gives the number of combinations that QEMU takes, looked at one by one', () => {
    const counts: number[] = [];
    fc.assert(
      fc.property(contexts, someOfTheSpace, (context, chosen) => {
        const restrict: Restriction = (definition, values) => {
          const pick = chosen.get(definition);
          return pick ? [...new Set(pick(values))] : [undefined];
        };
        const count = countValid(context, restrict);
        counts.push(count);
        expect(count).toBe(bruteForce(context, restrict));
      }),
      { numRuns: 60, seed: 6 },
    );
    expect(Math.max(...counts)).toBeGreaterThan(50);
  });

  test('says of a combination what the validation of configurations says', () => {
    const context = { diskBytes: 100 * gib, hasBacking: false };
    const wrong = [
      { create: { extended_l2: true, compat: '0.10' }, drive: {} },
      { create: { cluster_size: 8192, extended_l2: true }, drive: {} },
      { create: {}, drive: { cache: 'writeback', aio: 'native' } },
      { create: {}, drive: { 'detect-zeroes': 'unmap', discard: 'ignore' } },
      { create: {}, drive: { 'l2-cache-entry-size': 131_072 } },
    ];
    for (const values of wrong) expect(isValid(context, values)).toBe(false);
    expect(isValid(context, { create: { cluster_size: 16_384, extended_l2: true }, drive: {} })).toBe(true);
  });
});

describe('the values of a setting', () => {
  const geometry = geometryOf(100 * gib, {});

  test('are left out where QEMU is too old for it', () => {
    const extended = catalogue.find(({ name }) => name === 'extended_l2') as Setting;
    expect(axisValues(extended, { geometry, qemu: { major: 5, minor: 1 } })).toEqual([undefined]);
    expect(axisValues(extended, { geometry, qemu: { major: 5, minor: 2 } })).toEqual([false, true]);
  });

  test('cover every cluster size and refcount width of the format', () => {
    const sizes = catalogue.find(({ name }) => name === 'cluster_size') as Setting;
    expect(axisValues(sizes, { geometry })).toHaveLength(13);
    const widths = catalogue.find(({ name }) => name === 'refcount_bits') as Setting;
    expect(axisValues(widths, { geometry })).toEqual([1, 2, 4, 8, 16, 32, 64]);
  });
});
