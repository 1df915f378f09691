import { type AdviceRequest, type Priority, priorities } from '../../advisor/advice-request.ts';
import { findTraits, workloadTraits } from '../../advisor/workload-traits.ts';
import { UsageError } from '../../errors.ts';
import { parseQemuVersion, type QemuVersion } from '../../settings/qemu-version.ts';
import { flag, optionalBytes, optionalString } from '../args.ts';
import type { Command } from '../command.ts';
import { ExitCode } from '../exit-code.ts';

type Args = Readonly<Record<string, unknown>>;

const words = workloadTraits.map(({ name }) => name);

export const recommendCommand: Command = {
  usage: 'recommend',
  describe: 'Settings for a disk, with reasons, costs and the commands to paste',
  examples: [
    { command: 'recommend --disk 2T', about: 'from arithmetic, in an instant' },
    { command: 'recommend --disk 500G --workload database --memory 16M', about: 'for a known workload, within 16 MiB' },
    { command: 'recommend --disk 100G --backing --json', about: 'an overlay on a backing file, as a JSON document' },
  ],
  build: (yargs) =>
    yargs
      .option('disk', {
        type: 'string',
        describe: 'Virtual size of the disk, as QEMU writes sizes: 2T',
        requiresArg: true,
      })
      .option('workload', { type: 'string', describe: `What runs on it: ${words.join(', ')}`, requiresArg: true })
      .option('backing', { type: 'boolean', describe: 'The disk is an overlay on a backing file' })
      .option('memory', { type: 'string', describe: 'Limit for the metadata caches of this disk', requiresArg: true })
      .option('priority', {
        type: 'string',
        describe: 'What counts most: speed (default), space or memory',
        requiresArg: true,
      })
      .option('qemu-version', {
        type: 'string',
        describe: 'QEMU that is going to run the disk, e.g. 7.2',
        requiresArg: true,
      })
      .option('file', {
        type: 'string',
        describe: 'Image file for the commands (default disk.qcow2)',
        requiresArg: true,
      })
      .option('json', { type: 'boolean', describe: 'Print a JSON document' }),
  async run(args, host) {
    const request = adviceRequest(args);
    const { recommend } = await import('../../advisor/recommendation.ts');
    const recommendation = recommend(request);
    if (flag(args, 'json')) {
      const { recommendationDocument } = await import('../../report/recommendation-json.ts');
      const { printJson } = await import('../print-json.ts');
      printJson(host, recommendationDocument(recommendation));
    } else {
      const { renderRecommendation } = await import('../../report/recommendation.ts');
      host.stdout.write(renderRecommendation(recommendation, host.stdout.columns));
    }
    return ExitCode.ok;
  },
};

function adviceRequest(args: Args): AdviceRequest {
  const diskBytes = optionalBytes(args, 'disk');
  if (diskBytes === undefined)
    throw new UsageError('--disk is missing', { hint: 'Give the size of the disk: --disk 2T.' });
  if (diskBytes <= 0) throw new UsageError('--disk: a disk of 0 bytes needs no settings');
  const memoryLimitBytes = optionalBytes(args, 'memory');
  const qemu = qemuVersion(optionalString(args, 'qemu-version'));
  return {
    // QEMU rounds odd sizes up to whole sectors.
    diskBytes: Math.ceil(diskBytes / 512) * 512,
    traits: traitsOf(optionalString(args, 'workload') ?? workloadTraits[0]?.name ?? ''),
    hasBacking: flag(args, 'backing'),
    ...(memoryLimitBytes === undefined ? {} : { memoryLimitBytes }),
    priority: priorityOf(optionalString(args, 'priority') ?? 'speed'),
    ...(qemu === undefined ? {} : { qemu }),
    fileName: fileNameOf(optionalString(args, 'file') ?? 'disk.qcow2'),
  };
}

function traitsOf(name: string) {
  const traits = findTraits(name);
  if (!traits) throw new UsageError(`--workload: "${name}" is not known`, { hint: `Words are ${words.join(', ')}.` });
  return traits;
}

function priorityOf(text: string): Priority {
  const priority = priorities.find((name) => name === text);
  if (!priority) throw new UsageError(`--priority: "${text}" is not one of ${priorities.join(', ')}`);
  return priority;
}

function qemuVersion(text: string | undefined): QemuVersion | undefined {
  if (text === undefined) return undefined;
  const version = parseQemuVersion(text);
  if (!version) throw new UsageError(`--qemu-version: "${text}" is not a version`, { hint: 'Write it as 7.2.' });
  return version;
}

function fileNameOf(name: string): string {
  if (/[\0\r\n]/.test(name)) throw new UsageError('--file: a file name with a line break cannot be pasted');
  return name;
}
