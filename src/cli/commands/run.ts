import { statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { relative, resolve } from 'node:path';
import type { Argv } from 'yargs';
import { EnvironmentError, UsageError } from '../../errors.ts';
import { buildPlanReport, type RunResultReport, renderPlan, renderResults } from '../../report/run.ts';
import { summarizeCells } from '../../report/run-summary.ts';
import { validateConfiguration } from '../../settings/validate.ts';
import { roomProblem } from '../../trial/check-room.ts';
import { estimatePlan, type PlanEstimate } from '../../trial/estimate.ts';
import type { Plan } from '../../trial/plan.ts';
import type { Command } from '../command.ts';
import { ExitCode } from '../exit-code.ts';
import type { Host } from '../host.ts';
import { printJson } from '../print-json.ts';
import { checkUnchanged, openBacking } from '../run/backing-file.ts';
import { buildRunPlan, readRunRows } from '../run/build-plan.ts';
import { type ChosenEngine, chooseEngine } from '../run/choose-engine.ts';
import { checkDecidable } from '../run/decider.ts';
import { type Execution, executePlan, type RunTarget } from '../run/execute.ts';
import { type RunLoad, runLoad } from '../run/fio-engine.ts';
import { declareLoadOptions } from '../run/load-options.ts';
import { defaultRepetitions, type RunSettings, runSettings } from '../run/settings.ts';
import { defaultJournalName, listShards, selectShard } from '../run/shard-plan.ts';
import { tellWarnings } from '../tell-warnings.ts';
import { declareTraceOptions } from '../trace-options.ts';

/** `qtune run`: measured trials into a journal. */
export const runCommand: Command = {
  usage: 'run [profile..]',
  describe: 'Measured trials of configurations and workloads into a journal',
  examples: [
    { command: 'run l2-cache-20g --dry-run', about: 'What would run, how long it takes and what space it needs' },
    {
      command: "run --workload l2-cache-20g --disk 1G --drive 'l2-cache-size={64K,1M}' --repetitions 2 --dry-run",
      about: 'A sweep of your own over the requests of a profile',
    },
    {
      command: 'run subclusters l2-cache-20g --shard 1/3 --list-shard',
      about: 'Who would run what on three hosts; without --list-shard, the first host’s part',
    },
    {
      command: "run --workload random-read --disk 4G --drive 'l2-cache-size={256K,512K}' --until-decided 60s --dry-run",
      about: 'Measures as many blocks as it takes to decide; without --dry-run, with a verdict at the end',
    },
    {
      command: 'run --workload random-read --disk 4G --iodepth 16 --jobs 2 --repetitions 3 --dry-run',
      about: 'Thirty-two requests at once: fio on an NBD export of qemu-storage-daemon',
    },
  ],
  build: (yargs) => buildOptions(yargs),
  async run(args, host) {
    const settings = runSettings(args);
    const backing = settings.backing ? await openBacking(host.cwd, settings.backing) : undefined;
    const rows = await readRunRows(settings, host.cwd, host.signal);
    const load = runLoad(rows, settings);
    const builds = await enginesFor(settings, load, host);
    const whole = buildRunPlan(rows, settings, backing, builds[0]?.name ?? missingEngine(settings, load));
    for (const name of new Set(whole.trials.map(({ workload }) => workload))) {
      tellWarnings(host, whole.workload(name).warnings);
    }
    validate(whole, builds);
    if (settings.ioLog !== undefined) checkOneCell(whole);
    if (settings.listShard) return listShards(whole, settings, host);
    const plan = selectShard(whole, settings, host.env);
    if (settings.untilDecided) {
      checkDecidable(plan, Math.max(1, settings.qemuDirectories.length), settings.untilDecided);
    }
    const estimate = estimatePlan(plan, { traceHostIo: settings.traceHostIo });
    const targets = builds.map((chosen, index) => {
      const name = settings.out[index] ?? defaultJournalName(plan, builds.length > 1 ? index + 1 : undefined);
      return { chosen, journal: { path: resolve(host.cwd, name), name } };
    });
    if (settings.dryRun || targets.length === 0) {
      const name = targets.map(({ journal }) => journal.name).join(', ') || settings.out[0] || defaultJournalName(plan);
      return dryRun(plan, estimate, { name }, settings, host);
    }
    const executions = await executePlan(plan, estimate, targets, { settings, host });
    if (backing) await checkUnchanged(backing);
    return finish(plan, executions, targets, settings, host);
  },
};

function buildOptions(yargs: Argv): Argv {
  return declareLoadOptions(declareTraceOptions(yargs))
    .positional('profile', {
      type: 'string',
      array: true,
      describe: 'A shipped profile or a YAML file; its experiment says which configurations to measure',
    })
    .option('workload', {
      type: 'string',
      describe: 'A profile, a fio job file, or a trace of any format, of which only the requests are taken',
    })
    .option('disk', { type: 'string', describe: 'Virtual size in place of the profile’s, e.g. 20G' })
    .option('create', {
      alias: 'o',
      type: 'string',
      describe: 'Create-time options as in `qemu-img create -o`; {a,b} is a sweep',
    })
    .option('drive', { type: 'string', describe: 'Run-time options as on `-drive`; {a,b} is a sweep' })
    .option('backing', { type: 'string', describe: 'Your own backing file; it is only read' })
    .option('backing-format', { type: 'string', describe: 'raw or qcow2; needed unless the file begins like qcow2' })
    .option('repetitions', {
      type: 'string',
      describe: `Trials of each configuration; ${defaultRepetitions} where the profile does not say`,
    })
    .option('engine', {
      choices: ['auto', 'qemu-io', 'fio', 'simulated'],
      default: 'auto',
      describe:
        'What runs the requests; auto: qemu-io, fio for several at once, the model of the driver where there is no QEMU',
    })
    .option('qemu-version', { type: 'string', describe: 'QEMU that the simulated engine models; 10.0 by default' })
    .option('io-log', {
      type: 'string',
      describe: 'Write every host I/O of one cell to this file; with qemu-io from a replay of its own under strace',
    })
    .option('out', { type: 'string', describe: 'The journal; qtune-PLAN.ndjson by default; one for each --qemu' })
    .option('shard', {
      type: 'string',
      describe: 'Run part i of n, e.g. 2/8, for `qtune merge`; auto: as the CI or batch system says',
    })
    .option('shard-by', {
      choices: ['workload', 'block'],
      describe: 'What stays on one host: a workload with all its repetitions (the default), or a repetition of it',
    })
    .option('list-shard', { type: 'boolean', describe: 'Print what each part would run; run nothing' })
    .option('resume', { type: 'boolean', describe: 'Go on with the journal of a run that was stopped' })
    .option('dry-run', { type: 'boolean', describe: 'Print the plan with its time and space; run nothing' })
    .option('qemu', {
      type: 'string',
      describe: 'Directory of the QEMU to measure, PATH by default; given twice, both are measured side by side',
    })
    .option('until-decided', {
      type: 'string',
      describe:
        'Add blocks until each comparison with the first configuration is decided, or TIME is up; 5m by default',
    })
    .option('base', { type: 'string', describe: 'The configuration to compare with, for --until-decided' })
    .option('threshold', { type: 'string', describe: 'Differences below PERCENT are none, for --until-decided; 1%' })
    .option('error-rate', {
      type: 'string',
      describe: 'Chance of a false better or worse in the whole run, for --until-decided; 1%',
    })
    .option('slice', {
      type: 'string',
      describe: 'How long each trial of a block runs before the next takes its turn, e.g. 10ms, the default; or off',
    })
    .option('seed', { type: 'string', describe: 'Seed of the requests and of the order of trials' })
    .option('time-limit', { type: 'string', describe: 'For each trial, e.g. 90s; 10m by default' })
    .option('cpu', { type: 'string', describe: 'Processor for the measured process, or none; the last one by default' })
    .option('host-io', {
      type: 'boolean',
      default: true,
      describe: 'Count host I/O in a second, untimed replay; --no-host-io saves its time',
    })
    .option('json', { type: 'boolean', describe: 'Print a JSON document instead of tables' });
}

/** The builds to measure. A plan can be looked at without the QEMU that it asks for; none then. */
async function enginesFor(settings: RunSettings, load: RunLoad, host: Host): Promise<readonly ChosenEngine[]> {
  const directories = settings.qemuDirectories.length === 0 ? [undefined] : settings.qemuDirectories;
  const chosen: ChosenEngine[] = [];
  try {
    for (const directory of directories) chosen.push(await chooseEngine(settings, directory, host, load));
  } catch (error) {
    if (settings.dryRun && error instanceof EnvironmentError) return [];
    throw error;
  }
  if (chosen.length > 1 && chosen.some(({ name }) => name === 'simulated')) {
    throw new UsageError('--qemu: two builds are compared by measuring them, not with --engine simulated');
  }
  return chosen;
}

/** The engine of a plan that is only looked at, without what it takes to run it. */
function missingEngine({ engine }: RunSettings, { isNeeded }: RunLoad): 'qemu-io' | 'fio' {
  return engine === 'fio' || (engine === 'auto' && isNeeded) ? 'fio' : 'qemu-io';
}

/** @throws UsageError where there is more than one sequence of host I/O to write */
function checkOneCell(plan: Plan): void {
  const count = cells(plan).length;
  if (count === 1) return;
  throw new UsageError(`--io-log: the plan has ${count} cells, and a log is of one workload under one configuration`, {
    hint: 'Leave one workload and one configuration, without braces.',
  });
}

/** @throws UsageError for settings that QEMU would refuse on the workload's disk */
function validate(plan: Plan, builds: readonly ChosenEngine[]): void {
  for (const { workload, configuration } of cells(plan)) {
    for (const qemu of builds.length === 0 ? [undefined] : builds.map((build) => build.version))
      validateConfiguration(plan.configuration(configuration), {
        diskBytes: plan.workload(workload).diskBytes,
        hasBacking: plan.backing !== undefined || plan.workload(workload).image.backing !== 'none',
        ...(qemu ? { qemu } : {}),
      });
  }
}

function cells(plan: Plan): readonly { readonly workload: string; readonly configuration: string }[] {
  return plan.trials.filter((trial) => trial.repetition === 0);
}

function dryRun(
  plan: Plan,
  estimate: PlanEstimate,
  journal: { readonly name: string },
  settings: RunSettings,
  host: Host,
): ExitCode {
  const directory = resolve(host.cwd, host.env.TMPDIR || tmpdir());
  const { bavail, bsize } = statfsSync(directory);
  const freeBytes = bavail * bsize;
  const problem = roomProblem(estimate, { directory, freeBytes });
  const report = buildPlanReport(plan, estimate, { journal: journal.name, freeBytes, problem });
  if (settings.json) printJson(host, report);
  else host.stdout.write(renderPlan(report));
  return ExitCode.ok;
}

function finish(
  plan: Plan,
  executions: readonly Execution[],
  targets: readonly RunTarget[],
  settings: RunSettings,
  host: Host,
): ExitCode {
  const reports = executions.map((execution, index) =>
    resultOf(plan, execution, relative(host.cwd, targets[index]?.journal.path ?? '')),
  );
  const [report, head] = reports;
  if (report === undefined) return ExitCode.ok;
  if (settings.json) printJson(host, head === undefined ? report : { ...report, head });
  else host.stdout.write(renderResults(reports));
  const failedCount = reports.reduce((sum, one) => sum + one.failedCount, 0);
  if (failedCount === 0) return ExitCode.ok;
  const count = plan.trials.length * reports.length;
  host.stderr.write(`qtune: ${failedCount} of ${count} trials have no result; --resume tries them again\n`);
  return ExitCode.outside;
}

function resultOf(plan: Plan, execution: Execution, journal: string): RunResultReport {
  const { trials, alreadyCompletedCount, warnings, decisions, qemu } = execution;
  const failed = trials.flatMap((trial) => (trial.state === 'completed' ? [] : [trial]));
  return {
    schema: 'qtune.run/1',
    kind: 'result',
    plan: plan.summary,
    ...(plan.shard ? { shard: { ...plan.shard, trialCount: plan.trials.length } } : {}),
    journal,
    ...(qemu === undefined ? {} : { qemu }),
    completedCount: trials.length - failed.length,
    alreadyCompletedCount,
    failedCount: failed.length,
    cells: summarizeCells(trials, {
      workloads: plan.summary.workloads.map((workload) => workload.name),
      configurations: plan.summary.configurations.map((configuration) => configuration.label),
    }),
    failures: failed.map(({ id, workload, configuration, repetition, state, reason }) => ({
      id,
      workload,
      configuration: configuration.label,
      repetition,
      state,
      reason,
    })),
    warnings: [...warnings, ...trialWarnings(trials), ...disturbanceWarnings(trials)],
    ...(decisions === undefined ? {} : { decisions }),
  };
}

/** Trials that were disturbed even when they ran again. */
function disturbanceWarnings(trials: Execution['trials']): RunResultReport['warnings'] {
  const disturbed = trials.filter((trial) => trial.state === 'completed' && trial.disturbance?.disturbed === true);
  if (disturbed.length === 0) return [];
  const message = `${disturbed.length} of ${trials.length} trials were disturbed from outside and are used all the same: other processes or the hypervisor took the processor, or others used the disk`;
  return [
    { code: 'disturbed', subject: 'this machine', message, hint: '`qtune doctor --noise` shows how noisy it is.' },
  ];
}

/** What trials warn about, each text once. */
function trialWarnings(trials: Execution['trials']): RunResultReport['warnings'] {
  const all = trials.flatMap((trial) => (trial.state === 'completed' ? trial.warnings : []));
  return [...new Map(all.map((warning) => [`${warning.code} ${warning.message}`, warning])).values()];
}
