import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadProfile } from '../../../src/workload/load-profile.ts';
import type { RecordedProfile } from '../../../src/workload/profile.ts';
import { type OperationName, operationNames } from '../../../src/workload/request.ts';
import type { TraceSurvey } from '../../../src/workload/trace/survey.ts';
import { defaultTraceOptions, type TraceOptions } from '../../../src/workload/trace/trace-options.ts';

export interface TimedRequest {
  readonly operation: OperationName;
  readonly offset: number;
  readonly length: number;
  readonly timeUs: number;
}

/** Loads a file called `trace` of this content, as the commands do. */
export async function loadTraceText(
  text: string | Uint8Array,
  options: Partial<TraceOptions> = {},
  diskBytes?: number,
): Promise<RecordedProfile> {
  const directory = await mkdtemp(join(tmpdir(), 'qtune-trace-'));
  try {
    await writeFile(join(directory, 'trace'), text);
    const profile = await loadProfile('trace', directory, diskBytes, { ...defaultTraceOptions, ...options });
    if (profile.kind !== 'recorded') throw new Error('it was read as a profile');
    return profile;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** The same with its requests as a list. */
export async function readTraceText(
  text: string | Uint8Array,
  options: Partial<TraceOptions> = {},
  diskBytes?: number,
): Promise<{ readonly requests: TimedRequest[]; readonly survey: TraceSurvey; readonly profile: RecordedProfile }> {
  const profile = await loadTraceText(text, options, diskBytes);
  return { requests: listRequests(profile), survey: profile.survey, profile };
}

export function listRequests({ requests }: RecordedProfile): TimedRequest[] {
  const list: TimedRequest[] = [];
  for (const block of requests.blocks()) {
    for (let index = 0; index < block.count; index++) {
      list.push({
        operation: operationNames[block.operation[index] as number] as OperationName,
        offset: block.offsetBytes[index] as number,
        length: block.lengthBytes[index] as number,
        timeUs: block.timeUs?.[index] ?? Number.NaN,
      });
    }
  }
  return list;
}
