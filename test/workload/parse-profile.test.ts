import { describe, expect, test } from 'vitest';
import { InputError } from '../../src/errors.ts';
import { parseProfile } from '../../src/workload/parse-profile.ts';
import type { PatternProfile } from '../../src/workload/profile.ts';

const good = `schema: qtune.profile/1
title: A test
about: About it
source: Somewhere
seed: 1
parameters:
  block: 4K
  share: 70
disk: 1G
image:
  content: mapped
  state: shared
warmUp:
  requests: 0
  because: none needed
phases:
  - pattern: random
    operation: { read: $share, write: 30 }
    blockSize: $block
    requests: 100
`;

function parsePatterns(text: string, given: Record<string, string> = {}): PatternProfile {
  const profile = parseProfile('p.yaml', text, 'p', given);
  if (profile.kind !== 'patterns') throw new Error('it has no phases');
  return profile;
}

function failure(text: string, given = {}): { message: string; hint: string | undefined } {
  try {
    parseProfile('p.yaml', text, 'p', given);
  } catch (error) {
    if (error instanceof InputError) return { message: error.message, hint: error.hint };
    throw error;
  }
  throw new Error('accepted');
}

test('a profile is plain data with sizes in bytes and defaults filled in', () => {
  expect(parseProfile('p.yaml', good, 'p')).toEqual({
    kind: 'patterns',
    name: 'p',
    title: 'A test',
    about: 'About it',
    source: 'Somewhere',
    seed: 1,
    parameters: { block: '4K', share: 70 },
    diskBytes: 2 ** 30,
    image: { content: 'mapped', backing: 'none', state: 'shared' },
    warmUp: { requests: 0, because: 'none needed' },
    phases: [
      {
        pattern: 'random',
        operation: { read: 70, write: 30 },
        blockSize: [{ value: 4096, weight: 1 }],
        requests: 100,
      },
    ],
  });
});

test('given parameters replace the defaults', () => {
  const { phases, parameters } = parsePatterns(good, { block: '64K', share: '10' });
  expect(parameters).toEqual({ block: '64K', share: 10 });
  expect(phases[0]).toMatchObject({ operation: { read: 10, write: 30 }, blockSize: [{ value: 65_536, weight: 1 }] });
});

test('sizes with shares, shares of the disk and lists of settings are read', () => {
  const text = good
    .replace('blockSize: $block', 'blockSize: { 4K: 60, 0.5M: 40 }\n    span: 12.5%\n    start: 1.5G\n    align: 512')
    .concat('experiment:\n  create: ["cluster_size={64K,2M}"]\n');
  const profile = parsePatterns(text);
  expect(profile.phases[0]).toMatchObject({
    blockSize: [
      { value: 4096, weight: 60 },
      { value: 524_288, weight: 40 },
    ],
    span: { ratio: 0.125 },
    start: { bytes: 1.5 * 2 ** 30 },
    align: 512,
  });
  expect(profile.experiment).toEqual({ create: ['cluster_size={64K,2M}'], drive: [], repetitions: 5 });
});

