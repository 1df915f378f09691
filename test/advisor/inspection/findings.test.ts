import { describe, expect, test } from 'vitest';
import { diskChange } from '../../../src/advisor/inspection/disk-change.ts';
import { diskFindings } from '../../../src/advisor/inspection/disk-findings.ts';
import { type Finding, gravest, reaches, sortFindings } from '../../../src/advisor/inspection/finding.ts';
import { imageFindings } from '../../../src/advisor/inspection/image-findings.ts';
import type { DiskImage } from '../../../src/advisor/inspection/inspected-disk.ts';
import { readHeader } from '../../../src/qcow2/header.ts';
import type { ImageCensus } from '../../../src/qcow2/inspect/inspect-image.ts';
import type { DescribedDisk, DescribedMachine } from '../../../src/settings/described-disk.ts';
import { BareImage } from '../../qcow2/bare-image.ts';
import { censusOf } from '../../qcow2/inspect/run-inspection.ts';
import { MemorySource } from '../../qcow2/memory-source.ts';

const header = readHeader(new MemorySource(new BareImage().bytes));
/** 2 TiB with clusters of 64 KiB: 256 MiB of tables. */
const large: DiskImage = {
  state: 'read',
  header: { ...header, clusterBits: 16, clusterBytes: 65_536, virtualBytes: 2 ** 41 },
};
const fullBytes = 256 * 1024 ** 2;
const bothBytes = fullBytes + 4 * 65_536;

const usual: DescribedDisk = {
  name: 'vda',
  place: 'libvirt',
  where: 'line 1',
  device: 'disk',
  format: 'qcow2',
  source: { kind: 'file', path: '/d.qcow2' },
  drive: { cache: 'none', discard: 'unmap' },
  readOnly: false,
  driverAttributes: { name: 'qemu', type: 'qcow2', cache: 'none', discard: 'unmap', iothread: '1' },
  bus: 'virtio',
  layers: [],
  remarks: [],
};

function findingsOf(disk: Partial<DescribedDisk>, image = large, kind: DescribedMachine['kind'] = 'domain') {
  return diskFindings({ disk: { ...usual, ...disk }, image }, kind);
}
const codes = (findings: readonly Finding[]) => findings.map(({ severity, code }) => `${severity} ${code}`);

