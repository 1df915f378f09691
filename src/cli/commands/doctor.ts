import type { Environment } from '../../engine/executable.ts';
import type { Installation } from '../../engine/install.ts';
import { UsageError } from '../../errors.ts';
import { parseDuration } from '../../units/duration.ts';
import { flag, optionalInteger, optionalString, stringList } from '../args.ts';
import type { Command } from '../command.ts';
import { ExitCode } from '../exit-code.ts';
import type { Host } from '../host.ts';
import { printJson } from '../print-json.ts';

interface Settings {
  readonly json: boolean;
  readonly install: boolean;
  /** Programs to install beside QEMU's tools where they are missing. */
  readonly extras: readonly string[];
  readonly qemuDirectory: string | undefined;
  /** Measure what host I/O costs instead of looking around. */
  readonly calibrate: boolean;
  readonly rounds: number | undefined;
  /** Time to measure the machine's noise in, milliseconds; undefined where that was not asked for. */
  readonly noiseMs: number | undefined;
}

/** Programs that `--with` may name; each is in a package of its own name. */
const installable = ['fio', 'strace'];

/** Where --noise names no time, milliseconds. */
const defaultNoiseMs = 30_000;
const longestNoiseMs = 3_600_000;

export const doctorCommand: Command = {
  usage: 'doctor',
  describe: 'What this machine can do, what is missing and how to get it',
  examples: [
    { command: 'doctor', about: 'tools, file system and processors as a table' },
    { command: 'doctor --json', about: 'the same as one JSON document' },
    {
      command: 'doctor --install',
      about: "installs QEMU's tools where they are missing and it may, else says what to type",
    },
    { command: 'doctor --calibrate', about: 'measures what I/O costs here, for predictions; takes a minute' },
    {
      command: 'doctor --noise 30s',
      about: 'how far apart equal runs come out here, and what can be seen in which time',
    },
    { command: 'doctor --qemu /usr/bin', about: 'looks at the tools in a directory instead of those on PATH' },
  ],
  build: (yargs) =>
    yargs
      .option('install', { type: 'boolean', describe: "Install QEMU's tools if they are missing" })
      .option('with', {
        type: 'string',
        describe: 'With --install: more programs, of fio and strace',
        requiresArg: true,
      })
      .option('calibrate', { type: 'boolean', describe: 'Measure what I/O costs here and keep it for predictions' })
      .option('rounds', {
        type: 'string',
        describe: 'With --calibrate: rounds to measure, 1 to 100',
        requiresArg: true,
      })
      .option('noise', {
        type: 'string',
        describe: 'Measure two equal sides for TIME, 30s by default: which differences can be seen here, and how fast',
      })
      .option('qemu', { type: 'string', describe: "Directory of QEMU's tools", requiresArg: true })
      .option('json', { type: 'boolean', describe: 'Print JSON' }),

  async run(args, host) {
    const settings = settingsOf(args);
    if (settings.calibrate) {
      const { calibrateHost } = await import('../doctor/calibrate.ts');
      await calibrateHost(settings, host);
      return ExitCode.ok;
    }
    if (settings.noiseMs !== undefined) {
      const { measureNoise } = await import('../doctor/noise.ts');
      await measureNoise({ ...settings, budgetMs: settings.noiseMs }, host);
      return ExitCode.ok;
    }
    const { inspectHost } = await import('../../engine/host-inspection.ts');
    const { Scratch } = await import('../../engine/scratch.ts');
    const { listCostProfiles } = await import('../cost-profile-store.ts');
    const { doctorDocument, renderDoctor } = await import('../../report/doctor.ts');
    const installation = settings.install ? await install(settings, host) : undefined;
    const scratch = Scratch.create({ env: host.env, pid: host.pid });
    try {
      const inspection = await inspectHost({
        cwd: host.cwd,
        env: host.env,
        scratch,
        scratchParent: scratch.parent,
        signal: host.signal,
        ...(settings.qemuDirectory === undefined ? {} : { qemuDirectory: settings.qemuDirectory }),
      });
      const costs = listCostProfiles(host);
      const report = { inspection, costs, nowMs: host.now(), ...(installation === undefined ? {} : { installation }) };
      if (settings.json) printJson(host, doctorDocument(report));
      else host.stdout.write(renderDoctor(report));
      // --install is a courtesy: it must not stop `npm start`, which does without QEMU where it must.
      return inspection.qemu.state === 'usable' || settings.install ? ExitCode.ok : ExitCode.outside;
    } finally {
      scratch.close();
    }
  },
};

