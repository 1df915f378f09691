import { InputError } from '../../errors.ts';
import { closest } from '../../settings/suggest.ts';
import type { Warning } from '../../warnings.ts';
import { buildJob } from './build-job.ts';
import type { FioJob } from './fio-job.ts';
import { type JobDraft, newDraft } from './job-draft.ts';
import { type JobOption, type JobSection, parseJobFile } from './job-file.ts';
import { aliases, defaultValues, type HonouredName, honoured, notHonoured, withoutEffect } from './option-names.ts';
import { optionReaders } from './option-readers.ts';

/** Jobs of a file, copies counted, that qtune runs side by side or one after the other. */
const maximumJobCount = 256;

const honouredNames: ReadonlySet<string> = new Set(honoured);
/** Read, but of no consequence here: where the data goes and by which system calls. */
const placeNames: ReadonlySet<string> = new Set(['ioengine', 'filename', 'directory', 'kb_base']);
const knownNames: readonly string[] = [...honoured, ...notHonoured, ...withoutEffect, ...Object.keys(aliases)];

/** What a file's options came to that are not followed. */
interface Remarks {
  /** Name and line of each, once for every place. */
  readonly notHonoured: Map<string, number>;
  readonly withoutEffect: Set<string>;
  /** Jobs that ask for depth of an I/O engine that has none, and jobs whose requests meet a page cache first. */
  readonly flat: string[];
  readonly buffered: string[];
  directLine?: number;
}

/**
 * Reads the jobs of a fio job file, and says in warnings what of it is not followed.
 *
 * @param file its name for messages
 * @throws InputError with the line
 */
export function readJobs(
  file: string,
  text: string,
): { readonly jobs: readonly FioJob[]; readonly warnings: readonly Warning[] } {
  const sections = parseJobFile(file, text);
  const remarks: Remarks = { notHonoured: new Map(), withoutEffect: new Set(), flat: [], buffered: [] };
  const jobs: FioJob[] = [];
  let global = newDraft();
  let stage = 0;
  let jobCount = 0;
  for (const section of sections) {
    const draft = { ...global };
    applyOptions(file, section, draft, remarks);
    if (section.isGlobal) {
      global = draft;
      continue;
    }
    if (draft.stonewall && jobs.length > 0) stage += 1;
    const fail = (message: string, hint?: string): never => {
      throw new InputError({ file, line: section.line }, `[${section.name}]: ${message}`, hint ? { hint } : {});
    };
    const job = buildJob(draft, section.name, section.line, stage, fail);
    jobCount += job.copyCount;
    if (jobCount > maximumJobCount) fail(`more than ${maximumJobCount} jobs with this one's numjobs`);
    jobs.push(job);
    if (draft.iodepth > job.load.iodepth) remarks.flat.push(`[${job.name}]`);
    if (!draft.direct && draft.engine !== 'null') remarks.buffered.push(`[${job.name}]`);
  }
  if (jobs.length === 0) {
    throw new InputError({ file }, 'the job file has no job, only [global]', { hint: 'Add a section such as [job].' });
  }
  return { jobs, warnings: warningsOf(file, remarks, jobs) };
}

function applyOptions(file: string, section: JobSection, draft: JobDraft, remarks: Remarks): void {
  const known = section.options.map((option) => ({ option, name: nameOf(file, option) }));
  // Units are meant as the section's kb_base says wherever that stands. @source fio 3.33, parse.c, opt_cmp
  const ordered = [...known].sort((a, b) => Number(b.name === 'kb_base') - Number(a.name === 'kb_base'));
  for (const { option, name } of ordered) {
    if (!isHonoured(name)) {
      if (notHonoured.has(name) || !withoutEffect.has(name)) {
        if (!isDefault(name, option)) remarks.notHonoured.set(`${option.key} (line ${option.line})`, option.line);
      } else remarks.withoutEffect.add(option.key);
      continue;
    }
    optionReaders[name](draft, option.value, (message, hint) => {
      throw new InputError({ file, line: option.line }, `${option.key}: ${message}`, hint ? { hint } : {});
    });
    if (placeNames.has(name)) remarks.withoutEffect.add(option.key);
    if (name === 'filename' && /[^\\]:/.test(option.value ?? '')) {
      remarks.notHonoured.set(`several files in filename (line ${option.line})`, option.line);
    }
    if (name === 'direct' || name === 'buffered') {
      if (draft.direct) remarks.directLine ??= option.line;
      else remarks.withoutEffect.add(option.key);
    }
  }
}

/** A switch that is off asks for nothing, nor does what fio does anyhow. */
function isDefault(name: string, { value }: JobOption): boolean {
  return value === '0' || value === 'none' || (value !== undefined && value === defaultValues[name]);
}

function isHonoured(name: string): name is HonouredName {
  return honouredNames.has(name);
}

/** The option's first name. An unknown one may be of an I/O engine; one that is nearly known is a slip. */
function nameOf(file: string, { key, line }: JobOption): string {
  const name = Object.hasOwn(aliases, key) ? (aliases[key] ?? key) : key;
  if (honouredNames.has(name) || notHonoured.has(name) || withoutEffect.has(name)) return name;
  if (!/^[A-Za-z][\w-]{0,63}$/.test(key)) {
    throw new InputError({ file, line }, 'this is neither an option nor a section', {
      hint: 'A job file has lines such as bs=4k under sections such as [job].',
    });
  }
  const meant = closest(key, knownNames);
  if (meant === undefined) return name;
  throw new InputError({ file, line }, `fio has no option "${key}"`, { hint: `Did you mean ${meant}?` });
}

function warningsOf(file: string, remarks: Remarks, jobs: readonly FioJob[]): readonly Warning[] {
  const warnings: Warning[] = [];
  const warn = (code: string, message: string, hint?: string): void =>
    void warnings.push({ code, subject: file, message, ...(hint ? { hint } : {}) });
  if (remarks.notHonoured.size > 0) {
    warn('fio-not-honoured', `not honoured: ${[...remarks.notHonoured.keys()].join(', ')}`);
  }
  if (remarks.directLine !== undefined) {
    const message = `direct (line ${remarks.directLine}) is a matter of the drive, which has cache=none where --drive does not say otherwise`;
    warn('fio-direct', message);
  }
  if (remarks.buffered.length > 0) {
    const message = `${remarks.buffered.join(', ')} without direct=1: fio's requests would meet a page cache first; here all of them go to the disk`;
    warn('fio-buffered', message);
  }
  if (remarks.flat.length > 0) {
    const message = `${remarks.flat.join(', ')}: iodepth has no effect with an I/O engine that runs one request at a time`;
    warn('fio-depth', message, 'Name one that queues requests in the job, such as ioengine=libaio.');
  }
  const jobCount = jobs.reduce((sum, job) => sum + job.copyCount, 0);
  const names = new Set(jobs.map((job) => job.fileName));
  if (names.size > 1 || (jobCount > 1 && names.has(undefined))) {
    warn('fio-files', 'fio would give these jobs files of their own; here all of them use the one disk');
  }
  if (remarks.withoutEffect.size > 0) {
    warn('fio-no-effect', `without effect here: ${[...remarks.withoutEffect].sort().join(', ')}`);
  }
  return warnings;
}
