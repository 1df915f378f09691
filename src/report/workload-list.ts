import { exactBytes } from '../units/bytes.ts';
import { formatDuration } from '../units/duration.ts';
import type { ProfileSummary } from '../workload/load-profile.ts';
import { renderTable } from './table.ts';

/** One line of `workload list`; of a recorded workload with how much there is of it. */
export interface ListedWorkload extends Omit<ProfileSummary, 'isRecorded'> {
  readonly recorded: { readonly requestCount: number; readonly durationMs: number | null } | null;
}

/** Patterns first, then what was recorded. */
export function renderWorkloadList(workloads: readonly ListedWorkload[]): string {
  const patterns = workloads.filter(({ recorded }) => recorded === null);
  const recordings = workloads.filter(({ recorded }) => recorded !== null);
  const parts = [patternTable(patterns), ...(recordings.length === 0 ? [] : [recordingTable(recordings)])];
  return parts.join('\n');
}

function patternTable(workloads: readonly ListedWorkload[]): string {
  return renderTable(
    [{ title: 'name' }, { title: 'disk', align: 'right' }, { title: 'experiment' }, { title: 'what' }],
    workloads.map(({ name, diskBytes, hasExperiment, title }) => [
      name,
      exactBytes(diskBytes),
      hasExperiment ? 'yes' : '',
      title,
    ]),
  );
}

function recordingTable(workloads: readonly ListedWorkload[]): string {
  return renderTable(
    [
      { title: 'recorded' },
      { title: 'disk', align: 'right' },
      { title: 'requests', align: 'right' },
      { title: 'time', align: 'right' },
      { title: 'what' },
    ],
    workloads.map(({ name, diskBytes, recorded, title }) => [
      name,
      exactBytes(diskBytes),
      recorded?.requestCount.toLocaleString('en-US') ?? '',
      recorded?.durationMs ? formatDuration(recorded.durationMs) : '',
      title,
    ]),
  );
}
