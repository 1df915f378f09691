/** Every exit status of qtune, in one place (contract: "Exit codes"). */
export const ExitCode = {
  /** Done. */
  ok: 0,
  /** The answer is no: a regression, a gate, a damaged image. */
  no: 1,
  /** The caller can fix it: usage, input, file. */
  usage: 2,
  /** Something is missing or failed outside: QEMU, permission, space, an engine. */
  outside: 3,
  /** Inconclusive, only where asked to fail on that. */
  inconclusive: 4,
  /** A bug in qtune. */
  bug: 70,
  /** Interrupted, with the journal intact. */
  interrupted: 130,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];
