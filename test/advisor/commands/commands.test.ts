import { describe, expect, test } from 'vitest';
import { combinedCacheBytes } from '../../../src/advisor/commands/libvirt.ts';
import { plainFileName, shellWord, suboptionValue, xmlText } from '../../../src/advisor/commands/quoting.ts';
import { recommend } from '../../../src/advisor/recommendation.ts';
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
    const path = 'path=/var/lib/libvirt/images/disk.qcow2,format=qcow2';
    const size = 33_554_432 + 4 * 524_288;
    expect(current).toBe(
      `--disk ${path},driver.metadata_cache.max_size=${size},driver.metadata_cache.max_size.unit=bytes`,
    );
    expect(older).toBe(`# virt-install 4: --disk ${path},xpath1.set=./driver/metadata_cache/max_size=${size}`);
  });

  test('Proxmox sets each option on the drive and says where that fails', () => {
    expect(commands.proxmox).toContain(
      "qm set VMID --args '-set drive.drive-scsi0.l2-cache-size=32M -set drive.drive-scsi0.l2-cache-entry-size=64K'",
    );
    expect(commands.proxmox).toMatch(/^# .*10\.0/);
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
    const chosen = computeCacheSizes(proposal.geometry, { 'cache-size': combinedCacheBytes({ request, proposal }) });
    expect(chosen.coveredBytes).toBe(proposal.cache.coveredBytes);
    expect(chosen.refcountTableCount).toBe(4);
  }
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
