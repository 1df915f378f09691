import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { describeCommandLine } from '../../../src/settings/command-line/describe-command-line.ts';
import { optionsStart } from '../../../src/settings/command-line/option-words.ts';
import { commandWords, shellWords } from '../../../src/settings/command-line/shell-words.ts';

const disksOf = (...words: string[]) => describeCommandLine(words).disks;
const json = (value: unknown): string => JSON.stringify(value);

test('a -drive is told with its settings, its device and where it stands', () => {
  expect(
    disksOf(
      '-enable-kvm',
      '-drive',
      'file=/var/a,,b.qcow2,format=qcow2,if=none,id=d0,cache=none,aio=native,discard=unmap,l2-cache-size=4M,read-only=on',
      '-device',
      'virtio-blk-pci,drive=d0,bootindex=1',
    ),
  ).toEqual([
    {
      name: 'd0',
      place: 'drive',
      where: '-drive number 1',
      device: 'disk',
      format: 'qcow2',
      source: { kind: 'file', path: '/var/a,b.qcow2' },
      drive: { cache: 'none', aio: 'native', discard: 'unmap', 'l2-cache-size': 4 * 1024 ** 2 },
      readOnly: true,
      bus: 'virtio-blk-pci',
      layers: [],
      remarks: [],
    },
  ]);
});

test.each([
  ['file=/x.img', { kind: 'file', path: '/x.img' }],
  ['file=file:/x.img', { kind: 'file', path: '/x.img' }],
  ['file=host_device:/dev/sdb', { kind: 'block', path: '/dev/sdb' }],
  ['file=nbd:host:10809', { kind: 'elsewhere', text: 'nbd: host:10809' }],
  ['file=./a:b', { kind: 'file', path: './a:b' }],
  ['driver=qcow2,file.driver=file,file.filename=/y', { kind: 'file', path: '/y' }],
  [
    `file=json:${json({ driver: 'qcow2', file: { driver: 'file', filename: '/j,k' } }).replaceAll(',', ',,')}`,
    { kind: 'file', path: '/j,k' },
  ],
  ['file={odd},format=raw', { kind: 'file', path: '{odd}' }],
  ['if=none,media=cdrom', { kind: 'empty' }],
])('the source of -drive %s', (list, source) => {
  expect(disksOf('-drive', list)[0]?.source).toEqual(source);
});

test('settings of the file node count, and the format is only what is said', () => {
  const [disk] = disksOf('-drive', 'file=/x,file.aio=io_uring,file.cache.direct=on');
  expect(disk).toMatchObject({ format: undefined, drive: { aio: 'io_uring', 'cache.direct': true } });
});

test('-set changes a drive that is there, and is refused for one that is not', () => {
  const machine = describeCommandLine([
    '-drive',
    'file=/x,id=d',
    '-set',
    'drive.d.l2-cache-size=1M',
    '-set',
    'drive.e.aio=native',
  ]);
  expect(machine.disks[0]?.drive).toEqual({ 'l2-cache-size': 1024 ** 2 });
  expect(machine.remarks).toEqual([
    { kind: 'refused', text: expect.stringContaining('there is no drive "e" defined') },
  ]);
});

test('block nodes are followed through filters and names to the file and the backing layers', () => {
  const words = [
    '-blockdev',
    json({
      driver: 'file',
      filename: '/top.qcow2',
      'node-name': 's1',
      aio: 'native',
      discard: 'unmap',
      cache: { direct: true },
    }),
    '-blockdev',
    json({ driver: 'file', filename: '/base.qcow2', 'node-name': 's2' }),
    '-blockdev',
    json({ driver: 'qcow2', 'node-name': 'f2', file: 's2', backing: null, 'l2-cache-size': 1048576 }),
    '-blockdev',
    json({ driver: 'qcow2', 'node-name': 'f1', file: 's1', backing: 'f2', discard: 'unmap' }),
    '-blockdev',
    'driver=throttle,node-name=t1,throttle-group=g,file=f1',
    '-blockdev',
    json({ driver: 'file', filename: '/OVMF.fd', 'node-name': 'p0' }),
    '-machine',
    'q35,pflash0=p0',
    '-device',
    json({ driver: 'scsi-hd', drive: 't1' }),
  ];
  expect(disksOf(...words)).toEqual([
    {
      name: 't1',
      place: 'blockdev',
      where: '-blockdev t1',
      device: 'disk',
      format: 'qcow2',
      source: { kind: 'file', path: '/top.qcow2' },
      drive: { discard: 'unmap', aio: 'native', 'cache.direct': true },
      readOnly: false,
      bus: 'scsi-hd',
      layers: [{ format: 'qcow2', source: { kind: 'file', path: '/base.qcow2' }, drive: { 'l2-cache-size': 1048576 } }],
      remarks: [],
    },
  ]);
});

