import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { commandSheet } from '../../../src/advisor/commands/index.ts';
import type { TargetInput } from '../../../src/advisor/commands/target.ts';
import { propose } from '../../../src/advisor/proposal.ts';
import { recommend } from '../../../src/advisor/recommendation.ts';
import { findProgram } from '../../helpers/libvirt.ts';
import { qemusUnderTest } from '../../helpers/qemu.ts';
import { adviceRequest, gib, traits } from '../requests.ts';
import { anyInput } from './any-input.ts';

const run = promisify(execFile);
let parent = '';
beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), 'qtune-advisor-'));
});
afterAll(() => rm(parent, { recursive: true, force: true }));

const requests = {
  general: adviceRequest(),
  'larger cache': adviceRequest({
    traits: traits('random-read'),
    qemu: { major: 4, minor: 2 },
    diskBytes: 20_480 * gib,
  }),
  'least memory': adviceRequest({ memoryLimitBytes: 4 * 2 ** 20 }),
  'least space': adviceRequest({ priority: 'space' }),
  overlay: adviceRequest({ diskBytes: 100 * gib, hasBacking: true }),
  'metadata in advance': adviceRequest({ diskBytes: gib, traits: traits('database') }),
  'nothing to gain': adviceRequest({ diskBytes: gib }),
  // A comma splits option strings, a quote ends shell words, a colon names a protocol, a dash starts an option.
  'awkward name': adviceRequest({ diskBytes: gib, fileName: `-a, b:c'd"e.qcow2` }),
};

/** Where a QEMU works, and how its tools are found. */
interface Place {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

const qemus = qemusUnderTest();

describe.skipIf(qemus.length === 0).each([...qemus])(
  'QEMU $name (qemu-img, qemu-io, qemu-storage-daemon)',
  ({ name, bin }) => {
    const place = async (): Promise<Place> => {
      const cwd = await mkdtemp(join(parent, `${name}-`));
      const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH ?? ''}` };
      await run('qemu-img', ['create', '-q', '-f', 'qcow2', 'base.qcow2', '100G'], { cwd, env });
      return { cwd, env };
    };

    test.each(Object.entries(requests))('each command for %s is accepted by its tool', async (_, request) => {
      const { recommended } = recommend(request);
      await accepted({ request, proposal: recommended.proposal }, await place());
    });

    test('so is any other recommendation for a file with any name', async () => {
      const input = anyInput({ everything: false });
      await fc.assert(
        fc.asyncProperty(input, async (one) => accepted(one, await place())),
        { numRuns: 8 },
      );
    });

    test('an image that exists is converted, and back', async () => {
      const where = await place();
      const fileName = `-a, b:c'd.qcow2`;
      const request = adviceRequest({
        diskBytes: gib,
        hasBacking: true,
        fileName,
        image: { create: {}, fileName, hasSnapshots: false },
      });
      const proposal = propose(request, { create: {}, drive: {} });
      const converted = propose(request, { create: { cluster_size: 131_072, extended_l2: true }, drive: {} });
      await run(
        'qemu-img',
        ['create', '-q', '-f', 'qcow2', '-b', 'base.qcow2', '-F', 'qcow2', `./${fileName}`, '1G'],
        where,
      );
      await run('qemu-io', ['-c', 'write -P 7 64k 64k', `./${fileName}`], where);
      const { commands, undo } = commandSheet({ request, proposal, converted });
      await run('sh', ['-c', commands.convert ?? ''], where);
      expect(await info(fileName, where)).toMatchObject({
        'cluster-size': 131_072,
        'backing-filename': 'base.qcow2',
        'format-specific': { data: { 'extended-l2': true } },
      });
      await run('qemu-io', ['-c', 'read -P 7 64k 64k', `./${fileName}`], where);
      await run('sh', ['-c', undo.convert ?? ''], where);
      expect(await info(fileName, where)).toMatchObject({ 'cluster-size': 65_536 });
    });
  },
);

