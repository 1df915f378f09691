import { describe, expect, test } from 'vitest';
import { commandSheet, commandTargets } from '../../../src/advisor/commands/index.ts';
import { combinedCacheBytes } from '../../../src/advisor/commands/libvirt.ts';
import { plainFileName, shellWord, suboptionValue, xmlText } from '../../../src/advisor/commands/quoting.ts';
import { targetNames } from '../../../src/advisor/commands/target-limits.ts';
import { propose } from '../../../src/advisor/proposal.ts';
import { recommend } from '../../../src/advisor/recommendation.ts';
import { UsageError } from '../../../src/errors.ts';
import { computeCacheSizes } from '../../../src/settings/cache-sizing.ts';
import { adviceRequest, gib, traits } from '../requests.ts';

describe('2 TiB, random reads, with settings chosen for 64 MiB', () => {
  const { commands } = recommend(adviceRequest({ traits: traits('random-read') }));

  test('qemu-img create', () => {
    expect(commands['qemu-img']).toBe('qemu-img create -f qcow2 -o cluster_size=512K disk.qcow2 2T');
  });

  test('-drive takes suffixes', () => {
    expect(commands.drive).toBe(
      '-drive file=disk.qcow2,format=qcow2,if=virtio,l2-cache-size=32M,l2-cache-entry-size=64K',
    );
  });

  test('-blockdev takes whole numbers of bytes', () => {
    const json = /^-blockdev '(.*)'$/.exec(commands.blockdev ?? '')?.[1] ?? '';
    expect(JSON.parse(json)).toEqual({
      driver: 'qcow2',
      'node-name': 'disk0',
      'l2-cache-size': 33_554_432,
      'l2-cache-entry-size': 65_536,
      file: { driver: 'file', 'node-name': 'disk0-file', filename: 'disk.qcow2' },
    });
  });

  test('libvirt gets the L2 cache and four clusters together', () => {
    expect(commands.libvirt).toContain(`<max_size unit='bytes'>${33_554_432 + 4 * 524_288}</max_size>`);
    expect(commands['libvirt-volume']).toContain("<clusterSize unit='B'>524288</clusterSize>");
    expect(commands['libvirt-volume']).not.toContain('extended_l2');
  });

  test('virt-install has the syntax of version 5 and that of version 4 as a comment', () => {
    const [current = '', older = ''] = (commands['virt-install'] ?? '').split('\n');
    const disk = 'path=/var/lib/libvirt/images/disk.qcow2,driver.type=qcow2';
    const size = 33_554_432 + 4 * 524_288;
    expect(current).toBe(
      `--disk ${disk},driver.metadata_cache.max_size=${size},driver.metadata_cache.max_size.unit=bytes`,
    );
    const path = './driver/metadata_cache/max_size';
    expect(older).toBe(`# virt-install 4.x: --disk ${disk},xpath1.set=${path}=${size},xpath2.set=${path}/@unit=bytes`);
  });

  test('Proxmox has a way for each generation of machines', () => {
    const text = commands.proxmox ?? '';
    const [older = '', newer = ''] =
      text.split('# machine version below 10.0')[1]?.split('# machine version 10.0') ?? [];
    expect(older).toContain(
      "qm set VMID --args '-set drive.drive-scsi0.l2-cache-size=32M -set drive.drive-scsi0.l2-cache-entry-size=64K'",
    );
    expect(newer).toContain(
      'qtune apply --qmp /var/run/qemu-server/VMID.qmp --device scsi0 --drive l2-cache-size=32M,l2-cache-entry-size=64K',
    );
  });

  test('QMP refers to the nodes of -blockdev', () => {
    expect(JSON.parse(commands.qmp ?? '')).toEqual({
      execute: 'blockdev-reopen',
      arguments: {
        options: [
          {
            driver: 'qcow2',
            'node-name': 'disk0',
            'l2-cache-size': 33_554_432,
            'l2-cache-entry-size': 65_536,
            file: 'disk0-file',
          },
        ],
      },
    });
  });
});

test('a backing file is named wherever QEMU has to know it', () => {
  const { commands } = recommend(adviceRequest({ diskBytes: 100 * gib, hasBacking: true }));
  expect(commands['qemu-img']).toContain('-b base.qcow2 -F qcow2');
  expect(commands.blockdev).toContain('"node-name":"disk0-backing"');
  expect(commands.qmp).toContain('"backing":"disk0-backing"');
  expect(commands['libvirt-volume']).toContain('<backingStore>');
});

test('discard reaches the protocol node too, which -blockdev does not do by itself', () => {
  const { commands } = recommend(adviceRequest({ priority: 'space' }));
  expect(commands.blockdev?.match(/"discard":"unmap"/g)).toHaveLength(2);
  expect(commands.libvirt).toContain("discard='unmap'");
});