test('-blockdev with units, without a name and with broken JSON is refused', () => {
  const machine = describeCommandLine([
    '-blockdev',
    'driver=qcow2,node-name=a,l2-cache-size=4M,file.driver=file,file.filename=/x',
    '-blockdev',
    'driver=null-co',
    '-blockdev',
    '{"driver":',
  ]);
  expect(machine.disks[0]?.remarks).toEqual([
    { kind: 'refused', text: expect.stringContaining('whole number of bytes') },
  ]);
  expect(machine.remarks.map(({ kind }) => kind)).toEqual(['refused', 'refused']);
});

test('discard has to be said of the file node too where that stands by its name', () => {
  const node = (discard: object) => [
    '-blockdev',
    json({ driver: 'file', filename: '/x', 'node-name': 's', ...discard }),
    '-blockdev',
    json({ driver: 'qcow2', 'node-name': 'f', file: 's', discard: 'unmap' }),
  ];
  expect(disksOf(...node({}))[0]?.remarks).toEqual([
    { kind: 'ineffective', text: expect.stringContaining('the file node s') },
  ]);
  expect(disksOf(...node({ discard: 'unmap' }))[0]?.remarks).toEqual([]);
  const inline = json({
    driver: 'qcow2',
    'node-name': 'f',
    file: { driver: 'file', filename: '/x' },
    discard: 'unmap',
  });
  expect(disksOf('-blockdev', inline)[0]?.remarks).toEqual([]);
});

test('nodes that name each other end somewhere', () => {
  const words = ['a', 'b'].flatMap((name, index) => [
    '-blockdev',
    json({ driver: index === 0 ? 'throttle' : 'qcow2', 'node-name': name, file: 'b', backing: 'b' }),
  ]);
  expect(disksOf(...words, '-device', 'virtio-blk,drive=a').length).toBeGreaterThan(0);
});

test('files that hold more of the command line are named', () => {
  const { remarks, disks } = describeCommandLine(['-readconfig', 'x.cfg', '@more', '-hda', '/x', '-nographic', '/y']);
  expect(remarks.map(({ kind, text }) => [kind, text.split(':')[0]])).toEqual([
    ['unread', '-readconfig x.cfg'],
    ['unread', '@more'],
  ]);
  expect(disks.map(({ where, source }) => [where, source])).toEqual([
    ['-hda', { kind: 'file', path: '/x' }],
    ['-hda', { kind: 'file', path: '/y' }],
  ]);
});

test.each([
  ['/usr/bin/qemu-system-x86_64 -m 1G', 1],
  ['sudo taskset -c 1 qemu-system-aarch64 -m 1G', 5],
  ['/usr/libexec/qemu-kvm -m 1', 1],
  ['-drive x', 0],
  ['cp a b', undefined],
])('where the options begin in %s', (text, start) => {
  expect(optionsStart(shellWords(text))).toBe(start);
});

describe('words', () => {
  test.each([
    [`a 'b c' "d \\"e\\" $f" g\\ h`, ['a', 'b c', 'd "e" $f', 'g h']],
    ['a \\\n  -b # c\nd', ['a', '-b', 'd']],
    [`x''y "" z`, ['xy', '', 'z']],
    ['open "end', ['open', 'end']],
    ['', []],
  ])('of %j', (text, words) => {
    expect(shellWords(text)).toEqual(words);
  });

  test('of a process are split at NUL', () => {
    expect(commandWords('qemu\0-drive\0file=a b\0\0')).toEqual(['qemu', '-drive', 'file=a b', '']);
  });

  test('quoted as a shell wants it come back as they were', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ minLength: 1, unit: 'binary' })), (words) => {
        const quoted = words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
        expect(shellWords(quoted)).toEqual(words);
      }),
    );
  });
});

test('any words are taken without an error, in time', () => {
  const pieces = fc.constantFrom(
    '-drive',
    '-blockdev',
    '-device',
    '-set',
    '-hda',
    '-machine',
    'file=',
    'id=d',
    'drive=d',
    ',',
    ',,',
    '=',
    '{',
    '}',
    '"',
    'driver=qcow2',
    'node-name=n',
    'file=n',
    'backing=n',
    'file.driver=file',
    'cache=none',
    'l2-cache-size=4M',
    'json:{',
    '__proto__',
    '{"driver":"qcow2","node-name":"n","file":"n"}',
    '[[[[',
    'drive.d.file=x',
    'constructor.x=1',
    '\0',
    'cache.direct=maybe',
  );
  const word = fc.array(fc.oneof(pieces, fc.string()), { maxLength: 6 }).map((parts) => parts.join(''));
  fc.assert(
    fc.property(fc.array(word, { maxLength: 12 }), (words) => {
      const machine = describeCommandLine(words);
      for (const disk of machine.disks) expect(disk.layers.length).toBeLessThanOrEqual(200);
    }),
    { numRuns: 1000 },
  );
  const deep = `${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`;
  expect(disksOf('-blockdev', deep)).toEqual([]);
});
