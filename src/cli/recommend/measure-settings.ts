import type { AdviceRequest } from '../../advisor/advice-request.ts';
import type { Candidates } from '../../advisor/candidates.ts';
import type { Recommendation } from '../../advisor/recommendation.ts';
import { EnvironmentError, InterruptedError, UsageError } from '../../errors.ts';
import { parseDuration } from '../../units/duration.ts';
import { optionalString } from '../args.ts';
import type { Host } from '../host.ts';
import type { MeasureSettings } from './measure.ts';

const defaultMeasureTime = '60s';

/** Without QEMU or room for its images the arithmetic answer is still an answer. */
export async function measuredOrPredicted(
  predicted: Recommendation,
  candidates: Candidates,
  settings: MeasureSettings,
  host: Host,
): Promise<Recommendation> {
  const { measureRecommendation } = await import('./measure.ts');
  try {
    return await measureRecommendation(predicted, candidates, settings, host);
  } catch (error) {
    // A tool that was stopped by the signal is not a broken one.
    if (host.signal.aborted) throw new InterruptedError();
    if (!(error instanceof EnvironmentError)) throw error;
    host.stderr.write(`qtune: not measured: ${error.message}\n${error.hint === undefined ? '' : `  ${error.hint}\n`}`);
    return predicted;
  }
}

/** Measurements are of one workload: what several of them measured would not be one number with one interval. */
export function refuseBlend({ blend }: AdviceRequest): void {
  if (blend === undefined) return;
  throw new UsageError('--measure: there are several workloads, and one is measured at a time', {
    hint: 'Leave out --measure, or measure with the workload that matters most.',
  });
}

/** What the options say of a measurement; undefined where none was asked for. @throws UsageError for options without `--measure` */
export function measureSettings(args: Readonly<Record<string, unknown>>, seed: number): MeasureSettings | undefined {
  const qemuDirectory = optionalString(args, 'qemu');
  const out = optionalString(args, 'out');
  if (args.measure === undefined) {
    const alone = qemuDirectory !== undefined ? '--qemu' : out !== undefined ? '--out' : undefined;
    if (alone) throw new UsageError(`${alone} is for measurements`, { hint: 'Add --measure.' });
    return undefined;
  }
  // `--measure` without a time comes through as an empty string.
  const text = args.measure === '' ? defaultMeasureTime : (optionalString(args, 'measure') ?? defaultMeasureTime);
  return { timeMs: parseDuration(text, '--measure'), seed, qemuDirectory, out };
}