describe('a disk', () => {
  test('with the cache that covers it and discard has nothing to change', () => {
    const drive = { ...usual.drive, 'cache-size': bothBytes };
    const findings = findingsOf({ drive });
    expect(findings).toEqual([]);
    expect(diskChange({ disk: { ...usual, drive }, image: large }, findings, 'domain')).toBeUndefined();
  });

  test.each<[string, Partial<DescribedDisk>, DiskImage, DescribedMachine['kind'], readonly string[]]>([
    ['under the default cache', {}, large, 'domain', ['warning cache-cliff']],
    [
      'with more than it can use',
      { drive: { ...usual.drive, 'cache-size': 2 * fullBytes } },
      large,
      'domain',
      ['note cache-surplus'],
    ],
    [
      'with l2-cache-size beyond it',
      { drive: { ...usual.drive, 'l2-cache-size': 2 * fullBytes } },
      large,
      'command-line',
      ['note cache-surplus'],
    ],
    [
      'without discard',
      { drive: { cache: 'none' } },
      large,
      'domain',
      ['warning discard-missing', 'warning cache-cliff'],
    ],
    ['for reading only', { readOnly: true, drive: { 'cache-size': bothBytes } }, large, 'domain', []],
    [
      'with aio=native on the page cache',
      { drive: { discard: 'unmap', aio: 'native', 'cache-size': bothBytes } },
      large,
      'domain',
      ['error refused', 'note cache-host-pages'],
    ],
    [
      'unsafe',
      { drive: { ...usual.drive, cache: 'unsafe', 'cache-size': bothBytes } },
      large,
      'domain',
      ['warning cache-unsafe'],
    ],
    [
      'that writes through',
      { drive: { ...usual.drive, cache: 'directsync', 'cache-size': bothBytes } },
      large,
      'domain',
      ['warning cache-writes-through'],
    ],
    [
      'with a mix of switches that is no mode',
      { drive: { discard: 'unmap', 'cache.direct': true, 'cache.no-flush': true, 'cache-size': bothBytes } },
      large,
      'command-line',
      [],
    ],
    [
      'with sizes that contradict',
      { drive: { ...usual.drive, 'cache-size': 1, 'l2-cache-size': 2 } },
      large,
      'command-line',
      ['error refused'],
    ],
    [
      'raw, but the file is qcow2',
      { format: 'raw', drive: usual.drive, readOnly: true },
      large,
      'domain',
      ['error format-mismatch', 'warning cache-cliff'],
    ],
    ['qcow2, but the file is not', {}, { state: 'not-qcow2' }, 'domain', ['error format-mismatch']],
    ['raw', { format: 'raw' }, { state: 'not-qcow2' }, 'domain', ['note raw']],
    [
      'raw with an option of qcow2',
      { format: 'raw', drive: { 'cache-size': 1 } },
      { state: 'not-qcow2' },
      'domain',
      ['error refused', 'note raw', 'note cache-host-pages'],
    ],
    [
      'whose format is not said',
      { format: undefined },
      { state: 'not-qcow2' },
      'command-line',
      ['warning format-not-said'],
    ],
    ['that cannot be read', {}, { state: 'unread', why: 'it may not be read' }, 'domain', ['note image-not-read']],
    ['that is damaged', {}, { state: 'damaged', why: 'x' }, 'domain', ['error unreadable']],
    [
      'detecting zeroes without discard in libvirt',
      { drive: { cache: 'none', 'detect-zeroes': 'unmap', 'cache-size': bothBytes } },
      large,
      'domain',
      ['warning zeroes-not-discarded', 'warning discard-missing'],
    ],
    [
      'detecting zeroes without discard in QEMU',
      { drive: { cache: 'none', 'detect-zeroes': 'unmap', 'cache-size': bothBytes } },
      large,
      'command-line',
      ['error refused', 'warning discard-missing'],
    ],
    [
      'without a medium',
      { device: 'cdrom', source: { kind: 'empty' } },
      { state: 'unread', why: 'none' },
      'domain',
      [],
    ],
  ])('%s', (_, disk, image, kind, expected) => {
    expect(codes(findingsOf(disk, image, kind))).toEqual(expected);
  });

  test.each([
    [1, 'note'],
    [7, 'warning'],
  ] as const)('on %i layers is a %s', (count, severity) => {
    const layer = { format: 'qcow2', source: { kind: 'empty' }, drive: {} } as const;
    const findings = findingsOf({ layers: Array.from({ length: count }, () => layer) });
    expect(findings.find(({ code }) => code === 'chain')?.severity).toBe(severity);
  });

  test('is changed as its place has it, keeping what else is said of it', () => {
    const change = (disk: Partial<DescribedDisk>, kind: DescribedMachine['kind']) => {
      const whole = { ...usual, ...disk };
      return diskChange({ disk: whole, image: large }, findingsOf(disk, large, kind), kind);
    };
    const drive = { cache: 'writethrough' };
    const driverAttributes = { name: 'qemu', type: 'raw', cache: 'writethrough', serial: "<'&" };
    expect(change({ drive, driverAttributes, format: 'raw' }, 'domain')).toBe(
      [
        "<driver name='qemu' type='qcow2' cache='none' serial='&lt;&apos;&amp;' discard='unmap'>",
        '  <metadata_cache>',
        `    <max_size unit='bytes'>${bothBytes}</max_size>`,
        '  </metadata_cache>',
        '</driver>',
      ].join('\n'),
    );
    expect(change({ drive, place: 'drive', format: undefined }, 'command-line')).toBe(
      'format=qcow2,l2-cache-size=256M,discard=unmap,cache=none',
    );
    expect(change({ drive: {}, place: 'blockdev' }, 'command-line')).toBe(
      JSON.stringify({ 'l2-cache-size': fullBytes, discard: 'unmap' }),
    );
  });
});

