import { describe, expect, test } from 'vitest';
import { targetLimits, targetNames } from '../../../src/advisor/commands/target-limits.ts';
import { definitionsOf } from '../../../src/settings/catalogue.ts';
import { validateConfiguration } from '../../../src/settings/validate.ts';
import { tib } from '../requests.ts';

describe.each(targetNames)('%s', (name) => {
  const { create, drive, missing, defaults } = targetLimits(name);

  test('says each setting, or why it cannot, and knows no other', () => {
    for (const [scope, said] of [
      ['create', create],
      ['drive', drive],
    ] as const) {
      const all = [...definitionsOf(scope).keys()];
      expect([...said].filter((setting) => !all.includes(setting))).toEqual([]);
      for (const setting of all) expect(said.has(setting), setting).toBe(missing[setting] === undefined);
    }
    for (const [setting, sentence] of Object.entries(missing))
      expect(sentence).toMatch(new RegExp(`^${setting}: .*\\.$`));
  });

  test.each([false, true])('sets only what QEMU takes, backing file: %s', (hasBacking) => {
    const configuration = { label: 'default', ...defaults({ hasBacking }) };
    expect(() => validateConfiguration(configuration, { diskBytes: tib, hasBacking })).not.toThrow();
  });
});

test('Proxmox makes overlays with subclusters, and metadata in advance in any case', () => {
  const { defaults } = targetLimits('proxmox');
  expect(defaults({ hasBacking: false }).create).toEqual({ preallocation: 'metadata' });
  expect(defaults({ hasBacking: true }).create).toEqual({
    cluster_size: 131_072,
    extended_l2: true,
    preallocation: 'metadata',
  });
});
