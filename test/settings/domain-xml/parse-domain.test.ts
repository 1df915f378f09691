import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InputError } from '../../../src/errors.ts';
import { parseDomain } from '../../../src/settings/domain-xml/parse-domain.ts';
import { readScaledBytes } from '../../../src/settings/domain-xml/scaled-bytes.ts';

const parse = (...chunks: string[]) => parseDomain('guest.xml', chunks);
const disk = (inner: string, attributes = "type='file' device='disk'") =>
  `<domain><name>g</name><devices><disk ${attributes}>${inner}</disk></devices></domain>`;

test('a disk is told in the terms of QEMU, with its layers', async () => {
  const machine = await parse(
    `<?xml version='1.0'?>
<domain type='kvm'>
  <name>web &amp; mail</name>
  <devices>
    <disk type='file' device='disk'>
      <driver name='qemu' type='qcow2' cache='none' io='native' discard='unmap' detect_zeroes='unmap' discard_no_unref='on' queues='4'>
        <metadata_cache><max_size unit='KiB'>2048</max_size></metadata_cache>
      </driver>
      <source file='/a &lt;b&gt;.qcow2' index='1'/>
      <backingStore type='file' index='2'>
        <format type='qcow2'><metadata_cache><max_size unit='MB'>1</max_size></metadata_cache></format>
        <source file='/base.qcow2'/>
        <backingStore type='block'><format type='raw'/><source dev='/dev/sdx'/><backingStore/></backingStore>
      </backingStore>
      <target dev='vda' bus='virtio'/>
    </disk>
  </devices>
</domain>`,
  );
  expect(machine).toMatchObject({ kind: 'domain', name: 'web & mail', remarks: [] });
  expect(machine.disks).toEqual([
    {
      name: 'vda',
      place: 'libvirt',
      where: 'line 5',
      device: 'disk',
      format: 'qcow2',
      source: { kind: 'file', path: '/a <b>.qcow2' },
      drive: {
        cache: 'none',
        aio: 'native',
        discard: 'unmap',
        'detect-zeroes': 'unmap',
        'discard-no-unref': true,
        'cache-size': 2 * 1024 ** 2,
      },
      readOnly: false,
      driverAttributes: expect.objectContaining({ name: 'qemu', io: 'native', queues: '4' }),
      bus: 'virtio',
      layers: [
        { format: 'qcow2', source: { kind: 'file', path: '/base.qcow2' }, drive: { 'cache-size': 1_000_000 } },
        { format: 'raw', source: { kind: 'block', path: '/dev/sdx' }, drive: {} },
      ],
      remarks: [],
    },
  ]);
});

test.each([
  ["type='network'", "<source protocol='rbd' name='pool/x'/>", { kind: 'elsewhere', text: 'rbd: pool/x' }],
  ["type='volume'", "<source pool='p' volume='v'/>", { kind: 'elsewhere', text: 'the volume v of the pool p' }],
  ["type='block'", "<source dev='/dev/sdb'/>", { kind: 'block', path: '/dev/sdb' }],
  ["type='file' device='cdrom'", '', { kind: 'empty' }],
  ["type='vhostuser'", '<source/>', { kind: 'elsewhere', text: 'a source of type vhostuser' }],
])('where the data of a disk %s is', async (attributes, inner, source) => {
  expect((await parse(disk(inner, attributes))).disks[0]?.source).toEqual(source);
});

test('a disk whose type is not said is raw, as libvirt takes it', async () => {
  expect((await parse(disk("<source file='/x'/>"))).disks[0]?.format).toBe('raw');
});

test('default says nothing, and values that libvirt refuses are told', async () => {
  const { disks } = await parse(
    disk(
      "<driver type='qcow2' cache='default' io='aio' discard='yes'><metadata_cache><max_size>many</max_size></metadata_cache></driver>",
    ),
  );
  expect(disks[0]?.drive).toEqual({});
  expect(disks[0]?.remarks.map(({ kind }) => kind)).toEqual(['refused', 'refused', 'refused']);
});

test('elements of another namespace are no disks; the status of a guest, a snapshot and a disk alone are read', async () => {
  const other = "<domain xmlns:o='urn:o'><o:disk/><devices><o:disk type='file'/></devices></domain>";
  expect((await parse(other)).disks).toEqual([]);
  const inner = "<disk type='file'><source file='/x'/></disk>";
  for (const text of [
    `<domstatus><domain><devices>${inner}</devices></domain></domstatus>`,
    `<domainsnapshot><domain><devices>${inner}</devices></domain></domainsnapshot>`,
    inner,
  ]) {
    expect((await parse(text)).disks).toHaveLength(1);
  }
});