describe('an image', () => {
  const sound = censusOf(new MemorySource(new BareImage().bytes));
  const facts = { fileBytes: 0x8000, allocatedBytes: 0x8000, changed: false };
  const find = (census: Partial<ImageCensus>, file = facts) => codes(imageFindings({ ...sound, ...census }, file));

  test('that is sound and small has no findings', () => {
    expect(find({})).toEqual([]);
  });

  test.each<[string, Partial<ImageCensus>, readonly string[]]>([
    ['with leaks', { damage: [{ kind: 'leak', count: 2, example: 'x' }] }, ['warning leaked-clusters']],
    ['with damage', { damage: [{ kind: 'l2-entry', count: 1, example: 'x' }] }, ['error damaged-l2-entry']],
    ['marked as corrupt', { header: { ...header, corrupt: true } }, ['error corrupt']],
    ['of version 2', { header: { ...header, version: 2 } }, ['warning version-2']],
    ['that is dirty', { header: { ...header, dirty: true }, whyUnchecked: 'x' }, ['warning dirty']],
    ['in the old encryption', { header: { ...header, encryption: 'AES' } }, ['warning legacy-encryption']],
    ['with snapshots', { header: { ...header, snapshotCount: 2 } }, ['note internal-snapshots']],
    [
      'over a file of a format not said',
      { header: { ...header, backingName: 'b' } },
      ['warning backing-format-missing', 'note backing'],
    ],
    ['in pieces', { allocated: 1000, fragmented: 500 }, ['note fragmented', 'note places-without-data']],
    ['compressed', { allocated: 10, compressed: 10, fragmented: 10 }, ['note compressed']],
    ['allocated in advance', { allocated: 1024 }, ['note places-without-data']],
    ['too large to be compared', { whyUnchecked: 'x', referencesChecked: false }, ['note references-unchecked']],
    [
      'beyond the default cache',
      { header: { ...header, virtualBytes: 2 ** 40, clusterBytes: 65_536 }, allocated: 0, l2TableCount: 2048 },
      ['warning cache-cliff'],
    ],
    [
      'beyond it, but hardly used',
      { header: { ...header, virtualBytes: 2 ** 40, clusterBytes: 65_536 }, l2TableCount: 3 },
      ['note cache-cliff', 'note places-without-data'],
    ],
  ])('%s', (_, census, expected) => {
    expect(find(census)).toEqual(expected);
  });

  test('damage in a file that is being written to may be a write half done', () => {
    const damage = [{ kind: 'refcount-too-low', count: 1, example: 'x' }] as const;
    expect(find({ damage }, { ...facts, changed: true })).toEqual(['warning damaged-refcount-too-low']);
  });
});

test('a cache of gigabytes is beside the clusters that need less', () => {
  const huge: DiskImage = {
    state: 'read',
    header: { ...(large as { header: typeof header }).header, virtualBytes: 2 ** 46 },
  };
  expect(findingsOf({}, huge)[0]?.remedy).toMatch(/With cluster_size=2M \(qemu-img convert\) 256 MiB would do\.$/);
  expect(findingsOf({})[0]?.remedy).not.toContain('convert');
});

test('the gravest finding decides', () => {
  const of = (severity: Finding['severity']): Finding => ({
    severity,
    code: severity,
    message: '',
    meaning: '',
    remedy: '',
    source: '',
  });
  const mixed = [of('note'), of('error'), of('warning'), of('note')];
  expect(sortFindings(mixed).map(({ code }) => code)).toEqual(['error', 'warning', 'note', 'note']);
  expect([gravest([]), gravest([of('note'), of('warning')])]).toEqual([undefined, 'warning']);
  expect([reaches([of('note')], 'warning'), reaches(mixed, 'warning'), reaches([of('warning')], 'error')]).toEqual([
    false,
    true,
    false,
  ]);
});
