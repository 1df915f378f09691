/** `error`: data is damaged or at risk now, or QEMU refuses it. `warning`: slow, wasteful or unsafe. `note`: worth knowing. */
export type Severity = 'error' | 'warning' | 'note';

/** The gravest first. */
export const severities: readonly Severity[] = ['error', 'warning', 'note'];

/** One thing that an inspection found. Text may hold names out of files: not to be trusted. */
export interface Finding {
  readonly severity: Severity;
  /** A stable word for scripts: `cache-cliff`. */
  readonly code: string;
  /** What is there, one sentence with its figures. */
  readonly message: string;
  /** What follows from it. */
  readonly meaning: string;
  /** What to do about it; empty where nothing is to be done. */
  readonly remedy: string;
  /** Where that is known from. */
  readonly source: string;
}

/** The gravest of some findings; undefined for none. */
export function gravest(findings: readonly Finding[]): Severity | undefined {
  return severities.find((severity) => findings.some((finding) => finding.severity === severity));
}

/** Whether a finding of this severity or a graver one is among them. */
export function reaches(findings: readonly Finding[], threshold: Severity): boolean {
  const worst = gravest(findings);
  return worst !== undefined && severities.indexOf(worst) <= severities.indexOf(threshold);
}

/** The gravest first, else in the order in which they were found. */
export function sortFindings(findings: readonly Finding[]): readonly Finding[] {
  return severities.flatMap((severity) => findings.filter((finding) => finding.severity === severity));
}
