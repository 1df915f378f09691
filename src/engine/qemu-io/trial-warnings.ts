import { driveNode } from '../../settings/blockdev.ts';
import type { Warning } from '../../warnings.ts';
import type { EngineJob } from '../engine.ts';
import type { HostDefaults } from './block-node.ts';

/** What is to be known of where a trial ran: its processor and its page cache. */
export function placeWarnings(
  job: EngineJob,
  defaults: HostDefaults,
  cpus: { readonly asked: readonly number[]; readonly pinned: readonly number[] },
): readonly Warning[] {
  const warnings: Warning[] = [];
  const subject = job.configuration.label;
  if (cpus.asked.length > 0 && cpus.pinned.length === 0) {
    warnings.push({
      code: 'not-pinned',
      subject,
      message: 'the measured process was not pinned to a processor, as taskset is missing',
      hint: 'Install util-linux for steadier figures.',
    });
  }
  if (defaults.cache !== 'none' && driveNode(job.configuration.drive).cache === undefined) {
    warnings.push({
      code: 'page-cache',
      subject,
      message: 'the file system takes no direct I/O, so that reads may come from the page cache',
      hint: 'Set TMPDIR to a directory on the file system that the disk will be on.',
    });
  }
  return warnings;
}
