import { printable } from '../report/printable.ts';
import type { Warning } from '../warnings.ts';
import type { Host } from './host.ts';

const longestLine = 1000;

/** Tells standard error what the user should know of the workload, for commands whose report has no place for it. */
export function tellWarnings(host: Pick<Host, 'stderr'>, warnings: readonly Warning[] = []): void {
  for (const { subject, message, hint } of warnings) {
    host.stderr.write(`qtune: ${printable(`${subject}: ${message}`, longestLine)}\n`);
    if (hint !== undefined) host.stderr.write(`  ${printable(hint, longestLine)}\n`);
  }
}
