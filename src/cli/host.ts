/** A stream that qtune writes text to. */
export interface TextSink {
  write(text: string): void;
  readonly isTTY: boolean;
  /** Width in columns; 80 where it is not a terminal. */
  readonly columns: number;
}

/**
 * Everything that qtune takes from the process it runs in. The bin file makes the real one, tests make their own; no
 * other file reads `process`, the clock or the random source.
 */
export interface Host {
  readonly argv: readonly string[];
  readonly stdout: TextSink;
  readonly stderr: TextSink;
  /**
   * The open files behind standard input, output and error, for a program that the user has qtune run at the terminal; such
   * a program gets nothing and says nothing where they are absent.
   */
  readonly descriptors?: { readonly stdin: number; readonly stdout: number; readonly stderr: number };
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly pid: number;
  /** As `node --version` prints it. */
  readonly nodeVersion: string;
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Aborted on SIGINT, SIGTERM or SIGHUP. */
  readonly signal: AbortSignal;
  /** Asks the person at the terminal and gives the line that was typed, empty at the end of input; absent where nobody can be asked. */
  ask?(question: string): Promise<string>;
}
