/**
 * The errors that qtune raises on purpose. Each one names the flag, field, file or tool to look at; anything else that
 * reaches the command line is a bug and keeps its stack.
 */

/** Additional facts about an error. */
export interface ErrorDetails {
  /** What the user can do next, one sentence in the imperative. */
  readonly hint?: string;
  readonly cause?: unknown;
}

/** Common base: `message` says what is wrong in one line, `hint` what to do about it. */
export abstract class QtuneError extends Error {
  abstract readonly code: 'usage' | 'image-format' | 'environment' | 'engine' | 'input';
  readonly hint: string | undefined;

  constructor(message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = new.target.name;
    this.hint = details.hint;
  }
}

/** A flag, argument or setting that cannot be honoured. Exit code 2. */
export class UsageError extends QtuneError {
  readonly code = 'usage';
}

/** Where in an input file an error was found. */
export interface InputPosition {
  /** The file as the user named it. */
  readonly file: string;
  /** Line number, counted from 1; absent where the whole file is meant. */
  readonly line?: number;
  /** Where in a binary file, bytes from its start. */
  readonly offsetBytes?: number;
}

function placeOf({ file, line, offsetBytes }: InputPosition): string {
  if (line !== undefined) return `${file}:${line}`;
  return offsetBytes === undefined ? file : `${file}: offset ${offsetBytes}`;
}

/** A profile, trace or journal that cannot be read as what it claims to be. Exit code 2. */
export class InputError extends QtuneError {
  readonly code = 'input';
  readonly position: InputPosition;

  constructor(position: InputPosition, message: string, details: ErrorDetails = {}) {
    super(`${placeOf(position)}: ${message}`, details);
    this.position = position;
  }
}

/** An image that is damaged or not qcow2. Exit code 1 from `inspect`, 2 elsewhere. */
export class ImageFormatError extends QtuneError {
  readonly code = 'image-format';
}

/** A tool, permission, file-system ability or amount of space that this machine lacks. Exit code 3. */
export class EnvironmentError extends QtuneError {
  readonly code = 'environment';
}

/** What is known of a helper process that failed. Durations are milliseconds. */
export interface EngineFailure {
  /** The command as it was run, argument by argument. */
  readonly command: readonly string[];
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly durationMs: number;
  /** The last lines of standard error, with control characters made visible. */
  readonly stderrTail: string;
  readonly timedOut: boolean;
}

/** A helper process (QEMU's tools, fio) that failed outside a trial. Exit code 3. */
export class EngineError extends QtuneError {
  readonly code = 'engine';
  readonly failure: EngineFailure;

  constructor(message: string, failure: EngineFailure, details: ErrorDetails = {}) {
    super(message, details);
    this.failure = failure;
  }
}

/** The work was stopped by a signal. Exit code 130. */
export class InterruptedError extends Error {
  constructor(message = 'interrupted') {
    super(message);
    this.name = 'InterruptedError';
  }
}
