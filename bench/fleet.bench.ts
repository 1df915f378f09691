import type { Bench } from 'tinybench';
import { CurveBook } from '../src/fleet/miss-curve.ts';
import { planFleet } from '../src/fleet/plan.ts';
import { readFleet } from '../src/fleet/read/read-fleet.ts';
import { surveyFleet } from '../src/fleet/survey.ts';
import { traitsCurves } from '../src/fleet/traits-curve.ts';
import { sampleHeader, sampleRows } from './fleet/sample-fleet.ts';

const rowCount = 200_000;
const budget = { bytes: 2 * 2 ** 40, scope: 'all' } as const;

/** The parts of `qtune capacity FLEET`, every disk different from the others. */
export async function register(bench: Bench): Promise<void> {
  const count = rowCount.toLocaleString('en');
  const text = Buffer.from(`${[sampleHeader, ...sampleRows(rowCount, 200)].join('\n')}\n`);
  async function* pieces(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < text.length; at += 2 ** 18) yield text.subarray(at, at + 2 ** 18);
  }
  const read = () => readFleet(pieces(), new CurveBook(traitsCurves()), { file: 'fleet', skipCount: 0 });
  const fleet = await read();
  bench.add(`${count} disks: read from CSV`, async () => {
    await read();
  });
  bench.add(`${count} disks: memory today`, () => {
    surveyFleet(fleet);
  });
  bench.add(`${count} disks: memory, split, what to convert and growth`, () => {
    planFleet(fleet, budget, true);
  });
}
