import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { commandSheet } from '../../../src/advisor/commands/index.ts';
import { absolutePath, combinedCacheBytes, driverAttributes } from '../../../src/advisor/commands/libvirt.ts';
import type { TargetInput } from '../../../src/advisor/commands/target.ts';
import { misnamed } from '../../../src/advisor/commands/virt-install.ts';
import { hasXmllint } from '../../helpers/format-checkers.ts';
import { findProgram, type LibvirtUnderTest, libvirtsUnderTest } from '../../helpers/libvirt.ts';
import { anyInput } from './any-input.ts';

const run = promisify(execFile);
const libvirts = libvirtsUnderTest();
const [system] = libvirts;
let parent = '';
beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), 'qtune-libvirt-'));
});
afterAll(() => rm(parent, { recursive: true, force: true }));

/** libvirt 9.0 knows everything but `discard_no_unref`, which has a guard. */
function knows({ name }: LibvirtUnderTest, { proposal }: TargetInput): boolean {
  return name !== 'system' || proposal.settings.drive['discard-no-unref'] === undefined;
}

function domain(disk: string): string {
  return [
    "<domain type='qemu'><name>guest</name><memory unit='MiB'>64</memory>",
    `<os><type arch='x86_64'>hvm</type></os><devices>${disk}</devices></domain>`,
  ].join('');
}

/** What libvirt's tools print of the disk's driver, in whatever order and quotes. */
function expectDriver(xml: string, { proposal }: TargetInput): void {
  const driver = /<driver [^>]*>/.exec(/<disk [\s\S]*<\/disk>/.exec(xml)?.[0] ?? '')?.[0].replaceAll("'", '"') ?? '';
  for (const [name, value] of Object.entries(driverAttributes(proposal)))
    expect(driver).toContain(` ${name}="${value}"`);
  const size = new RegExp(`<max_size unit=["']bytes["']>${combinedCacheBytes(proposal)}</max_size>`);
  expect(xml).toMatch(size);
}

function unescaped(xml: string): string {
  const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };
  return xml
    .replace(/&#x([0-9a-f]+);/gi, (_, digits: string) => String.fromCodePoint(Number.parseInt(digits, 16)))
    .replace(/&(lt|gt|quot|apos|amp);/g, (_, name: string) => entities[name] ?? '');
}

/** Names that virt-install writes wrongly into its XML, whatever it is given; the notes say so. */
const installable = anyInput({ everything: true }).filter(({ request }) => !misnamed(request.fileName));

