import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { axisValues } from '../../../src/advisor/space/axes.ts';
import { isValid, settingsOf } from '../../../src/advisor/space/count.ts';
import { roleOf } from '../../../src/advisor/space/roles.ts';
import { catalogue } from '../../../src/settings/catalogue.ts';
import { printSettings } from '../../../src/settings/print.ts';
import { parseQemuVersion, type QemuVersion } from '../../../src/settings/qemu-version.ts';
import { geometryOf } from '../../../src/settings/resolve.ts';
import { qemusUnderTest } from '../../helpers/qemu.ts';
import { adviceRequest, gib } from '../requests.ts';

type Values = Readonly<Record<string, string | number | boolean>>;
interface Member {
  readonly create: Values;
  readonly drive: Values;
}

const diskBytes = gib / 4;
/** As the hosts of tests may not have it, or it makes creation slow: `full` writes the whole disk. */
const leftOut = (value: unknown) => value === 'io_uring' || value === 'full' || value === 'zstd';

/** Any combination of the space's values, valid or not, with the shape of the image drawn first. */
function members(qemu: QemuVersion): fc.Arbitrary<Member> {
  const said = catalogue.filter(({ scope, name }) => roleOf(adviceRequest(), scope, name)?.role !== 'elsewhere');
  const isShape = ({ name }: { readonly name: string }) => ['cluster_size', 'extended_l2'].includes(name);
  const pick = (settings: typeof said, create: Values) => {
    const geometry = geometryOf(diskBytes, create);
    return fc.tuple(
      ...settings.map((definition) => {
        const values = axisValues(definition, { geometry, qemu }).filter((value) => !leftOut(value));
        // Most settings left out most of the time: with all of them drawn at random hardly anything is valid.
        const drawn = fc.constantFrom(...values);
        return fc
          .oneof({ weight: 3, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: drawn })
          .map((value) => [definition, value] as const);
      }),
    );
  };
  const gathered = (entries: readonly (readonly [(typeof said)[number], Values[string] | undefined])[]) => {
    const result: Record<'create' | 'drive', Record<string, Values[string] | undefined>> = { create: {}, drive: {} };
    for (const [{ scope, name }, value] of entries) result[scope][name] = value;
    return { create: settingsOf(result.create), drive: settingsOf(result.drive) };
  };
  return pick(said.filter(isShape), {}).chain((shape) => {
    const { create } = gathered(shape);
    const rest = said.filter((one) => !isShape(one));
    return pick(rest, create).map((entries) => gathered([...shape, ...entries]));
  });
}

/** Whether qemu-img creates such an image and qemu-io opens it for writing, with what the one that refuses says. */
function ask(
  bin: string,
  directory: string,
  { create, drive }: Member,
): { readonly ok: boolean; readonly text: string } {
  const file = join(directory, 'disk.qcow2');
  const list = printSettings('create', create);
  const options = list === '' ? [] : ['-o', list];
  const made = spawnSync(join(bin, 'qemu-img'), ['create', '-q', '-f', 'qcow2', ...options, file, String(diskBytes)], {
    encoding: 'utf8',
  });
  if (made.status !== 0) return { ok: false, text: made.stderr };
  const { cache = 'none', aio, ...node } = drive;
  const mode = ['-t', String(cache), ...(aio === undefined ? [] : ['-i', String(aio)])];
  // qemu-io opens with discard=unmap unless told otherwise, a guest's drive with ignore.
  const image = printSettings('drive', { discard: 'ignore', ...node });
  const opts = `driver=qcow2,file.driver=file,file.filename=${file},${image}`;
  const opened = spawnSync(join(bin, 'qemu-io'), [...mode, '--image-opts', '-c', 'write 0 4k', opts], {
    encoding: 'utf8',
  });
  rmSync(file, { force: true });
  return { ok: opened.status === 0 && !/rror|nsupported|nvalid/.test(opened.stderr), text: opened.stderr };
}

describe.skipIf(qemusUnderTest().length === 0)('the space is what QEMU takes (skipped without QEMU)', () => {
  test.each(qemusUnderTest().map(({ name, bin }) => [name, bin] as const))(
    'QEMU %s',
    (_, bin) => {
      const version = execFileSync(join(bin, 'qemu-img'), ['--version'], { encoding: 'utf8' });
      const qemu = parseQemuVersion(version);
      if (qemu === undefined) throw new Error(version);
      const directory = mkdtempSync(join(tmpdir(), 'qtune-space-'));
      const context = { diskBytes, hasBacking: false, qemu };
      const seen = { taken: 0, refused: 0 };
      try {
        fc.assert(
          fc.property(members(qemu), (member) => {
            const expected = isValid(context, member);
            const { ok, text } = ask(bin, directory, member);
            expect(ok, `${JSON.stringify(member)}: ${text}`).toBe(expected);
            seen[expected ? 'taken' : 'refused']++;
          }),
          { numRuns: 100, seed: 11 },
        );
      } finally {
        rmSync(directory, { recursive: true, force: true });
      }
      expect(Math.min(seen.taken, seen.refused)).toBeGreaterThan(20);
    },
    120_000,
  );
});
