import type { Finding, Severity } from '../../advisor/inspection/finding.ts';
import { QtuneError, UsageError } from '../../errors.ts';
import type { InspectedItem } from '../../report/inspect.ts';
import { flag, optionalString, stringList } from '../args.ts';
import type { Command } from '../command.ts';
import { ExitCode } from '../exit-code.ts';
import type { Host } from '../host.ts';
import type { ImageOptions } from '../inspect/inspect-image-file.ts';
import type { InspectInput } from '../inspect/read-input.ts';

type Args = Readonly<Record<string, unknown>>;

const thresholds = ['error', 'warning', 'never'] as const;

/** `qtune inspect`: what is in images, and what the disks of domains and command lines need. */
export const inspectCommand: Command = {
  usage: 'inspect [files..]',
  describe: 'What is in an image, a libvirt domain or a QEMU command line, and what it needs',
  takesProgram: true,
  readsStandardInput: true,
  examples: [
    { command: 'inspect disk.qcow2', about: 'what the image holds, what is wrong with it, and its settings' },
    { command: 'inspect overlay.qcow2 --chain --json', about: 'with its backing files, as a JSON document' },
    { command: 'inspect guest.xml', about: 'the disks of a domain (virsh dumpxml NAME | qtune inspect -)' },
    {
      command: 'inspect disk.qcow2 guest.xml --fail-on warning',
      about: 'several, with a table; exit 1 from warnings on',
    },
    {
      command: 'inspect -- qemu-system-x86_64 -drive file=disk.qcow2,format=qcow2,cache=none',
      about: 'a command line; /proc/PID/cmdline works as a file',
    },
  ],
  build: (yargs) =>
    yargs
      .positional('files', {
        type: 'string',
        array: true,
        describe: 'qcow2 images, domain XML, command lines in files; - is standard input',
      })
      .option('command-line', {
        type: 'string',
        requiresArg: true,
        describe: 'A file with a QEMU command line, as a shell has it or separated by NUL; - is standard input',
      })
      .option('chain', {
        type: 'boolean',
        describe: "Look at an image's backing files too; else no other file is opened",
      })
      .option('images', {
        type: 'boolean',
        default: true,
        describe: 'Read the headers of the images that a domain or a command line names; --no-images opens none',
      })
      .option('fail-on', {
        type: 'string',
        requiresArg: true,
        describe: 'Exit 1 from this severity on: error (default: damage, and what QEMU refuses), warning or never',
      })
      .option('json', { type: 'boolean', describe: 'Print a JSON document' }),

  async run(args, host) {
    const failOn = threshold(optionalString(args, 'fail-on'));
    const inputs = inputsOf(args);
    const items: InspectedItem[] = [];
    for (const input of inputs) {
      try {
        items.push(await inspected(await input.read(host), args, host));
      } catch (error) {
        // One file that cannot be read must not hide the others.
        if (inputs.length === 1 || !(error instanceof QtuneError)) throw error;
        items.push({ kind: 'failed', name: input.name, problems: [unreadable(error)] });
      }
    }
    await print(items, flag(args, 'json'), host);
    if (items.some(({ kind }) => kind === 'failed')) return ExitCode.usage;
    return (await fails(items, failOn)) ? ExitCode.no : ExitCode.ok;
  },
};

interface NamedInput {
  readonly name: string;
  read(host: Host): Promise<InspectInput>;
}

function inputsOf(args: Args): readonly NamedInput[] {
  const files = stringList(args, 'files').map((name) => ({
    name,
    read: async (host: Host) => (await import('../inspect/read-input.ts')).readInput(name, host),
  }));
  const lines = stringList(args, 'command-line').map((name) => ({
    name,
    read: async (host: Host) => (await import('../inspect/read-input.ts')).readCommandLine(name, host),
  }));
  const words = stringList(args, '--');
  const program = {
    name: 'command line',
    read: async () => (await import('../inspect/read-input.ts')).machineOfWords('the words behind --', words, true),
  };
  const inputs = [...files, ...lines, ...(words.length > 0 ? [program] : [])];
  if (inputs.length > 0) return inputs;
  throw new UsageError('Nothing to inspect', {
    hint: 'Name an image or a domain (disk.qcow2, guest.xml), or put a QEMU command line behind --.',
  });
}

function threshold(text: string | undefined): Severity | undefined {
  const found = thresholds.find((one) => one === (text ?? 'error'));
  if (found === undefined) {
    throw new UsageError(`--fail-on: "${text}" is none of ${thresholds.join(', ')}`);
  }
  return found === 'never' ? undefined : found;
}

async function inspected(input: InspectInput, args: Args, host: Host): Promise<InspectedItem> {
  if (input.kind === 'image') {
    const { inspectImageFile } = await import('../inspect/inspect-image-file.ts');
    const options: ImageOptions = { chain: flag(args, 'chain'), recommend: true };
    return { kind: 'image', ...(await inspectImageFile(input.name, options, host)) };
  }
  const { inspectedMachine } = await import('../../report/inspect-machine.ts');
  const { readDiskImage } = await import('../inspect/disk-image.ts');
  const { machine, name } = input;
  const reads = flag(args, 'images');
  const disks = machine.disks.map((disk) => ({
    disk,
    image: reads ? readDiskImage(disk, host.cwd) : ({ state: 'unread', why: '--no-images was given' } as const),
  }));
  return { kind: 'machine', ...inspectedMachine(name, machine, disks) };
}

function unreadable({ message, hint }: QtuneError): Finding {
  return {
    severity: 'error',
    code: 'unreadable',
    message,
    meaning: 'It was left out.',
    remedy: hint ?? '',
    source: 'qtune',
  };
}

async function fails(items: readonly InspectedItem[], threshold: Severity | undefined): Promise<boolean> {
  if (threshold === undefined) return false;
  const { reaches } = await import('../../advisor/inspection/finding.ts');
  const { problemsOf } = await import('../../report/inspect.ts');
  return items.some((item) => reaches(problemsOf(item), threshold));
}

async function print(items: readonly InspectedItem[], json: boolean, host: Host): Promise<void> {
  if (json) {
    const { inspectDocument } = await import('../../report/inspect.ts');
    const { printJson } = await import('../print-json.ts');
    printJson(host, inspectDocument(items));
    return;
  }
  const { renderInspection } = await import('../../report/inspect-text.ts');
  host.stdout.write(renderInspection(items, host.stdout.columns));
}
