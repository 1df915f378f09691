import { describe, expect, test } from 'vitest';
import { buildConfigurations } from '../../src/settings/matrix.ts';
import { resolveCreate } from '../../src/settings/resolve.ts';

const labels = (create: string[], drive: string[] = []) => buildConfigurations(create, drive).map(({ label }) => label);

describe('configurations from lists', () => {
  test('without any list there is one, the default', () => {
    expect(buildConfigurations([], [])).toEqual([{ label: 'default', create: {}, drive: {} }]);
  });

  test('one list gives one configuration, labelled by all it says', () => {
    expect(labels(['extended_l2=on,cluster_size=128K'], ['cache=none'])).toEqual([
      'cluster_size=128K extended_l2=on cache=none',
    ]);
  });

  test('create-time and run-time lists multiply, create-time outermost', () => {
    expect(labels(['cluster_size={64K,2M}'], ['l2-cache-size=1M', 'l2-cache-size=32M'])).toEqual([
      'cluster_size=64K l2-cache-size=1M',
      'cluster_size=64K l2-cache-size=32M',
      'cluster_size=2M l2-cache-size=1M',
      'cluster_size=2M l2-cache-size=32M',
    ]);
  });

  test('labels leave out what all have in common', () => {
    expect(labels(['cluster_size={64K,2M},extended_l2=on'], ['cache=none'])).toEqual([
      'cluster_size=64K',
      'cluster_size=2M',
    ]);
  });

  test('a configuration that sets nothing of what differs is labelled by what it says', () => {
    expect(labels(['cluster_size=2M', 'cluster_size=2M,extended_l2=on'])).toEqual([
      'cluster_size=2M',
      'extended_l2=on',
    ]);
  });

  test('the same configuration twice is one, and labels are unique', () => {
    expect(labels(['cluster_size={64K,128K}', 'cluster_size={128K,256K}', 'cluster_size=65536'])).toEqual([
      'cluster_size=64K',
      'cluster_size=128K',
      'cluster_size=256K',
    ]);
    const many = labels(
      ['cluster_size={64K,2M}', 'extended_l2={on,off}', 'lazy_refcounts=on,cluster_size=64K'],
      ['aio=threads', 'cache=none'],
    );
    expect(new Set(many).size).toBe(many.length);
  });

  test('errors name the flag that gave the list', () => {
    expect(() => buildConfigurations(['x=1'], [])).toThrow(/^-o: /);
    expect(() => buildConfigurations([], ['x=1'])).toThrow(/^--drive: /);
    expect(() => buildConfigurations([''], [])).toThrow('-o: Invalid option list: ');
  });

  test('more than anyone means are refused', () => {
    const many = (count: number) => `{${Array.from({ length: count }, (_, index) => index + 1).join(',')}}`;
    expect(() => buildConfigurations([`refcount_bits=${many(200)}`], [`l2-cache-size=${many(100)}`])).toThrow(
      '-o and --drive make 20000 configurations; at most 10000 are taken',
    );
  });
});

test('what is not set resolves to the defaults of qemu-img create', () => {
  expect(resolveCreate({})).toEqual({
    clusterBytes: 65_536,
    extendedL2: false,
    refcountBits: 16,
    preallocation: 'off',
    lazyRefcounts: false,
    compat: '1.1',
    compressionType: 'zlib',
    dataFileRaw: false,
  });
});

test('a raw external data file preallocates the metadata', () => {
  expect(resolveCreate({ data_file: 'd', data_file_raw: true })).toMatchObject({
    preallocation: 'metadata',
    dataFile: 'd',
  });
  expect(resolveCreate({ data_file: 'd', data_file_raw: true, preallocation: 'full' }).preallocation).toBe('full');
});
