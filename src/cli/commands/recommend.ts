import { type AdviceRequest, type Priority, priorities } from '../../advisor/advice-request.ts';
import type { RankedCandidates, Recommendation } from '../../advisor/recommendation.ts';
import { findTraits, workloadTraits } from '../../advisor/workload-traits.ts';
import { EnvironmentError, InterruptedError, UsageError } from '../../errors.ts';
import { parseQemuVersion, type QemuVersion } from '../../settings/qemu-version.ts';
import { parseDuration } from '../../units/duration.ts';
import type { Workload } from '../../workload/workload.ts';
import { flag, optionalBytes, optionalInteger, optionalString } from '../args.ts';
import type { Command } from '../command.ts';
import { ExitCode } from '../exit-code.ts';
import type { Host } from '../host.ts';
import { readProfile } from '../read-profile.ts';
import type { MeasureSettings } from '../recommend/measure.ts';
import { tellWarnings } from '../tell-warnings.ts';
import { checkTraceOptions, declareTraceOptions, traceOptionsOf } from '../trace-options.ts';

type Args = Readonly<Record<string, unknown>>;

const defaultMeasureTime = '60s';

const words = workloadTraits.map(({ name }) => name);

export const recommendCommand: Command = {
  usage: 'recommend',
  describe: 'Settings for a disk, with reasons, costs and the commands to paste',
  examples: [
    { command: 'recommend --disk 2T', about: 'from arithmetic, in an instant' },
    { command: 'recommend --disk 2T --rank', about: "the best of some hundreds, by the model of QEMU's driver" },
    { command: 'recommend --disk 500G --workload database --memory 16M', about: 'for a known workload, within 16 MiB' },
    { command: 'recommend --disk 100G --backing --json', about: 'an overlay on a backing file, as a JSON document' },
  ],
  build: (yargs) =>
    declareTraceOptions(yargs)
      .option('disk', {
        type: 'string',
        describe: 'Virtual size of the disk, as QEMU writes sizes: 2T',
        requiresArg: true,
      })
      .option('workload', {
        type: 'string',
        describe: `What runs on it: ${words.join(', ')}; or a profile or trace as for \`run\``,
        requiresArg: true,
      })
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
      .option('rank', {
        type: 'boolean',
        describe: "Run some hundred configurations through the model of QEMU's driver; so do --workload and --measure",
      })
      .option('measure', {
        type: 'string',
        describe: "Measure with QEMU's own driver for this long (60s where no time is given)",
      })
      .option('qemu', { type: 'string', describe: "Directory of QEMU's tools for --measure", requiresArg: true })
      .option('out', { type: 'string', describe: 'Keep the journal of --measure in this file', requiresArg: true })
      .option('seed', {
        type: 'string',
        describe: 'Seed of the requests and their order (default 1)',
        requiresArg: true,
      })
      .option('json', { type: 'boolean', describe: 'Print a JSON document' }),
  async run(args, host) {
    const request = await adviceRequest(args, host);
    const measure = measureSettings(args);
    const { recommend } = await import('../../advisor/recommendation.ts');
    const ranks = flag(args, 'rank') || measure !== undefined || optionalString(args, 'workload') !== undefined;
    const predicted = recommend(request, ranks ? await rankCandidates(request, args, host) : undefined);
    const recommendation = measure ? await measured(predicted, measure, host) : predicted;
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

/**
 * The candidates by the model of QEMU's driver. That takes a second, so that the plain question is answered from arithmetic; and
 * so is the one for a disk that is too large for the model.
 */
async function rankCandidates(request: AdviceRequest, args: Args, host: Host): Promise<RankedCandidates | undefined> {
  const { rankedCandidates } = await import('../../advisor/ranking/rank.ts');
  const { costProfiles } = await import('../run/cost-profiles.ts');
  const { profile, warning } = await costProfiles(host)('direct', 'io_uring');
  const costs = { profile, ...(warning === undefined ? {} : { warning: warning.message }) };
  const seed = optionalInteger(args, 'seed', 0, Number.MAX_SAFE_INTEGER) ?? 1;
  const candidates = rankedCandidates(request, costs, seed);
  // A signal that came meanwhile has its turn.
  await new Promise((resolve) => setImmediate(resolve));
  if (host.signal.aborted) throw new InterruptedError();
  if (candidates === undefined) {
    host.stderr.write("qtune: predicted from arithmetic: the disk is larger than the model of QEMU's driver can map\n");
  }
  return candidates;
}

/** Without QEMU or room for its images the arithmetic answer is still an answer. */
async function measured(predicted: Recommendation, settings: MeasureSettings, host: Host): Promise<Recommendation> {
  const { measureRecommendation } = await import('../recommend/measure.ts');
  try {
    return await measureRecommendation(predicted, settings, host);
  } catch (error) {
    // A tool that was stopped by the signal is not a broken one.
    if (host.signal.aborted) throw new InterruptedError();
    if (!(error instanceof EnvironmentError)) throw error;
    host.stderr.write(`qtune: not measured: ${error.message}\n${error.hint === undefined ? '' : `  ${error.hint}\n`}`);
    return predicted;
  }
}

function measureSettings(args: Args): MeasureSettings | undefined {
  const qemuDirectory = optionalString(args, 'qemu');
  const out = optionalString(args, 'out');
  const seed = optionalInteger(args, 'seed', 0, Number.MAX_SAFE_INTEGER) ?? 1;
  if (args.measure === undefined) {
    const alone = qemuDirectory !== undefined ? '--qemu' : out !== undefined ? '--out' : undefined;
    if (alone) throw new UsageError(`${alone} is for measurements`, { hint: 'Add --measure.' });
    return undefined;
  }
  // `--measure` without a time comes through as an empty string.
  const text = args.measure === '' ? defaultMeasureTime : (optionalString(args, 'measure') ?? defaultMeasureTime);
  return { timeMs: parseDuration(text, '--measure'), seed, qemuDirectory, out };
}

async function adviceRequest(args: Args, host: Host): Promise<AdviceRequest> {
  const diskBytes = optionalBytes(args, 'disk');
  if (diskBytes === undefined)
    throw new UsageError('--disk is missing', { hint: 'Give the size of the disk: --disk 2T.' });
  if (diskBytes <= 0) throw new UsageError('--disk: a disk of 0 bytes needs no settings');
  const memoryLimitBytes = optionalBytes(args, 'memory');
  if (memoryLimitBytes === 0) throw new UsageError('--memory: QEMU cannot run a qcow2 disk without caches');
  const qemu = qemuVersion(optionalString(args, 'qemu-version'));
  const { traits, workload } = await workloadOf(args, sectorBytes(diskBytes), host);
  return {
    diskBytes: sectorBytes(diskBytes),
    hasBacking: flag(args, 'backing') || hasOwnBacking(workload),
    traits,
    ...(workload ? { workload } : {}),
    ...(memoryLimitBytes === undefined ? {} : { memoryLimitBytes }),
    priority: priorityOf(optionalString(args, 'priority') ?? 'speed'),
    ...(qemu === undefined ? {} : { qemu }),
    fileName: fileNameOf(optionalString(args, 'file') ?? 'disk.qcow2'),
  };
}

/** QEMU rounds odd sizes up to whole sectors. */
function sectorBytes(bytes: number): number {
  return Math.ceil(bytes / 512) * 512;
}

/** A plain word, or else a shipped profile or a file, whose own requests tell its traits. */
async function workloadOf(
  args: Args,
  diskBytes: number,
  host: Host,
): Promise<Pick<AdviceRequest, 'traits' | 'workload'>> {
  const name = optionalString(args, 'workload') ?? 'general';
  const traits = findTraits(name);
  if (traits) {
    checkTraceOptions(traceOptionsOf(args), false);
    return { traits };
  }
  const { resolveWorkload } = await import('../../workload/resolve-workload.ts');
  const { traitsOfRequests } = await import('../../advisor/requests-traits.ts');
  const seed = optionalInteger(args, 'seed', 0, Number.MAX_SAFE_INTEGER);
  const trace = traceOptionsOf(args);
  try {
    const profile = await readProfile(name, diskBytes, trace, host);
    checkTraceOptions(trace, profile.kind === 'recorded');
    const workload = resolveWorkload(profile, { diskBytes, ...(seed === undefined ? {} : { seed }) });
    tellWarnings(host, workload.warnings);
    return { traits: traitsOfRequests(workload), workload };
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new UsageError(`--workload: ${error.message}`, {
      hint: `${error.hint ?? ''} Plain words are ${words.join(', ')}.`.trim(),
    });
  }
}

function hasOwnBacking(workload: Workload | undefined): boolean {
  return workload !== undefined && workload.image.backing !== 'none';
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