/** Tries every command for QEMU on the image that the first one makes. */
async function accepted(input: TargetInput, where: Place): Promise<void> {
  const { request, proposal } = input;
  const { commands, undo } = commandSheet(input);
  await run('sh', ['-c', commands['qemu-img'] ?? ''], where);
  expect(await info(request.fileName, where)).toMatchObject({
    'virtual-size': request.diskBytes,
    'cluster-size': proposal.geometry.clusterBytes,
    'format-specific': { data: { 'extended-l2': proposal.geometry.extendedL2 } },
  });

  for (const command of [commands.drive ?? '', undo.drive ?? '']) {
    // The words of -drive after the shell took its quotes away, opened by QEMU's own option parser.
    const words = await run('sh', ['-c', `printf %s ${command.replace(/^-drive /, '')}`]);
    const options = words.stdout
      .replace(/^file=/, 'file.filename=')
      .replace(',format=qcow2,if=virtio', ',driver=qcow2')
      .replace(/,aio=/, ',file.aio=');
    const cache = /,cache=(\w+)/.exec(options)?.[1] ?? 'writeback';
    const args = ['--image-opts', '-t', cache, options.replace(/,cache=\w+/, ''), '-c', 'read 0 4096'];
    expect((await run('qemu-io', args, where)).stdout).toContain('read 4096/4096 bytes');
  }

  const { blockdev = '', qmp = '', 'virsh-qmp': virsh = '' } = commands;
  expect(await daemonAnswers(blockdev, [qmp, undo.qmp ?? ''], where)).toEqual([{}, {}, {}, {}]);
  expect(await daemonAnswers(undo.blockdev ?? '', [qmp], where)).toEqual([{}, {}, {}]);
  const named = [...libvirtNames].reduce(
    (text, [ours, libvirts]) => text.replaceAll(`"${ours}"`, `"${libvirts}"`),
    blockdev,
  );
  const monitored = await Promise.all([virsh, undo['virsh-qmp'] ?? ''].map(monitorCommand));
  expect(await daemonAnswers(named, monitored, where)).toEqual([{}, {}, {}, {}]);
}

/** How libvirt calls the nodes that `-blockdev` names here. */
const libvirtNames = new Map([
  ['disk0', 'libvirt-1-format'],
  ['disk0-file', 'libvirt-1-storage'],
  ['disk0-backing', 'libvirt-2-format'],
]);

/** What virsh would send, after a shell took the quotes away. */
async function monitorCommand(line: string): Promise<string> {
  const words = line.replace(/^virsh qemu-monitor-command DOMAIN /, '');
  return (await run('sh', ['-c', `printf %s ${words}`])).stdout;
}

async function info(fileName: string, where: Place): Promise<unknown> {
  return JSON.parse((await run('qemu-img', ['info', '--output=json', `./${fileName}`], where)).stdout);
}

/** Starts a storage daemon with `-blockdev` as pasted into a shell and sends QMP commands; gives back each answer. */
async function daemonAnswers(blockdev: string, commands: readonly string[], where: Place): Promise<unknown[]> {
  const shell = `exec qemu-storage-daemon -${blockdev} --chardev stdio,id=c --monitor c`;
  const daemon = spawn('sh', ['-c', shell], { ...where, stdio: ['pipe', 'pipe', 'inherit'] });
  let output = '';
  daemon.stdout.on('data', (chunk) => {
    output += chunk;
  });
  daemon.stdin.write(['{"execute":"qmp_capabilities"}', ...commands, '{"execute":"quit"}', ''].join('\n'));
  await new Promise((resolve) => daemon.on('close', resolve));
  return output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
    .filter((message) => 'return' in message || 'error' in message)
    .map((message) => message.return ?? message.error);
}

const emulator = findProgram('qemu-system-x86_64');

test.skipIf(emulator === undefined || qemus.length === 0)(
  'a guest of QEMU starts with -drive and with -blockdev (needs qemu-system-x86_64)',
  async () => {
    const cwd = await mkdtemp(join(parent, 'guest-'));
    await fc.assert(
      fc.asyncProperty(anyInput({ everything: false }), async (input) => {
        const { commands } = commandSheet(input);
        await run('qemu-img', ['create', '-q', '-f', 'qcow2', 'base.qcow2', '2G'], { cwd });
        await run('sh', ['-c', commands['qemu-img'] ?? ''], { cwd });
        for (const disk of [commands.drive, `${commands.blockdev} -device virtio-blk-pci,drive=disk0`]) {
          const shell = `echo '{"execute":"qmp_capabilities"} {"execute":"query-block"} {"execute":"quit"}' | ${emulator} -S -nodefaults -display none -accel tcg -qmp stdio ${disk}`;
          const { stdout } = await run('sh', ['-c', shell], { cwd });
          expect(stdout).toContain('"drv": "qcow2"');
        }
      }),
      { numRuns: 5 },
    );
  },
);
