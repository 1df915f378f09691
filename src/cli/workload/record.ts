import type { Argv } from 'yargs';
import { UsageError } from '../../errors.ts';
import { flag, optionalBytes, optionalString, stringList } from '../args.ts';
import type { Command } from '../command.ts';
import type { ExitCode } from '../exit-code.ts';
import type { Host } from '../host.ts';

type Args = Readonly<Record<string, unknown>>;

const defaultDisk = '16G';
/** Options that say how a program is recorded, which a guest's log has no use for, and the other way round. */
const programOptions = ['disk', 'fs', 'create', 'memory', 'command-only'];
const guestOptions = ['device'];

/** `qtune workload record`: what a program, or a guest, asks its disk for. */
export const recordAction: Command = {
  usage: 'record',
  takesProgram: true,
  describe: 'The requests of a program on a new disk, or of a guest from QEMU’s log, as a trace',
  examples: [
    {
      command: 'workload record --out build.iolog.gz -- make -C "$PWD" O=.',
      about: 'a build whose output goes to the disk',
    },
    {
      command: 'workload record --fs xfs --memory 64M --out mail.iolog.gz -- postmark "$PWD/mail.pm"',
      about: 'PostMark on XFS, with little memory so that reads reach the disk',
    },
    {
      command: `workload record --fs none --out raw.iolog -- sh -c 'dd if=/dev/zero of="$QTUNE_DEVICE" bs=1M count=64 oflag=direct'`,
      about: 'a program that works on the device itself',
    },
    {
      command: 'workload record --guest-log qemu.log --out guest.iolog.gz',
      about: "a guest's, from QEMU started with: -trace 'blk_co_p*' -D qemu.log -msg timestamp=on",
    },
  ],
  build: buildRecordOptions,
  run: record,
};

function buildRecordOptions(yargs: Argv): Argv {
  return yargs
    .option('out', {
      type: 'string',
      requiresArg: true,
      describe:
        'trace to make, a fio iolog with times (version 3), compressed where it ends in .gz; NAME.iolog.gz by default',
    })
    .option('name', {
      type: 'string',
      requiresArg: true,
      describe: 'what the workload is called; the program’s name by default',
    })
    .option('disk', {
      type: 'string',
      requiresArg: true,
      describe: `virtual size of the disk; ${defaultDisk} by default`,
    })
    .option('fs', {
      type: 'string',
      requiresArg: true,
      choices: ['ext4', 'xfs', 'none'],
      describe:
        'file system that the program starts in, also in $QTUNE_MOUNT; with none it gets the device, in $QTUNE_DEVICE; ext4 by default',
    })
    .option('create', {
      alias: 'o',
      type: 'string',
      requiresArg: true,
      describe:
        'create-time options of the image as in `qemu-img create -o`; the requests are the same, its figures are not',
    })
    .option('memory', {
      type: 'string',
      requiresArg: true,
      describe: 'what the program and its page cache may hold (a memory cgroup), so that reads reach the disk',
    })
    .option('command-only', {
      type: 'boolean',
      describe:
        'leave out the requests of mkfs and mount, which are the first ones and are not part of the measurement otherwise',
    })
    .option('guest-log', {
      type: 'string',
      requiresArg: true,
      describe:
        "in place of a program: the log of a QEMU that runs or ran, started with -trace 'blk_co_p*' -D FILE -msg timestamp=on",
    })
    .option('device', {
      type: 'string',
      requiresArg: true,
      describe: 'with --guest-log: the disk to take, as its log names it',
    })
    .option('json', {
      type: 'boolean',
      describe: 'print a JSON document; what the program prints goes to standard error',
    });
}

async function record(args: Args, host: Host): Promise<ExitCode> {
  const command = stringList(args, '--');
  const guestLog = optionalString(args, 'guest-log');
  if (guestLog !== undefined) {
    refuse(args, programOptions, 'is about a program, and --guest-log takes the requests of a guest');
    if (command.length > 0)
      throw new UsageError('--guest-log takes no program', { hint: 'Leave out what follows --.' });
    const { recordGuest } = await import('./record-guest.ts');
    return recordGuest(
      { log: guestLog, device: optionalString(args, 'device'), ...target(args, guestLog) },
      flag(args, 'json'),
      host,
    );
  }
  refuse(args, guestOptions, 'chooses a disk of a guest’s log');
  if (command.length === 0) {
    throw new UsageError('`workload record` needs a program', {
      hint: 'Write it behind --: qtune workload record --out FILE -- COMMAND…, or name a log with --guest-log.',
    });
  }
  const { recordCommand } = await import('./record-program.ts');
  const { parseBytes } = await import('../../units/bytes.ts');
  const memoryBytes = optionalBytes(args, 'memory');
  return recordCommand(
    {
      command,
      diskBytes: optionalBytes(args, 'disk') ?? parseBytes(defaultDisk, '--disk'),
      fileSystem: optionalString(args, 'fs') ?? 'ext4',
      create: stringList(args, 'create'),
      ...(memoryBytes === undefined ? {} : { memoryBytes }),
      commandOnly: flag(args, 'command-only'),
      ...target(args, command[0] ?? ''),
    },
    flag(args, 'json'),
    host,
  );
}

/** The name of the workload and the file of the trace, from the options or what is recorded. */
function target(args: Args, recorded: string): { readonly name: string; readonly out: string } {
  const base = recorded.replace(/^.*\//, '').replace(/\.[^.]*$/, '') || 'recording';
  const name = optionalString(args, 'name') ?? base;
  return { name, out: optionalString(args, 'out') ?? `${name.replaceAll('/', '-')}.iolog.gz` };
}

function refuse(args: Args, options: readonly string[], why: string): void {
  const given = options.find((name) => args[name] !== undefined);
  if (given !== undefined) throw new UsageError(`--${given} ${why}`);
}
