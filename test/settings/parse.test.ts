import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { UsageError } from '../../src/errors.ts';
import { catalogue, definitionsOf } from '../../src/settings/catalogue.ts';
import type { SettingValues } from '../../src/settings/configuration.ts';
import { parseSettingList } from '../../src/settings/parse.ts';
import { printSettings } from '../../src/settings/print.ts';

const create = (text: string) => parseSettingList('create', text, '-o');
const drive = (text: string) => parseSettingList('drive', text, '--drive');

describe('a list without sweeps', () => {
  test.each([
    ['cluster_size=128K,extended_l2=on', { cluster_size: 131_072, extended_l2: true }],
    ['cluster_size=64k,cluster_size=0x20000', { cluster_size: 131_072 }],
    ['extended_l2', { extended_l2: true }],
    ['noextended_l2', { extended_l2: false }],
    ['extended_l2=y,lazy_refcounts=no', { extended_l2: true, lazy_refcounts: false }],
    ['compat=v3', { compat: '1.1' }],
    ['compat=v2', { compat: '0.10' }],
    ['refcount_bits=0x10', { refcount_bits: 16 }],
    ['refcount_bits=010', { refcount_bits: 8 }],
    ['refcount_bits=-0', { refcount_bits: 0 }],
    ['data_file=a,,b.raw', { data_file: 'a,b.raw' }],
    ['data_file=a=b.raw', { data_file: 'a=b.raw' }],
    ['data_file=,,x', { data_file: ',x' }],
    ['data_file=a{b}.raw', { data_file: 'a{b}.raw' }],
    ['encrypt.format=luks', { 'encrypt.format': 'luks' }],
  ])('%s', (text, values) => {
    expect(create(text)).toEqual([values]);
  });

  test.each([
    ['l2-cache-size=1.5M', { 'l2-cache-size': 1_572_864 }],
    ['discard=on,detect-zeroes=unmap', { discard: 'unmap', 'detect-zeroes': 'unmap' }],
    ['cache=off', { cache: 'none' }],
    ['overlap-check=none,overlap-check.active-l2=on', { 'overlap-check': 'none', 'overlap-check.active-l2': true }],
  ])('%s', (text, values) => {
    expect(drive(text)).toEqual([values]);
  });
});

describe('a sweep', () => {
  test('multiplies with the others, the last one changing fastest, in the order written', () => {
    expect(create('extended_l2={on,off},cluster_size={128K,64K}').map((one) => printSettings('create', one))).toEqual([
      'cluster_size=128K,extended_l2=on',
      'cluster_size=64K,extended_l2=on',
      'cluster_size=128K,extended_l2=off',
      'cluster_size=64K,extended_l2=off',
    ]);
  });

  test('of one value is that value, and the last of two for one option counts', () => {
    expect(create('cluster_size={64K}')).toEqual([{ cluster_size: 65_536 }]);
    expect(create('cluster_size={64K,128K},cluster_size=4K')).toEqual([{ cluster_size: 4096 }]);
  });

  test('takes escaped commas in its values', () => {
    expect(create('data_file={a,,1,b}')).toEqual([{ data_file: 'a,1' }, { data_file: 'b' }]);
  });
});

