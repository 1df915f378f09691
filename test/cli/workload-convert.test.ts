import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ExitCode, runCli } from '../helpers/host.ts';

let cwd = '';
beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'qtune-convert-'));
});
afterAll(() => rm(cwd, { recursive: true, force: true }));

const convert = (...argv: string[]) => runCli(['workload', 'convert', ...argv], { cwd });

const csv = 't_us,op,offset,length,flags\n0,W,4096,8192,\n50,F,0,0,\n2500,R,0,512,\n2500,D,65536,65536,\n';

test('a trace becomes an iolog of version 2, with waits or with the times of version 3', async () => {
  await writeFile(join(cwd, 'trace.csv'), csv);
  expect((await convert('trace.csv', '-')).stdout).toBe(
    'fio version 2 iolog\ndisk add\ndisk open\ndisk write 4096 8192\ndisk sync 0 0\ndisk read 0 512\ndisk trim 65536 65536\ndisk close\n',
  );
  expect((await convert('trace.csv', '-', '--with-times')).stdout).toBe(
    'fio version 2 iolog\ndisk add\ndisk open\ndisk write 4096 8192\ndisk sync 0 0\ndisk wait 2500 0\ndisk read 0 512\ndisk trim 65536 65536\ndisk close\n',
  );
  const third = (await convert('trace.csv', '-', '--as', 'v3')).stdout;
  expect(third).toBe(
    'fio version 3 iolog\n0 disk add\n0 disk open\n0 disk write 4096 8192\n50 disk sync 0 0\n2500 disk read 0 512\n2500 disk trim 65536 65536\n2500 disk close\n',
  );
  await writeFile(join(cwd, 'third.log'), third);
  expect((await convert('third.log', '-', '--as', 'v3')).stdout).toBe(third);
});

test('an iolog of version 2 stays what it is, byte for byte, also compressed', async () => {
  const line = fc.oneof(
    fc.tuple(fc.constantFrom('read', 'write', 'trim'), fc.nat(2 ** 40), fc.integer({ min: 1, max: 2 ** 24 })),
    fc.constantFrom(['sync', 0, 0], ['datasync', 0, 0], ['wait', 1500, 0]),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(line, { minLength: 1, maxLength: 20 }),
      fc.constantFrom('/dev/vdb', 'disk', 'größe.raw'),
      async (lines, name) => {
        const requests = [['write', 0, 4096], ...lines].map((words) => `${name} ${words.join(' ')}\n`).join('');
        const text = `fio version 2 iolog\n${name} add\n${name} open\n${requests}${name} close\n`;
        await writeFile(join(cwd, 'two.log.gz'), gzipSync(text));
        expect((await convert('two.log.gz', '-')).stdout).toBe(text);
        await rm(join(cwd, 'copy.log'), { force: true });
        expect((await convert('two.log.gz', 'copy.log')).exitCode).toBe(ExitCode.ok);
        expect(await readFile(join(cwd, 'copy.log'), 'utf8')).toBe(text);
      },
    ),
    { numRuns: 25 },
  );
});

test('the name of the file decides on compression, and of the disk that of an iolog is kept', async () => {
  await writeFile(
    join(cwd, 'named.log'),
    'fio version 3 iolog\n0 /dev/vda add\n0 /dev/vda open\n7 /dev/vda read 0 512\n',
  );
  const { stderr, exitCode } = await convert('named.log', 'named.log.gz');
  expect({ stderr, exitCode }).toEqual({ stderr: 'named.log.gz: 1 requests\n', exitCode: ExitCode.ok });
  expect(gunzipSync(await readFile(join(cwd, 'named.log.gz'))).toString()).toBe(
    'fio version 2 iolog\n/dev/vda add\n/dev/vda open\n/dev/vda read 0 512\n/dev/vda close\n',
  );
});

test('times that there are not are refused, and nothing is made', async () => {
  for (const option of [['--as', 'v3'], ['--with-times']]) {
    const { exitCode, stderr } = await convert('boot', 'boot.log', ...option);
    expect(exitCode).toBe(ExitCode.usage);
    expect(stderr).toContain(`${option.join(' ')}: the requests of boot have no times`);
  }
  await expect(readFile(join(cwd, 'boot.log'))).rejects.toThrow('ENOENT');
});

test('part of a version 2 is no longer the file as it stands', async () => {
  const text = 'fio version 2 iolog\nd add\nd open\nd read 0 512\nd wait 2000000 0\nd read 512 512\nd close\n';
  await writeFile(join(cwd, 'waits.log'), text);
  expect((await convert('waits.log', '-')).stdout).toBe(text);
  const { stdout } = await convert('waits.log', '-', '--from', '1s');
  expect(stdout).toBe('fio version 2 iolog\nd add\nd open\nd read 512 512\nd close\n');
});

test('an interrupted conversion leaves nothing behind', async () => {
  const controller = new AbortController();
  controller.abort();
  const { exitCode } = await runCli(['workload', 'convert', 'l2-cache-20g', 'gone.log'], {
    cwd,
    signal: controller.signal,
  });
  expect(exitCode).toBe(ExitCode.interrupted);
  await expect(readFile(join(cwd, 'gone.log'))).rejects.toThrow('ENOENT');
});