describe.skipIf(libvirts.length === 0).each([...libvirts])(
  'libvirt $name (virsh, virt-install, virt-xml)',
  (libvirt) => {
    const env = () => ({ ...process.env, XDG_CACHE_HOME: parent, HOME: parent });

    test.skipIf(!hasXmllint())('its RELAX NG schemas accept domain and volume (needs xmllint)', async () => {
      const known = anyInput({ everything: true }).filter((input) => knows(libvirt, input));
      await fc.assert(
        fc.asyncProperty(fc.array(known, { minLength: 12, maxLength: 12 }), async (all) => {
          const directory = await mkdtemp(join(parent, 'schema-'));
          for (const kind of ['libvirt', 'libvirt-volume'] as const) {
            const files = await Promise.all(
              all
                .flatMap((input) => {
                  const { commands, undo } = commandSheet(input);
                  if (kind === 'libvirt-volume') return [commands[kind] ?? ''];
                  return [domain(commands[kind] ?? ''), domain(undo[kind] ?? '')];
                })
                .map(async (xml, index) => {
                  const path = join(directory, `${kind}-${index}.xml`);
                  await writeFile(path, xml);
                  return path;
                }),
            );
            const schema = join(libvirt.schemas, kind === 'libvirt' ? 'domain.rng' : 'storagevol.rng');
            await run('xmllint', ['--noout', '--relaxng', schema, ...files]);
          }
        }),
        { numRuns: 2 },
      );
    });

    test('its parser keeps every attribute of the disk', async () => {
      const input = anyInput({ everything: true }).filter((one) => knows(libvirt, one));
      await fc.assert(
        fc.asyncProperty(input, async (one) => {
          const path = join(parent, 'domain.xml');
          await writeFile(path, domain(commandSheet(one).commands.libvirt ?? ''));
          const { stdout } = await run(libvirt.tools.virsh, ['-c', 'test:///default', `define ${path}; dumpxml guest`]);
          expectDriver(stdout, one);
          expect(unescaped(stdout)).toContain(`<source file='${absolutePath(one.request.fileName)}'/>`);
        }),
        { numRuns: 10 },
      );
    });

    test('virt-install makes the same disk of its suboptions', async () => {
      const generation = await newerInstall(libvirt);
      await fc.assert(
        fc.asyncProperty(installable, async (any) => {
          // virt-install wants to see the image that it is told of.
          const fileName = join(parent, any.request.fileName);
          await writeFile(fileName, '');
          const input = { ...any, request: { ...any.request, fileName } };
          const line = lineFor(commandSheet(input).commands['virt-install'] ?? '', generation);
          const tool = `'${libvirt.tools['virt-install']}' --connect test:///default --name guest --memory 64 --import`;
          const shell = `${tool} --osinfo detect=on,require=off --check all=off --print-xml ${line}`;
          const { stdout } = await run('sh', ['-c', shell], { env: env() });
          expectDriver(stdout, input);
          expect(stdout).toContain('type="qcow2"');
          expect(unescaped(/<source .*/.exec(stdout)?.[0] ?? '')).toBe(`<source file="${fileName}"/>`);
        }),
        { numRuns: 3, endOnFailure: true },
      );
    });

    test('virt-xml changes a domain that is defined, and changes it back', async () => {
      const generation = await newerInstall(libvirt);
      const plain =
        "<disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='/x'/><target dev='vda' bus='virtio'/></disk>";
      await fc.assert(
        fc.asyncProperty(anyInput({ everything: true }), async (input) => {
          const { commands, undo } = commandSheet(input);
          const edit = async (xml: string, line: string) => {
            const path = join(parent, 'before.xml');
            await writeFile(path, xml);
            const shell = `${line.replace(/^virt-xml DOMAIN/, `'${libvirt.tools['virt-xml']}' --connect test:///default`)} <'${path}'`;
            return (await run('sh', ['-c', shell], { env: env() })).stdout;
          };
          const before = domain(plain);
          const changed = await edit(before, lineFor(commands['virt-xml'] ?? '', generation));
          expectDriver(changed, input);
          const back = await edit(changed, undo['virt-xml'] ?? '');
          expect(back.replace(/\s|\n/g, '').replaceAll('"', "'")).toContain("<drivername='qemu'type='qcow2'/>");
        }),
        { numRuns: 2, endOnFailure: true },
      );
    });
  },
);

/** Whether virt-install is 5.0 or later. */
async function newerInstall({ tools }: LibvirtUnderTest): Promise<boolean> {
  return Number((await run(tools['virt-install'], ['--version'])).stdout.split('.')[0]) >= 5;
}

/** The line for a generation: the first is that of 5.0, the one behind the comment that of 4.x. */
function lineFor(command: string, newer: boolean): string {
  const [current = '', older = ''] = command.split('\n');
  return newer ? current : older.replace(/^# virt-(install|xml) 4\.x: /, '');
}

describe.skipIf(system === undefined)('the hook for KubeVirt (python3, virsh)', () => {
  test.skipIf(findProgram('python3') === undefined)(
    'makes a domain that libvirt takes, of that disk alone',
    async () => {
      await fc.assert(
        fc.asyncProperty(
          anyInput({ everything: true }).filter((one) => system !== undefined && knows(system, one)),
          async (input) => {
            const script =
              /hook\.py: \|\n([\s\S]*?)\nEND\n/.exec(commandSheet(input).commands.kubevirt ?? '')?.[1] ?? '';
            const path = join(parent, 'hook.py');
            await writeFile(path, script.replace(/^ {4}/gm, ''));
            const disks = ['DISK', 'other'].map(
              (name, index) =>
                `<disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='/${name}'/><target dev='vd${'ab'[index]}' bus='virtio'/><alias name='ua-${name}'/></disk>`,
            );
            const before = domain(disks.join('')).replace(
              '<domain ',
              "<domain xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0' ",
            );
            const { stdout } = await run('python3', [path, '--vmi', '{}', '--domain', before].map(String));
            const after = join(parent, 'hooked.xml');
            await writeFile(after, stdout);
            const shown = await run(system?.tools.virsh ?? '', [
              '-c',
              'test:///default',
              `define ${after}; dumpxml guest`,
            ]);
            const [first = '', second = ''] = shown.stdout.split('</disk>');
            expectDriver(`${first}</disk>`, input);
            expect(second).toContain("<driver name='qemu' type='qcow2'/>");
          },
        ),
        { numRuns: 5 },
      );
      expect(await readFile(join(parent, 'hook.py'), 'utf8')).toMatch(/^#!/);
    },
  );
});
