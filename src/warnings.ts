/** A caveat that travels with a value until a report prints it as a footnote; it never stops the work. */
export interface Warning {
  /** A stable identifier in kebab-case, for scripts. */
  readonly code: string;
  /** What the caveat is about: a setting, a trial id, a file. */
  readonly subject: string;
  readonly message: string;
  readonly hint?: string;
}
