import type { Argv } from 'yargs';
import type { ExitCode } from './exit-code.ts';
import type { Host } from './host.ts';

/**
 * One subcommand. `build` declares its options to yargs; `run` gets the parsed arguments, turns them into settings in
 * its first lines and lets nothing of yargs go further. Heavy modules (zod, yaml, tables) are imported inside `run`.
 */
export interface Command {
  /** As yargs wants it: name and positionals, e.g. `compare <base> <head>`. */
  readonly usage: string;
  readonly describe: string;
  /** Command lines without the leading `qtune `, shown in `--help` and executed by a test. */
  readonly examples: readonly { readonly command: string; readonly about: string }[];
  build(yargs: Argv): Argv;
  run(args: Readonly<Record<string, unknown>>, host: Host): Promise<ExitCode>;
  /** What the command can do, where that is several things: each is called as `qtune COMMAND ACTION` and has help of its own. */
  readonly actions?: readonly Command[];
  /** What follows `--` is the command line of a program, handed over under the name `--`, and not names of this command. */
  readonly takesProgram?: boolean;
  /** A word `-` is standard input: it arrives as `/dev/stdin`, for yargs takes it for an option without a name. */
  readonly readsStandardInput?: boolean;
}