test.each([64, 2048])('libvirt’s number makes QEMU choose the wanted L2 cache, whatever fits into %i MiB', (mib) => {
  for (const diskBytes of [100 * gib, 2048 * gib, 16_384 * gib]) {
    const request = adviceRequest({ diskBytes, memoryLimitBytes: mib * 2 ** 20 });
    const { proposal } = recommend(request).recommended;
    const chosen = computeCacheSizes(proposal.geometry, { 'cache-size': combinedCacheBytes(proposal) });
    expect(chosen.coveredBytes).toBe(proposal.cache.coveredBytes);
    expect(chosen.refcountTableCount).toBe(4);
  }
});

describe('every setting arrives where it can be said, and is named where it cannot', () => {
  const request = adviceRequest();
  const proposal = propose(request, {
    create: { cluster_size: 131_072, extended_l2: true, refcount_bits: 8, lazy_refcounts: true },
    drive: {
      ...{ 'l2-cache-size': 16 * 2 ** 20, 'cache-clean-interval': 60, cache: 'none', aio: 'io_uring' },
      ...{ discard: 'unmap', 'detect-zeroes': 'unmap', 'discard-no-unref': true, 'overlap-check': 'none' },
    },
  });
  const { commands, commandNotes } = commandSheet({ request, proposal });

  test('-blockdev tells both nodes what -drive hands down', () => {
    const json = /^-blockdev '(.*)'$/.exec(commands.blockdev ?? '')?.[1] ?? '';
    const common = { discard: 'unmap', cache: { direct: true, 'no-flush': false } };
    expect(JSON.parse(json)).toMatchObject({
      ...common,
      'detect-zeroes': 'unmap',
      'overlap-check': 'none',
      'discard-no-unref': true,
      file: { ...common, aio: 'io_uring' },
    });
    expect(JSON.parse(json)).not.toHaveProperty('aio');
  });

  test('libvirt has attributes for what it knows', () => {
    expect(commands.libvirt).toContain(
      "type='qcow2' cache='none' io='io_uring' discard='unmap' detect_zeroes='unmap' discard_no_unref='on'>",
    );
    const notes = commandNotes.libvirt ?? [];
    expect(notes).toContain('requires libvirt >= 9.5.0 (discard_no_unref)');
    expect(notes).toContain('requires QEMU >= 8.1.0 (discard-no-unref)');
    for (const name of ['overlap-check', 'cache-clean-interval'])
      expect(notes.filter((note) => note.startsWith(`cannot be said here: ${name}:`))).toHaveLength(1);
  });

  test('the volume has features, and says what it has no element for', () => {
    expect(commands['libvirt-volume']).toMatch(/<features>\s+<lazy_refcounts\/>\s+<extended_l2\/>\s+<\/features>/);
    expect(commandNotes['libvirt-volume']?.join()).toContain('cannot be said here: refcount_bits:');
  });

  test('Proxmox takes its own options for the disk and the rest past it', () => {
    expect(commands.proxmox).toContain('qcow2,cache=none,aio=io_uring,discard=on,detect_zeroes=1\n');
    expect(commands.proxmox).not.toContain('drive-scsi0.cache=');
    expect(commands.proxmox).toContain('-set drive.drive-scsi0.overlap-check=none');
  });

  test('Nova has two options', () => {
    expect(commands.openstack).toContain('disk_cachemodes = file=none\nhw_disk_discard = unmap');
    expect(commandNotes.openstack?.join()).toContain('cannot be said here: extended_l2:');
  });

  test('a running guest keeps its cache mode and aio', () => {
    const notes = commandNotes.qmp?.join() ?? '';
    expect(notes).toContain('cannot be said here: aio:');
    expect(notes).toContain('requires QEMU >= 6.1.0 (blockdev-reopen)');
  });

  test('a QEMU that is known and new enough needs no guards', () => {
    const known = commandSheet({ request: { ...request, qemu: { major: 8, minor: 1 } }, proposal });
    expect(JSON.stringify(known.commandNotes)).not.toContain('requires QEMU');
    const older = commandSheet({ request: { ...request, qemu: { major: 8, minor: 0 } }, proposal });
    expect(older.commandNotes.drive).toEqual(['requires QEMU >= 8.1.0 (discard-no-unref)']);
  });
});

