import type { JournalFrame } from '../trial/journal-reader.ts';

/** What a report says of a journal so that its figures can be traced. */
export interface JournalIdentity {
  /** As the user named it. */
  readonly path: string;
  readonly startedAt: string;
  readonly planHash: string;
  readonly seed: number;
  readonly engine: string;
  readonly qemu: string | null;
  readonly fingerprint: string;
  /** Trials of the plan and completed ones in the journal. */
  readonly trialCount: number;
  readonly completedCount: number;
  readonly resumeCount: number;
}

/** @param counts of the trials in the journal, each counted once */
export function identify(
  { path, header, resumes }: JournalFrame,
  counts: { readonly recordedCount: number; readonly completedCount: number },
): JournalIdentity {
  return {
    path,
    startedAt: header.startedAt,
    planHash: header.plan.hash,
    seed: header.plan.seed,
    engine: header.engine.name,
    qemu: header.environment.qemu ?? null,
    fingerprint: header.environment.fingerprint,
    trialCount: Math.max(header.plan.trialCount, counts.recordedCount),
    completedCount: counts.completedCount,
    resumeCount: resumes.length,
  };
}