describe('what is refused', () => {
  const size = "Parameter 'cluster_size' expects a non-negative number below 2^64";
  test.each([
    ['', '-o: Invalid option list: ', 'The list is empty.'],
    [',cluster_size=64K', '-o: Invalid option list: ,cluster_size=64K', expect.stringContaining('comma')],
    ['cluster_size=64K,', '-o: Invalid option list: cluster_size=64K,', expect.stringContaining('comma')],
    ['=64K', "-o: Invalid parameter ''", undefined],
    ['clustersize=64K', "-o: Invalid parameter 'clustersize'", 'Did you mean cluster_size?'],
    ['cluster-size=64K', "-o: Invalid parameter 'cluster-size'", 'Did you mean cluster_size?'],
    ['refcuont_bits=8', "-o: Invalid parameter 'refcuont_bits'", 'Did you mean refcount_bits?'],
    ['qwertyuiop=8', "-o: Invalid parameter 'qwertyuiop'", undefined],
    ['nocow', "-o: Invalid parameter 'cow'", undefined],
    ['size=1G', "-o: Invalid parameter 'size'", 'The size of the disk is given with --disk.'],
    ['cache=none', "-o: Invalid parameter 'cache'", 'cache is a run-time option: give it with --drive.'],
    ['cluster_size', `-o: ${size}`, expect.stringContaining('64K')],
    ['cluster_size=', `-o: ${size}`, expect.stringContaining('64K')],
    ['cluster_size=64KB', `-o: ${size}`, expect.stringContaining('64KiB')],
    ['cluster_size=16E', `-o: ${size}`, expect.stringContaining('larger than qtune can count')],
    ['cluster_size=-1', "-o: Value '-1' is out of range for parameter 'cluster_size'", undefined],
    ['refcount_bits=16.0', "-o: Parameter 'refcount_bits' expects a number", expect.stringContaining('no unit')],
    ['refcount_bits=08', "-o: Parameter 'refcount_bits' expects a number", expect.stringContaining('no unit')],
    ['extended_l2=ON', "-o: Parameter 'extended_l2' expects 'on' or 'off'", expect.stringContaining('lower case')],
    ['keep_data_file=yes', "-o: Invalid value 'yes' for 'keep_data_file': Must be 'on' or 'off'", undefined],
    ['compat=2', "-o: Parameter 'version' does not accept value '2'", 'compat is one of 1.1, 0.10.'],
    [
      'preallocation=yes',
      "-o: Parameter 'preallocation' does not accept value 'yes'",
      'preallocation is one of off, metadata, falloc, full.',
    ],
    ['compression_type=lz4', "-o: Parameter 'compression-type' does not accept value 'lz4'", expect.anything()],
    ['cluster_size={64K,128K', '-o: cluster_size has an opening brace without its closing one', undefined],
    ['cluster_size={', '-o: cluster_size has an opening brace without its closing one', undefined],
    ['cluster_size=64K}', `-o: ${size}`, expect.anything()],
    ['cluster_size={}', '-o: cluster_size has an empty value within its braces', expect.anything()],
    ['cluster_size={64K,{1M}}', '-o: cluster_size has a brace within braces', undefined],
    ['cluster_size={64K,64K}', '-o: cluster_size lists 64K twice within its braces', undefined],
    ['cluster_size={64K}K', '-o: cluster_size goes on after its closing brace', expect.anything()],
    ['cluster_size={64K,x}', `-o: ${size}`, expect.anything()],
  ])('-o %s', (text, message, hint) => {
    expect(refusal(() => create(text))).toMatchObject({ message, hint });
  });

  test.each([
    [
      'l2_cache_size=1M',
      "--drive: Block format 'qcow2' does not support the option 'l2_cache_size'",
      'Did you mean l2-cache-size?',
    ],
    [
      'cluster_size=64K',
      "--drive: Block format 'qcow2' does not support the option 'cluster_size'",
      'cluster_size is a create-time option: give it with -o.',
    ],
    [
      'overlap-check=some',
      "--drive: Unsupported value 'some' for qcow2 option 'overlap-check'. Allowed are any of the following: none, constant, cached, all",
      expect.anything(),
    ],
    ['discard=yes', '--drive: Invalid discard option', 'discard is one of ignore, unmap.'],
    ['detect-zeroes=maybe', '--drive: invalid parameter value: maybe', expect.anything()],
    ['cache=fast', '--drive: invalid cache option', expect.stringContaining('writethrough')],
    ['aio=uring', '--drive: invalid aio option', 'aio is one of threads, native, io_uring.'],
    ['cache-clean-interval=1M', "--drive: Parameter 'cache-clean-interval' expects a number", expect.anything()],
  ])('--drive %s', (text, message, hint) => {
    expect(refusal(() => drive(text))).toMatchObject({ message, hint });
  });

  test('sweeps of more combinations than anyone means', () => {
    const many = `{${Array.from({ length: 200 }, (_, index) => index + 1).join(',')}}`;
    expect(() => create(`refcount_bits=${many},cluster_size=${many}`)).toThrow(
      '-o: the sweeps make 40000 combinations; at most 10000 are taken',
    );
  });
});

test('what is printed is read back as the same values', () => {
  for (const scope of ['create', 'drive'] as const) {
    const values = [...definitionsOf(scope).values()].map((definition) => {
      const { domain, name } = definition;
      const value =
        domain.kind === 'switch'
          ? fc.boolean()
          : domain.kind === 'text'
            ? fc.string({ minLength: 1 }).filter((text) => !text.startsWith('{'))
            : domain.kind === 'choice'
              ? fc.constantFrom(...domain.choices.map((choice) => choice.value))
              : fc.maxSafeNat();
      return [name, value] as const;
    });
    const settings: fc.Arbitrary<SettingValues> = fc
      .record(Object.fromEntries(values), { requiredKeys: [] })
      .map((one) =>
        Object.fromEntries(
          Object.entries(one).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
        ),
      );
    fc.assert(
      fc.property(settings, (one) => {
        fc.pre(Object.keys(one).length > 0);
        expect(parseSettingList(scope, printSettings(scope, one), 'x')).toEqual([one]);
      }),
      { seed: 4, numRuns: 200 },
    );
  }
});

test('every option says what it does, what it costs, since when, its default and where that is from', () => {
  expect(new Set(catalogue.map(({ scope, name }) => `${scope} ${name}`)).size).toBe(catalogue.length);
  for (const { name, does, costs, source, default: without, since } of catalogue) {
    expect(does, name).toMatch(/^[A-Z].*\.$/);
    for (const text of [costs, source, without]) expect(text.length, name).toBeGreaterThan(0);
    expect(since.major, name).toBeGreaterThanOrEqual(0);
  }
});

function refusal(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError);
    return error;
  }
  return undefined;
}
