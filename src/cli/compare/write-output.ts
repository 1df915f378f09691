import { parse } from 'node:path';
import { UsageError } from '../../errors.ts';
import type { Comparison } from '../../report/comparison.ts';
import type { OutputFormat } from '../../report/formats/index.ts';
import type { Gate } from '../../report/gate.ts';
import type { Metric } from '../../report/metric.ts';
import type { Host } from '../host.ts';
import { replaceFile } from '../replace-file.ts';

/** Where a comparison goes, and how it is written down. */
export interface OutputSettings {
  readonly format: OutputFormat;
  /** The file of `--output`; standard output where it is undefined. */
  readonly output: string | undefined;
  /** What was asked for; it decides how many files there are, whatever journals have figures of. */
  readonly metrics: readonly Metric[];
}

/** @throws UsageError or EnvironmentError where the file cannot be written */
export async function writeOutput(
  host: Host,
  { format, output, metrics }: OutputSettings,
  comparison: Comparison,
  gate: Gate | undefined,
): Promise<void> {
  if (format.name === 'github') {
    if (output !== undefined) {
      throw new UsageError('--output: GitHub reads annotations on standard output only', {
        hint: 'Take --format markdown --output FILE for the text, or leave out --output.',
      });
    }
    const { writeForGithub } = await import('./write-for-github.ts');
    await writeForGithub(host, comparison, gate);
    return;
  }
  const directions = new Set(metrics.map((metric) => metric.better));
  if (output !== undefined && format.loadDirection && directions.size > 1) {
    const renderDirection = await format.loadDirection();
    const { dir, name, ext } = parse(output);
    const start = `${dir === '' || dir.endsWith('/') ? dir : `${dir}/`}${name}`;
    replaceFile(host, 'output', `${start}-bigger${ext}`, renderDirection(comparison, 'higher'));
    replaceFile(host, 'output', `${start}-smaller${ext}`, renderDirection(comparison, 'lower'));
    return;
  }
  const render = await format.load();
  const text = render(comparison, gate);
  if (output === undefined) host.stdout.write(text);
  else replaceFile(host, 'output', output, text);
}
