import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { InputError, UsageError } from '../../errors.ts';
import { recordedCurve } from '../../fleet/curve-file.ts';
import { CurveBook, type MissCurve } from '../../fleet/miss-curve.ts';
import { traitsCurves } from '../../fleet/traits-curve.ts';
import type { Host } from '../host.ts';
import type { FleetSettings } from './fleet-options.ts';

/** The named workloads and those of `--curve`, that of `--workload` first, since it is what rows without one have. */
export async function readCurves(host: Pick<Host, 'cwd'>, settings: FleetSettings): Promise<CurveBook> {
  const { curves: given, workload } = settings;
  const own = await Promise.all(given.map(({ name, file }) => readCurve(host, name, file)));
  const twice = own.find(({ name }, at) => own.findIndex((other) => other.name === name) !== at);
  if (twice) throw new UsageError(`--curve: ${twice.name} is given twice`);
  const known = [...traitsCurves().filter((one) => !own.some(({ name }) => name === one.name)), ...own];
  if (workload === undefined) return new CurveBook(known);
  const first = known.find(({ name }) => name === workload);
  if (first) return new CurveBook([first, ...known.filter((one) => one !== first)]);
  throw new UsageError(`--workload: "${workload}" is none of ${known.map(({ name }) => name).join(', ')}`, {
    hint: 'A workload of your own is made known with --curve NAME=FILE.',
  });
}

async function readCurve({ cwd }: Pick<Host, 'cwd'>, name: string, file: string): Promise<MissCurve> {
  const text = await readFile(resolve(cwd, file), 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new InputError(
      { file },
      error.code === 'ENOENT' ? 'there is no such file' : `cannot be read (${error.code ?? 'unknown error'})`,
    );
  });
  const { curveSchema } = await import('../../report/schemas/curve.ts');
  const parsed = curveSchema.safeParse(parseJson(text));
  const [first] = parsed.data?.curves ?? [];
  if (first) return recordedCurve(name, file, first);
  throw new InputError({ file }, 'this is no document of `qtune curve --json`', {
    hint: `Make it with \`qtune curve --requests TRACE --json > ${file}\`.`,
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
