import type { Comparison } from '../../report/comparison.ts';
import type { OutputFormat } from '../../report/formats/index.ts';
import type { Gate } from '../../report/gate.ts';
import type { Host } from '../host.ts';
import { replaceFile } from '../replace-file.ts';

/** Where a comparison goes, and how it is written down. */
export interface OutputSettings {
  readonly format: OutputFormat;
  /** The file of `--output`; standard output where it is undefined. */
  readonly output: string | undefined;
}

/** @throws UsageError or EnvironmentError where the file cannot be written */
export async function writeOutput(
  host: Host,
  { format, output }: OutputSettings,
  comparison: Comparison,
  gate: Gate | undefined,
): Promise<void> {
  const render = await format.load();
  const text = render(comparison, gate);
  if (output === undefined) host.stdout.write(text);
  else replaceFile(host, 'output', output, text);
}
