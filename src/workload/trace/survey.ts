import type { Warning } from '../../warnings.ts';
import type { TraceFormatName } from './trace-format.ts';

/** How often something was seen. */
export interface Tally {
  readonly what: string;
  readonly count: number;
}

/** What was found in a trace besides its requests. Names are the file's own text. */
export interface TraceSurvey {
  readonly format: TraceFormatName;
  /** The format for people, e.g. `fio iolog`. */
  readonly title: string;
  readonly compression: 'none' | 'gzip' | 'zstd' | 'xz';
  /** Devices by their requests, most first; all of the trace's, whichever was picked. */
  readonly devices: readonly Tally[];
  /** The device that was picked, if one was. */
  readonly device?: string;
  /** Bad lines or records that were skipped, and what was wrong with the first. */
  readonly skippedCount: number;
  readonly firstSkipped?: string;
  /** Things of the format that are no requests, by kind. */
  readonly passedOver: readonly Tally[];
  /** What the user should know, with how many requests it concerns. */
  readonly notes: readonly Tally[];
  /** Requests before `--from` or after `--to`. */
  readonly outsideWindowCount: number;
  /** Requests that were moved onto the disk by `--fit fold`, or cut to its size. */
  readonly movedCount: number;
}

const shownDevices = 5;

/** What a report should say of how a trace was read. */
export function surveyWarnings(survey: TraceSurvey, subject: string): readonly Warning[] {
  const warnings: Warning[] = [];
  const { devices, skippedCount, firstSkipped } = survey;
  if (skippedCount > 0) {
    const what = skippedCount === 1 ? 'one bad line or record was' : `${whole(skippedCount)} bad lines or records were`;
    warnings.push({ code: 'trace-skipped', subject, message: `${what} skipped; the first: ${firstSkipped}` });
  }
  if (devices.length > 1 && survey.device === undefined) {
    const list = devices.slice(0, shownDevices).map(({ what, count }) => `${what} (${whole(count)})`);
    const more = devices.length > shownDevices ? ` and ${devices.length - shownDevices} more` : '';
    const message = `the requests of ${devices.length} devices are taken onto one disk: ${list.join(', ')}${more}`;
    warnings.push({ code: 'trace-devices', subject, message, hint: 'Pick one with --device NAME.' });
  }
  for (const { what, count } of survey.notes) {
    warnings.push({ code: 'trace-note', subject, message: count === 1 ? what : `${what} (${whole(count)} times)` });
  }
  return warnings;
}

function whole(count: number): string {
  return count.toLocaleString('en-US');
}
