import type { Argv } from 'yargs';
import { UsageError } from '../errors.ts';
import type { Command } from './command.ts';
import { describeError } from './describe-error.ts';
import { ExitCode } from './exit-code.ts';
import type { Host } from './host.ts';
import { strayArgumentHint } from './stray-argument.ts';
import { qtuneVersion } from './version.ts';

interface CommandEntry {
  readonly name: string;
  readonly describe: string;
  load(): Promise<Command>;
}

/** Every subcommand; only the one that is called is loaded. */
const commands: readonly CommandEntry[] = [
  {
    name: 'recommend',
    describe: 'Settings for a disk, with reasons, costs and the commands to paste',
    load: async () => (await import('./commands/recommend.ts')).recommendCommand,
  },
  {
    name: 'capacity',
    describe: 'Metadata on disk and cache memory of a disk, a chain of images or a fleet',
    load: async () => (await import('./commands/capacity.ts')).capacityCommand,
  },
  {
    name: 'apply',
    describe: 'Change the run-time settings of a running QEMU, verified, with a way back',
    load: async () => (await import('./commands/apply.ts')).applyCommand,
  },
  {
    name: 'run',
    describe: 'Measured trials of configurations and workloads into a journal',
    load: async () => (await import('./commands/run.ts')).runCommand,
  },
  {
    name: 'compare',
    describe: 'A verdict per cell on two journals, and a gate for CI',
    load: async () => (await import('./commands/compare.ts')).compareCommand,
  },
  {
    name: 'report',
    describe: 'Tables and charts of a journal',
    load: async () => (await import('./commands/report.ts')).reportCommand,
  },
  {
    name: 'merge',
    describe: 'One journal from those of several hosts',
    load: async () => (await import('./commands/merge.ts')).mergeCommand,
  },
  {
    name: 'simulate',
    describe: "What QEMU's driver would do with your requests, without QEMU",
    load: async () => (await import('./commands/simulate.ts')).simulateCommand,
  },
  {
    name: 'curve',
    describe: 'The L2 miss ratio of every cache size, from one pass over your requests',
    load: async () => (await import('./commands/curve.ts')).curveCommand,
  },
  {
    name: 'inspect',
    describe: 'What is in an image, a libvirt domain or a QEMU command line, and what it needs',
    load: async () => (await import('./commands/inspect.ts')).inspectCommand,
  },
  {
    name: 'workload',
    describe: 'The workloads that ship with qtune, and your own',
    load: async () => (await import('./commands/workload.ts')).workloadCommand,
  },
  {
    name: 'doctor',
    describe: 'What this machine can do, what is missing and how to get it',
    load: async () => (await import('./commands/doctor.ts')).doctorCommand,
  },
];

/** Names of all subcommands, in the order of the help text. */
export const commandNames: readonly string[] = commands.map((entry) => entry.name);

/** Loads the definition of a subcommand, for tests and for the help text. */
export async function loadCommand(name: string): Promise<Command | undefined> {
  return commands.find((entry) => entry.name === name)?.load();
}

/**
 * The whole program: reads `host.argv`, writes to the host's streams and answers with the exit code. Never throws and
 * never ends the process.
 */
export async function run(host: Host): Promise<ExitCode> {
  try {
    return await dispatch(host);
  } catch (error) {
    const { text, exitCode } = describeError(error, host.signal.aborted);
    host.stderr.write(text);
    return exitCode;
  }
}

async function dispatch(host: Host): Promise<ExitCode> {
  const called = commands.find((entry) => entry.name === host.argv[0]);
  // All files at once: reading one graph after the other is a third of an instant answer's time.
  const [{ default: yargs }, definition] = await Promise.all([import('yargs'), called?.load()]);
  // `workload stats`: where an action was named, the way to help leads to that of the action.
  const action = definition?.actions?.find(({ usage }) => usage.split(' ')[0] === host.argv[1]);
  let chosen: { readonly command: Command; readonly args: Record<string, unknown> } | undefined;

  const parser = yargs()
    .scriptName('qtune')
    .usage('qtune COMMAND [OPTIONS]\n\nBenchmark and tuning advisor for QEMU qcow2 disk images.')
    .parserConfiguration({
      'camel-case-expansion': false,
      'dot-notation': false,
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'duplicate-arguments-array': true,
      'populate--': (action ?? definition)?.takesProgram === true,
    })
    // Only yargs' own few words would be in the user's language.
    .detectLocale(false)
    .strict()
    .demandCommand(1, 1, 'Say which command to run', 'One command at a time')
    .recommendCommands()
    .version(qtuneVersion())
    .alias('help', 'h')
    .wrap(Math.min(host.stdout.columns, 110))
    .exitProcess(false)
    .fail(false);

  withoutKeptHelp(parser);
  for (const entry of commands) {
    if (entry === called && definition) {
      declare(parser, definition, (command, args) => {
        chosen = { command, args };
      });
    } else {
      parser.command(entry.name, entry.describe);
    }
  }

  let printed = '';
  const helpOf = [called?.name, action && host.argv[1]].filter((word) => word !== undefined);
  try {
    await parser.parseAsync(wordsFor(host.argv, definition), {}, (_error, _args, output) => {
      printed = output;
    });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new UsageError(message, {
      hint: strayArgumentHint(message, helpOf),
      ...(error instanceof Error && error.name !== 'YError' ? { cause: error } : {}),
    });
  }
  if (printed !== '') {
    host.stdout.write(`${printed}\n`);
    return ExitCode.ok;
  }
  if (!chosen) throw new UsageError('Say which command to run', { hint: 'See `qtune --help`.' });
  return chosen.command.run(chosen.args, host);
}

/**
 * yargs lays out the help of each command that it runs, in case something fails later; that takes as long as an instant answer, and
 * errors here name the way to the help instead.
 */
function withoutKeptHelp(parser: object): void {
  const { getInternalMethods } = parser as {
    getInternalMethods(): { getUsageInstance(): { cacheHelpMessage(): void } };
  };
  getInternalMethods.call(parser).getUsageInstance().cacheHelpMessage = () => {};
}

/** The words with `-` as the file that it stands for, where the command reads standard input. */
function wordsFor(argv: readonly string[], command: Command | undefined): string[] {
  if (command?.readsStandardInput !== true) return [...argv];
  const end = argv.indexOf('--');
  return argv.map((word, index) => (word === '-' && (end < 0 || index < end) ? '/dev/stdin' : word));
}

/** Tells yargs of a command and of its actions. */
function declare(
  yargs: Argv,
  command: Command,
  choose: (command: Command, args: Record<string, unknown>) => void,
): void {
  yargs.command(
    command.usage,
    command.describe,
    (child) => {
      for (const example of command.examples) child.example(`qtune ${example.command}`, example.about);
      for (const action of command.actions ?? []) declare(child, action, choose);
      return command.build(child).strict();
    },
    (args) => choose(command, args),
  );
}