describe('every mistake is refused with file, line and key', () => {
  test.each([
    [
      'schema: qtune.profile/1',
      'schema: qtune.profile/2',
      'p.yaml:1: schema: Invalid input: expected "qtune.profile/1"',
      undefined,
    ],
    ['title: A test\n', '', 'p.yaml:1: title: Invalid input: expected string, received undefined', undefined],
    ['seed: 1', 'sed: 1', 'p.yaml:5: sed: unknown key', 'Did you mean seed?'],
    ['seed: 1', 'seed: 1.5', 'p.yaml:5: seed: Invalid input: expected int, received number', undefined],
    [
      'disk: 1G',
      'disk: 1GB',
      'p.yaml:9: disk: "1GB" is ambiguous. QEMU counts in powers of 1024: write 1G or 1GiB.',
      undefined,
    ],
    ['disk: 1G', 'disk: 1000', 'p.yaml:9: disk: 1000 is not a multiple of 512 bytes', undefined],
    ['disk: 1G', 'disk: 0', 'p.yaml:9: disk: must be above 0', undefined],
    ['disk: 1G', 'disk: [1]', 'p.yaml:9: disk: a size such as 64K, 1.5G or 4096 is needed', undefined],
    ['content: mapped', 'contents: mapped', 'p.yaml:11: image.contents: unknown key', 'Did you mean content?'],
    ['content: mapped', 'content: half', /^p.yaml:11: image.content: Invalid option/, undefined],
    ['requests: 0\n', 'requests: 0\n  phases: 1\n', 'p.yaml:13: warmUp: give either `requests` or `phases`', undefined],
    ['pattern: random', 'pattern: randon', /^p.yaml:17: phases\[0\].pattern: /, undefined],
    [
      'blockSize: $block',
      'blocksize: $block',
      'p.yaml:19: phases[0].blocksize: unknown key',
      'Did you mean blockSize?',
    ],
    ['requests: 100', 'requests: 100\n    stride: 3', 'p.yaml:21: phases[0].stride: unknown key', undefined],
    [
      'blockSize: $block',
      'blockSize: { 4X: 60 }',
      /^p.yaml:19: phases\[0\].blockSize: 4X: "4X" has the unknown unit/,
      undefined,
    ],
    ['blockSize: $block', 'blockSize: {}', 'p.yaml:19: phases[0].blockSize: no size is given', undefined],
    ['blockSize: $block', 'blockSize: $blok', 'p.yaml:19: phases[0].blockSize: there is no parameter $blok', undefined],
    ['write: 30', 'wriet: 30', 'p.yaml:18: phases[0].operation.wriet: unknown key', 'Did you mean write?'],
    ['write: 30', 'write: -30', /^p.yaml:18: phases\[0\].operation/, undefined],
    [
      'requests: 100',
      'requests: 100\n    span: 101%',
      'p.yaml:21: phases[0].span: more than 100% of the disk',
      undefined,
    ],
    [
      'requests: 100',
      'requests: 100\n    span: much',
      'p.yaml:21: phases[0].span: "much" is not a size. Write it as QEMU does: 64K, 1.5G, 2T or plain bytes.',
      undefined,
    ],
    [
      'requests: 100',
      'requests: all',
      'p.yaml:20: phases[0].requests: a number of requests or `each` (as many as there are records) is needed',
      undefined,
    ],
    ['seed: 1', 'seed: 1\nname: Some Name', 'p.yaml:6: name: a name has small letters, digits and dashes', undefined],
  ])('%j written as %j', (right, wrong, message, hint) => {
    const result = failure(good.replace(right, wrong));
    expect(result.message).toMatch(message);
    if (hint) expect(result.hint).toBe(hint);
  });

  test('a file that is no mapping', () => {
    for (const text of ['', '- 1\n', 'text\n', '5']) {
      expect(failure(text).message).toBe(
        'p.yaml:1: this is no profile: it has no keys such as `schema: qtune.profile/1`',
      );
    }
  });

  test('a parameter that the profile does not have', () => {
    expect(failure(good, { blok: '4K' })).toEqual({
      message: 'p.yaml: the profile has no parameter "blok"',
      hint: 'Did you mean block?',
    });
    expect(failure(good.replace(/parameters:[\s\S]*?disk/, 'disk').replaceAll(/\$\w+/g, '512'), { x: '1' }).hint).toBe(
      'It has none.',
    );
  });

  test('a value of a parameter that does not fit where it is used', () => {
    expect(failure(good, { block: 'huge' }).message).toBe(
      'p.yaml:19: phases[0].blockSize: "huge" is not a size. Write it as QEMU does: 64K, 1.5G, 2T or plain bytes.',
    );
  });

  test('keys such as __proto__', () => {
    expect(failure(`${good}__proto__: { seed: 2 }\n`).message).toBe('p.yaml:21: __proto__: unknown key');
  });
});
