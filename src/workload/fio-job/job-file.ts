import { InputError } from '../../errors.ts';

/** The longest line that fio reads in one piece. @source fio 3.33, init.c, OPT_LEN_MAX */
const maximumLineLength = 4095;
const maximumJobFileBytes = 256 * 1024;
const maximumSectionCount = 1000;

/** One line `key=value`, or a key alone. */
export interface JobOption {
  readonly key: string;
  /** Absent where there is no `=`. */
  readonly value?: string;
  readonly line: number;
}

export interface JobSection {
  readonly name: string;
  readonly line: number;
  /** Its options are the defaults of all jobs behind it. */
  readonly isGlobal: boolean;
  readonly options: readonly JobOption[];
}

/**
 * Whether a file is a fio job file: its first line that says anything is the head of a section.
 * @param head the beginning of the file, cut anywhere
 */
export function looksLikeFioJob(head: string): boolean {
  if (head.includes('\0')) return false;
  for (const line of head.split('\n', 2000)) {
    const text = line.trim();
    if (text === '' || text.startsWith(';') || text.startsWith('#')) continue;
    return /^\[[^\]]{1,255}\]\s*([;#].*)?$/.test(text);
  }
  return false;
}

/**
 * Splits a job file into its sections, with fio's rules: everything behind `;` or `#` is a comment, a section whose name
 * starts with `global` sets defaults.
 *
 * @throws InputError with the line for what fio would refuse, and for what qtune leaves to fio: `include` and variables
 * @source fio HOWTO, "Job file format"; fio 3.33, init.c, __parse_jobs_ini
 */
export function parseJobFile(file: string, text: string): readonly JobSection[] {
  if (Buffer.byteLength(text) > maximumJobFileBytes) {
    throw new InputError({ file }, `the job file is larger than ${maximumJobFileBytes / 1024} KiB`);
  }
  const sections: (JobSection & { readonly options: JobOption[] })[] = [];
  for (const [index, raw] of text.split('\n').entries()) {
    const line = index + 1;
    const fail = (message: string, hint?: string): never => {
      throw new InputError({ file, line }, message, hint === undefined ? {} : { hint });
    };
    if (raw.length > maximumLineLength) fail(`the line is longer than ${maximumLineLength} characters`);
    if (raw.includes('\0')) fail('the line has a null byte; this is no job file');
    const said = raw.replace(/[;#].*/, '').trim();
    if (said === '') continue;
    if (said.startsWith('[')) {
      if (sections.length === maximumSectionCount) fail(`more than ${maximumSectionCount} sections`);
      sections.push({ ...sectionHead(said, fail), line, options: [] });
      continue;
    }
    const section = sections.at(-1);
    if (section === undefined) return fail('an option stands before the first [section]');
    section.options.push(optionOf(said, line, fail));
  }
  if (sections.length === 0) throw new InputError({ file, line: 1 }, 'the job file has no [section]');
  return sections;
}

function sectionHead(said: string, fail: (message: string) => never): Pick<JobSection, 'name' | 'isGlobal'> {
  const [, name] = /^\[([^\]]{1,255})\]$/.exec(said) ?? [];
  if (name === undefined) return fail('a section is written as [name], the name of at most 255 characters');
  return { name, isGlobal: name.startsWith('global') };
}

function optionOf(said: string, line: number, fail: (message: string, hint?: string) => never): JobOption {
  if (/^include\b/.test(said)) {
    fail('qtune does not read included files', 'Write their options here; `fio --showcmd FILE` prints a job in full.');
  }
  const [variable] = /\$\{[^}]*\}?|\$(?:ncpus|pagesize|mb_memory)\b/.exec(said) ?? [];
  if (variable !== undefined) {
    fail(`${variable} depends on the machine that fio runs on`, 'Write the value itself.');
  }
  const equals = said.indexOf('=');
  if (equals === -1) return { key: said, line };
  const key = said.slice(0, equals).trim();
  if (key === '') fail('there is no option before "="');
  return { key, value: said.slice(equals + 1).trim(), line };
}
