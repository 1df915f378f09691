import { recordProgram } from '../../engine/record/record.ts';
import type { ProgramStreams } from '../../engine/record/recorded-program.ts';
import type { Recording } from '../../engine/record/recording.ts';
import { recordingFileSystems } from '../../engine/record/requirements.ts';
import { findQemuTools } from '../../engine/tools.ts';
import { UsageError } from '../../errors.ts';
import { printable } from '../../report/printable.ts';
import { buildRecordingReport, renderRecording } from '../../report/recording.ts';
import { buildConfigurations } from '../../settings/matrix.ts';
import { printSettings } from '../../settings/print.ts';
import { validateConfiguration } from '../../settings/validate.ts';
import { formatBytes } from '../../units/bytes.ts';
import { createRequestBlock, type RequestBlock } from '../../workload/request.ts';
import { measureStatistics } from '../../workload/stats/measure-statistics.ts';
import type { Workload } from '../../workload/workload.ts';
import { ExitCode } from '../exit-code.ts';
import type { Host } from '../host.ts';
import { printJson } from '../print-json.ts';
import { NewTrace } from './new-trace.ts';

/** What is to be recorded, as the user wrote it. */
export interface RecordSettings {
  readonly name: string;
  readonly out: string;
  /** The program and its arguments; not empty. */
  readonly command: readonly string[];
  readonly diskBytes: number;
  readonly fileSystem: string;
  readonly create: readonly string[];
  readonly memoryBytes?: number;
  readonly commandOnly: boolean;
}

/** For a host that has none, as in tests. */
const noStreams: ProgramStreams = { stdin: 'ignore', stdout: 'ignore', stderr: 'ignore' };

const smallestDiskBytes = 16 * 2 ** 20;
const smallestMemoryBytes = 4 * 2 ** 20;

/** Records a program and writes its trace. The exit code is 1 where the program's own was not 0. */
export async function recordCommand(settings: RecordSettings, json: boolean, host: Host): Promise<ExitCode> {
  const { diskBytes, memoryBytes, name, out } = settings;
  checkSizes(settings);
  const fileSystem = recordingFileSystems.find((known) => known === settings.fileSystem) ?? 'ext4';
  const tools = await findQemuTools({ env: host.env, signal: host.signal });
  const createOptions = createOptionsOf(settings.create, diskBytes);
  const trace = await NewTrace.prepare(host, out);
  const { stdin, stdout, stderr } = host.descriptors ?? noStreams;
  const options = {
    tools,
    command: settings.command,
    diskBytes,
    fileSystem,
    createOptions,
    ...(memoryBytes === undefined ? {} : { memoryBytes }),
    env: host.env,
    cwd: host.cwd,
    pid: host.pid,
    streams: { stdin, stdout: json ? stderr : stdout, stderr },
    signal: host.signal,
  };
  const recording = await recordProgram(options, async (made, removeOnKill) => {
    await removeOnKill(trace.temporary);
    const skipped = settings.commandOnly ? made.setupCount : 0;
    const workload = recordedWorkload(made, name, skipped);
    await trace.write(workload.requests());
    return { made, workload };
  });
  const { made, workload } = recording;
  const report = buildRecordingReport(made, {
    name,
    out,
    command: settings.command,
    fileSystem,
    setupCount: settings.commandOnly ? 0 : made.setupCount,
    statistics: measureStatistics(workload),
  });
  if (json) printJson(host, report);
  else host.stdout.write(renderRecording(report));
  if (made.exitCode === 0) return ExitCode.ok;
  const signal = made.exitCode > 128 ? ` (signal ${made.exitCode - 128})` : '';
  host.stderr.write(
    `${printable(settings.command[0] ?? '')} ended with exit code ${made.exitCode}${signal}; the trace holds what it did until then.\n`,
  );
  return ExitCode.no;
}

function checkSizes({ diskBytes, memoryBytes }: RecordSettings): void {
  if (diskBytes < smallestDiskBytes || diskBytes % 512 !== 0) {
    throw new UsageError(`--disk: a recording needs at least ${formatBytes(smallestDiskBytes)}, in whole sectors`);
  }
  if (memoryBytes !== undefined && memoryBytes < smallestMemoryBytes) {
    throw new UsageError(`--memory: a program needs at least ${formatBytes(smallestMemoryBytes)}`);
  }
}

/** @throws UsageError where they are several, or QEMU would refuse them */
function createOptionsOf(given: readonly string[], diskBytes: number): string {
  const [configuration, another] = buildConfigurations(given, []);
  if (configuration === undefined) return '';
  if (another !== undefined) {
    throw new UsageError('--create: a recording has one image', { hint: 'Give one value to each option.' });
  }
  validateConfiguration(configuration, { diskBytes, hasBacking: false });
  return printSettings('create', configuration.create);
}

/** The recording without its first requests, as a workload to be written and measured. */
function recordedWorkload(made: Recording, name: string, skippedCount: number): Workload {
  const { requests, diskBytes } = made;
  return {
    name,
    title: name,
    source: 'recorded',
    diskBytes,
    seed: 0,
    image: { content: 'empty', backing: 'none', state: 'fresh' },
    warmUpCount: made.setupCount - skippedCount,
    isTimed: true,
    requestCount: requests.count - skippedCount,
    identity: requests.hash,
    requests: () => (skippedCount === 0 ? requests.blocks() : withoutFirst(requests.blocks(), skippedCount)),
  };
}

/** The blocks of a recording behind its first requests; like any stream's, a block is only valid until the next. */
function* withoutFirst(blocks: Iterable<RequestBlock>, skippedCount: number): Generator<RequestBlock, void, undefined> {
  let left = skippedCount;
  let startUs: number | undefined;
  const rest = createRequestBlock();
  for (const { count, operation, offsetBytes, lengthBytes, timeUs } of blocks) {
    const from = Math.min(left, count);
    left -= from;
    if (from === count) continue;
    rest.count = count - from;
    rest.operation.set(operation.subarray(from, count));
    rest.offsetBytes.set(offsetBytes.subarray(from, count));
    rest.lengthBytes.set(lengthBytes.subarray(from, count));
    startUs ??= timeUs?.[from] ?? 0;
    for (let index = from; index < count; index++) rest.timeUs[index - from] = (timeUs?.[index] ?? 0) - startUs;
    yield rest;
  }
}
