import { expect, test } from 'vitest';
import { describeWorkload, renderWorkload } from '../../src/report/workload.ts';
import { loadProfile } from '../../src/workload/load-profile.ts';
import { resolveWorkload } from '../../src/workload/resolve-workload.ts';

test('a workload is told in full, wrapped to the terminal', async () => {
  const profile = await loadProfile('subclusters', '.');
  const description = describeWorkload(profile, resolveWorkload(profile));
  await expect(renderWorkload(description, 80)).toMatchFileSnapshot('../golden/workload-show-subclusters.txt');
});

test('a hostile name or title does not reach the terminal raw', async () => {
  const profile = await loadProfile('boot', '.');
  const hostile = { ...profile, title: 'a\u001b[31mb', about: 'x\u202ey', name: 'n\u0007' };
  const text = renderWorkload(describeWorkload(hostile, resolveWorkload(hostile)), 80);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f\u202e]/);
});