test('what is passed to QEMU is read as its command line', async () => {
  const { disks, remarks } = await parse(
    `<domain xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'><devices/>
<qemu:commandline><qemu:arg value='-drive'/><qemu:arg value='file=/d.qcow2,format=qcow2,id=x'/>
<qemu:arg value='-set'/><qemu:arg value='drive.drive-virtio-disk0.l2-cache-size=1M'/></qemu:commandline></domain>`,
  );
  expect(disks[0]).toMatchObject({ name: 'x', where: '<qemu:commandline>, -drive number 1', place: 'drive' });
  expect(remarks).toEqual([{ kind: 'refused', text: expect.stringContaining('no drive "drive-virtio-disk0"') }]);
});

describe('hostile', () => {
  const laughs = `<?xml version="1.0"?>
<!DOCTYPE domain [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>
<domain><name>&c;</name></domain>`;
  test.each([
    ['entities within entities', laughs, /guest\.xml:\d+: it has a document type/],
    [
      'an external entity',
      '<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]><domain>&x;</domain>',
      /document type/,
    ],
    ['an entity that nobody declared', '<domain>&lol;</domain>', /guest\.xml:1: it is not well-formed XML/],
    ['a prefix that nobody declared', '<domain><q:x/></domain>', /not well-formed/],
    ['an element that is not closed', '<domain><devices>', /not well-formed/],
    ['two attributes of one name', "<domain a='1' a='2'/>", /not well-formed/],
    ['elements nested deep', '<domain>'.repeat(5000), /nested more than 128 deep/],
    ['another document', '<html/>', /no libvirt domain: its first element is <html>/],
    ['nothing', '', /not well-formed|no libvirt domain/],
  ])('%s is refused with its line', async (_, text, message) => {
    await expect(parse(text)).rejects.toThrow(InputError);
    await expect(parse(text)).rejects.toThrow(message);
  });

  test('a file without end is given up after 16 MiB, whatever it says', async () => {
    let read = 0;
    const endless = (function* () {
      yield '<domain>';
      for (;;) {
        read += 65_536;
        yield `<!--${'x'.repeat(65_529)}-->`;
      }
    })();
    await expect(parseDomain('big.xml', endless)).rejects.toThrow('it is longer than 16 MiB');
    expect(read).toBeLessThan(17 * 1024 ** 2);
  });

  test('names of properties are only names', async () => {
    const { disks } = await parse(disk("<driver __proto__='x' constructor='y' type='qcow2'/>"));
    expect(disks[0]?.format).toBe('qcow2');
    expect(({} as Record<string, unknown>).x).toBeUndefined();
  });

  test('mutated domains are read, or refused with a line', async () => {
    const sound = disk(
      "<driver name='qemu' type='qcow2' cache='none'><metadata_cache><max_size unit='KiB'>9</max_size></metadata_cache></driver><source file='/x'/><backingStore/>",
    );
    const edit = fc.record({
      at: fc.nat(sound.length),
      cut: fc.nat(9),
      put: fc.oneof(
        fc.constantFrom(
          '<',
          '>',
          '/',
          "'",
          '&',
          '&#0;',
          '&#x10FFFF;',
          '<![CDATA[',
          ']]>',
          '<!--',
          '<?x',
          '\u0000',
          '\ud800',
          'xmlns=',
        ),
        fc.string(),
      ),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 4 }), fc.nat(sound.length), async (edits, split) => {
        let text = sound;
        for (const { at, cut, put } of edits) text = text.slice(0, at) + put + text.slice(at + cut);
        try {
          const machine = await parse(text.slice(0, split), text.slice(split));
          expect(machine.kind).toBe('domain');
        } catch (error) {
          expect(error).toBeInstanceOf(InputError);
        }
      }),
      { numRuns: 400 },
    );
  });
});

test.each([
  ['1', undefined, 1],
  ['1', 'bytes', 1],
  ['2', 'KiB', 2048],
  ['2', 'k', 2048],
  ['2', 'KB', 2000],
  ['3', 'G', 3 * 1024 ** 3],
  ['1', 'PiB', 1024 ** 5],
  ['1', 'EiB', undefined],
  ['-1', 'KiB', undefined],
  ['1.5', 'KiB', undefined],
  ['', 'KiB', undefined],
  ['1', 'furlong', undefined],
])('%s %s is %s bytes', (text, unit, bytes) => {
  expect(readScaledBytes(text, unit)).toBe(bytes);
});