function settingsOf(args: Readonly<Record<string, unknown>>): Settings {
  const install = flag(args, 'install');
  const extras = stringList(args, 'with')
    .flatMap((list) => list.split(','))
    .map((name) => name.trim());
  if (extras.length > 0 && !install) throw new UsageError('--with is only for --install');
  const unknown = extras.find((name) => !installable.includes(name));
  if (unknown !== undefined) {
    throw new UsageError(`--with: "${unknown}" is not one of ${installable.join(', ')}`);
  }
  const calibrate = flag(args, 'calibrate');
  if (calibrate && install) throw new UsageError('--calibrate and --install are two runs', { hint: 'Install first.' });
  const rounds = optionalInteger(args, 'rounds', 1, 100);
  if (rounds !== undefined && !calibrate) throw new UsageError('--rounds is only for --calibrate');
  const noiseMs = noiseTime(args);
  if (noiseMs !== undefined && (calibrate || install)) {
    throw new UsageError(`--noise and --${calibrate ? 'calibrate' : 'install'} are two runs`);
  }
  const qemuDirectory = optionalString(args, 'qemu');
  return { calibrate, rounds, noiseMs, json: flag(args, 'json'), install, extras, qemuDirectory };
}

function noiseTime(args: Readonly<Record<string, unknown>>): number | undefined {
  const values = stringList(args, 'noise');
  // Without a value it is the empty string, which other options refuse.
  if (values.length === 1 && values[0] === '') return defaultNoiseMs;
  const text = optionalString(args, 'noise');
  if (text === undefined) return undefined;
  const ms = parseDuration(text, '--noise');
  if (ms <= longestNoiseMs) return ms;
  throw new UsageError(`--noise: "${text}" is longer than an hour`, { hint: 'A few minutes show all there is.' });
}

async function install(settings: Settings, host: Host): Promise<Installation | { readonly state: 'not-needed' }> {
  const { platform } = await import('node:os');
  const { installPackages } = await import('../../engine/install.ts');
  const { systemPackageManager } = await import('../../engine/package-manager.ts');
  const packages = await missingPackages(settings, host, systemPackageManager(platform())?.qemu ?? []);
  if (packages.length === 0) return { state: 'not-needed' };
  const manager = systemPackageManager(platform());
  if (manager === undefined) {
    return {
      state: 'refused',
      reason: 'the package manager of this system is not known',
      advice: `your system's command to install ${packages.join(' ')}`,
    };
  }
  return installPackages(manager, packages, {
    env: host.env,
    signal: host.signal,
    onStart: (command) => host.stderr.write(`${command}\n`),
  });
}

/** Packages of what is missing. Whatever is wrong with the QEMU that is here, a new one from the system is the remedy. */
async function missingPackages(settings: Settings, host: Host, qemu: readonly string[]): Promise<readonly string[]> {
  const { findExecutable } = await import('../../engine/executable.ts');
  const { findQemuTools } = await import('../../engine/tools.ts');
  const { EnvironmentError } = await import('../../errors.ts');
  const env: Environment = host.env;
  const extras = settings.extras.filter((name) => findExecutable(name, env) === undefined);
  try {
    const directory = settings.qemuDirectory === undefined ? {} : { directory: settings.qemuDirectory };
    await findQemuTools({ ...directory, cwd: host.cwd, env, signal: host.signal });
    return extras;
  } catch (error) {
    if (error instanceof EnvironmentError) return [...qemu, ...extras];
    throw error;
  }
}
