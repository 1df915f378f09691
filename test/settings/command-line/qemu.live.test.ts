import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { diskFindings } from '../../../src/advisor/inspection/disk-findings.ts';
import { readDiskImage } from '../../../src/cli/inspect/disk-image.ts';
import { describeCommandLine } from '../../../src/settings/command-line/describe-command-line.ts';
import { systemQemu } from '../../helpers/qemu.ts';
import { run, twoAtATime } from '../qemu-oracle.ts';

const bin = systemQemu() ?? '';
let home = '';
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'qtune-line-'));
  execFileSync(join(bin, 'qemu-img'), ['create', '-q', '-f', 'qcow2', join(home, 'disk.qcow2'), '1T']);
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

describe.skipIf(bin === '')('beside the QEMU of this machine (skipped where there is none)', () => {
  test('a drive is called refused where QEMU refuses its options, and only there', async () => {
    const option = fc.constantFrom(
      'file.aio=native',
      'file.aio=threads',
      'cache.direct=on',
      'cache.direct=off',
      'cache.no-flush=on',
      'discard=unmap',
      'discard=ignore',
      'discard=maybe',
      'detect-zeroes=unmap',
      'detect-zeroes=on',
      'l2-cache-size=4M',
      'cache-size=2M',
      'cache-size=8M',
      'refcount-cache-size=1M',
      'l2-cache-entry-size=4K',
      'l2-cache-entry-size=3000',
      'l2-cache-size=x',
      'overlap-check=none',
      'overlap-check=some',
    );
    const lists = fc.sample(
      fc.uniqueArray(option, { maxLength: 5, selector: (text) => text.split('=')[0] }).map((list) => list.join(',')),
      120,
    );
    const compared = [];
    // One after the other: QEMU locks the image.
    for (const list of lists) {
      // qemu-io lets discards through where nothing is said, unlike -drive.
      const discard = list.includes('discard=') ? '' : ',discard=ignore';
      const options = `driver=qcow2,file.driver=file,file.filename=disk.qcow2${discard}${list === '' ? '' : `,${list}`}`;
      const { ok } = await run(join(bin, 'qemu-io'), ['--image-opts', '-c', 'quit', options], home);
      const { disks } = describeCommandLine(['-drive', `if=none,id=d,${options}`]);
      const findings = disks.flatMap((disk) =>
        diskFindings({ disk, image: readDiskImage(disk, home) }, 'command-line'),
      );
      compared.push({ list, accepted: ok, found: findings.every(({ code }) => code !== 'refused') });
    }
    expect(compared.filter(({ accepted }) => !accepted).length).toBeGreaterThan(20);
    expect(compared.filter(({ accepted, found }) => accepted !== found)).toEqual([]);
  });

  test('file names of any kind lead to the file that QEMU opens', async () => {
    const name = fc
      .string({
        unit: fc.constantFrom('a', ',', '=', ' ', '{', '}', '"', "'", '\\', '.', 'é', '%'),
        minLength: 1,
        maxLength: 8,
      })
      .filter((text) => text !== '.' && text !== '..');
    const names = [...new Set(fc.sample(name, 30))];
    const opened = await twoAtATime(names, async (file) => {
      execFileSync(join(bin, 'qemu-img'), ['create', '-q', '-f', 'qcow2', `./${file}`, '1M'], { cwd: home });
      const options = `driver=qcow2,file.filename=${`./${file}`.replaceAll(',', ',,')}`;
      const { stdout } = await run(join(bin, 'qemu-img'), ['info', '--output=json', '--image-opts', options], home);
      const [disk] = describeCommandLine(['-drive', options]).disks;
      const source = disk?.source;
      return [JSON.parse(stdout).filename, source?.kind === 'file' ? source.path : source];
    });
    for (const [real, found] of opened) expect(found).toBe(real);
  });
});