describe('an image that exists', () => {
  const request = adviceRequest({
    image: { create: {}, fileName: 'disk.qcow2', hasSnapshots: true },
    fileName: 'disk.qcow2',
  });
  const proposal = propose(request, { create: {}, drive: { 'l2-cache-size': 2 ** 28 } });
  const converted = propose(request, { create: { cluster_size: 2 ** 20 }, drive: {} });

  test('is not created again, by no target', () => {
    const { commands } = commandSheet({ request, proposal });
    expect(Object.keys(commands)).not.toContain('qemu-img');
    expect(Object.keys(commands)).not.toContain('libvirt-volume');
    expect(Object.keys(commands)).not.toContain('convert');
    expect(Object.values(commands).join()).not.toMatch(/qemu-img|pvesm/);
  });

  test('is converted where the alternative needs that, and the old file kept', () => {
    const sheet = commandSheet({ request, proposal, converted });
    expect(sheet.commands.convert?.split('\n')).toEqual([
      'qemu-img convert -p -f qcow2 -O qcow2 -o cluster_size=1M disk.qcow2 disk.qcow2.new &&',
      'qemu-img compare -f qcow2 -F qcow2 disk.qcow2 disk.qcow2.new &&',
      'mv disk.qcow2 disk.qcow2.old &&',
      'mv disk.qcow2.new disk.qcow2',
    ]);
    expect(sheet.undo.convert).toBe('mv disk.qcow2.old disk.qcow2');
    expect(sheet.commandNotes.convert).toContain('the internal snapshots are not copied');
  });
});

test.each(targetNames)('--target %s shows only what is for it, and says so of each command', (target) => {
  const { commands, undo, commandNotes } = recommend(adviceRequest({ target }));
  const all = commandTargets.filter(({ targets }) => targets.includes(target)).map(({ key }) => key);
  // What is for an image that exists, or for one that runs.
  const elsewhere = ['apply', 'convert'];
  expect(Object.keys(commands)).toEqual(all.filter((key) => !elsewhere.includes(key)));
  expect(Object.keys(undo)).toEqual(Object.keys(commands));
  expect(Object.keys(commandNotes)).toEqual(Object.keys(commands));
});

test('virt-install finds the image where qemu-img makes it', () => {
  const { commands } = recommend(adviceRequest({ target: 'virt-install' }));
  expect(commands['qemu-img']).toContain(' /var/lib/libvirt/images/disk.qcow2 2T');
  expect(commands['virt-install']).toContain('path=/var/lib/libvirt/images/disk.qcow2,');
});

test('metadata in advance is Proxmox’s own way to make an image, and a flag of virsh', () => {
  const request = adviceRequest({ diskBytes: 100 * gib });
  const proposal = propose(request, { create: { preallocation: 'metadata' }, drive: {} });
  const { commands, commandNotes } = commandSheet({ request, proposal });
  expect(commands.proxmox).toContain(
    'pvesm set local --preallocation metadata\npvesm alloc local VMID vm-VMID-disk-0.qcow2 104857600\n',
  );
  expect(commandNotes['libvirt-volume']?.[0]).toMatch(/vol-create POOL volume.xml --prealloc-metadata$/);
});

test.each(['a\nb', 'a\u001b[2J', 'a\u0000', 'a\ud800', 'a\u2028'])('the file name %j is refused', (fileName) => {
  expect(() => recommend(adviceRequest({ fileName }))).toThrow(UsageError);
});

test.each([
  ['plain.qcow2', 'plain.qcow2'],
  ["it's", `'it'\\''s'`],
  ['a b;$(c)', `'a b;$(c)'`],
])('the shell word of %s is %s', (text, word) => {
  expect(shellWord(text)).toBe(word);
});

test.each([
  ['-x', './-x'],
  ['json:{}', './json:{}'],
  ['/a:b', '/a:b'],
  ['a/b', 'a/b'],
])('the file name %s is given to QEMU as %s', (name, plain) => {
  expect(plainFileName(name)).toBe(plain);
});

test('special characters are escaped as each target wants', () => {
  expect(xmlText(`<a & 'b'>`)).toBe('&lt;a &amp; &apos;b&apos;&gt;');
  expect(suboptionValue('a,b"c')).toBe('"a,b\\"c"');
});

test.each([false, true])('XML is well-formed, with a backing file: %s', (hasBacking) => {
  const request = adviceRequest({ hasBacking, priority: 'space', fileName: `/x/<a> & 'b'.qcow2` });
  const { commands } = recommend(request);
  for (const xml of [commands.libvirt ?? '', commands['libvirt-volume'] ?? '']) {
    const open: string[] = [];
    const tag = /<!--.*?-->|<(\/?)([a-z_A-Z0-9]+)(?: [a-z]+='[^'<>&]*(?:&\w+;[^'<>&]*)*')*(\/?)>/g;
    const text = xml.replace(tag, (_all, close: string, name: string | undefined, alone: string) => {
      if (name === undefined || alone) return '';
      if (close) expect(open.pop()).toBe(name);
      else open.push(name);
      return '';
    });
    expect(open).toEqual([]);
    expect(text.replace(/&(amp|lt|gt|apos|quot);/g, '')).not.toMatch(/[<>&]/);
  }
});
