import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { recommend } from '../../../src/advisor/recommendation.ts';
import { qemusUnderTest } from '../../helpers/qemu.ts';
import { adviceRequest, gib, traits } from '../requests.ts';

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
      const where = await place();
      const { commands, recommended } = recommend(request);
      const { geometry } = recommended.proposal;
      await run('sh', ['-c', commands['qemu-img'] ?? ''], where);
      const { stdout } = await run('qemu-img', ['info', '--output=json', `./${request.fileName}`], where);
      const info = JSON.parse(stdout);
      expect(info['virtual-size']).toBe(request.diskBytes);
      expect(info['cluster-size']).toBe(geometry.clusterBytes);
      expect(info['format-specific'].data['extended-l2']).toBe(geometry.extendedL2);

      // The words of -drive after the shell took its quotes away, opened by QEMU's own option parser.
      const words = (commands.drive ?? '').replace(/^-drive /, '');
      const drive = await run('sh', ['-c', `printf %s ${words}`]);
      const options = drive.stdout
        .replace(',if=virtio', '')
        .replace(/^file=/, 'file.filename=')
        .replace('format=', 'driver=');
      const io = await run('qemu-io', ['--image-opts', options, '-c', 'read 0 4096'], where);
      expect(io.stdout).toContain('read 4096/4096 bytes');

      expect(await reopen(commands.blockdev ?? '', commands.qmp ?? '', where)).toEqual([{}, {}, {}]);
    });
  },
);

/** Starts a storage daemon with `-blockdev` as pasted into a shell and sends the QMP command; gives back each answer. */
async function reopen(blockdev: string, qmp: string, where: Place): Promise<unknown[]> {
  const shell = `exec qemu-storage-daemon -${blockdev} --chardev stdio,id=c --monitor c`;
  const daemon = spawn('sh', ['-c', shell], { ...where, stdio: ['pipe', 'pipe', 'inherit'] });
  let output = '';
  daemon.stdout.on('data', (chunk) => {
    output += chunk;
  });
  daemon.stdin.write(`{"execute":"qmp_capabilities"}\n${qmp}\n{"execute":"quit"}\n`);
  await new Promise((resolve) => daemon.on('close', resolve));
  return output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
    .filter((message) => 'return' in message || 'error' in message)
    .map((message) => message.return ?? message.error);
}
