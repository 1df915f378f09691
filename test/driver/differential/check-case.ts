import { join } from 'node:path';
import { loadImage } from '../../../src/driver/load-image.ts';
import type { DifferentialCase } from './case.ts';
import { type Difference, firstDifference, orderRules } from './compare.ts';
import { addHostExtents } from './host-extents.ts';
import { buildImage, canBuild, type ModelRun, measureModel } from './model-run.ts';
import type { Bench, Outcome } from './outcome.ts';
import { measureReal, prepareImage, RefusedCase } from './real-run.ts';
import { repeatsItself } from './repetition.ts';
import { imageName } from './shell.ts';
import { stateDifference } from './state-difference.ts';
import type { HostIo } from './strace-log.ts';

/** Runs one case through QEMU and through the model, and compares host I/O and the image that is left. */
export function checkCase(tested: DifferentialCase, bench: Bench): Outcome {
  try {
    return compareRuns(tested, bench);
  } catch (error) {
    if (error instanceof RefusedCase) return { kind: 'refused', reason: error.message };
    throw error;
  }
}

function compareRuns(tested: DifferentialCase, bench: Bench): Outcome {
  const path = join(bench.directory, imageName);
  prepareImage(tested, bench.directory, bench.bin);
  let real: HostIo[][] = [];
  let run: ModelRun = { segments: [], parts: [] };
  const differ = (what: string, difference?: Difference): Outcome => ({
    kind: 'different',
    mismatch: { what, difference, model: run.segments, real },
  });
  try {
    const state = loadImage(path, { followBacking: true }).image;
    const made = canBuild(tested) ? stateDifference(buildImage(tested, bench.qemuVersion), state) : undefined;
    if (made !== undefined) return differ(`the model makes another image than QEMU: ${made}`);
    addHostExtents(tested, state, bench);
    real = measureReal(tested, bench.directory, bench.bin);
    run = measureModel(tested, state, bench.qemuVersion);
    const difference = firstDifference(run.segments, real, orderRules(tested, run.parts));
    if (difference !== undefined) {
      return repeatsItself(tested, bench, real) ? differ('host I/O', difference) : { kind: 'unrepeatable' };
    }
    const left = stateDifference(state, loadImage(path, { followBacking: true }).image);
    if (left !== undefined) return differ(`same I/O, but the model leaves another image: ${left}`);
  } catch (error) {
    if (error instanceof RefusedCase) throw error;
    return differ(`the model failed: ${error instanceof Error ? error.stack : error}`);
  }
  return { kind: 'same', ios: real.reduce((sum, segment) => sum + segment.length, 0) };
}
