import { UsageError } from '../../errors.ts';
import type { Configuration } from '../../settings/configuration.ts';
import { computeFootprint, type DiskLayout, type Footprint } from '../../settings/footprint.ts';
import { helpRequest } from '../../settings/help-request.ts';
import { buildConfigurations } from '../../settings/matrix.ts';
import { isAtLeast, type QemuVersion } from '../../settings/qemu-version.ts';
import { validateForMeasure } from '../../settings/validate.ts';
import type { Warning } from '../../warnings.ts';
import { flag, optionalBytes, optionalInteger, qemuVersionOption, stringList } from '../args.ts';
import { checkFleetOptions, declareFleetOptions, fleetOperand } from '../capacity/fleet-options.ts';
import type { Command } from '../command.ts';
import { ExitCode } from '../exit-code.ts';
import { printJson } from '../print-json.ts';

/** The cache sizes that qtune works out are those of this version and later. */
const oldestCacheSizing: QemuVersion = { major: 4, minor: 2 };

/** `qtune capacity`: arithmetic only, without QEMU. */
export const capacityCommand: Command = {
  usage: 'capacity [fleet]',
  describe: 'Metadata on disk and cache memory of a disk, a chain of images or a fleet',
  examples: [
    { command: 'capacity --disk 2T', about: "what a 2 TiB disk takes under QEMU's defaults, and what they cover" },
    {
      command: "capacity --disk 1T -o 'cluster_size={64K,128K,256K}' --drive 'l2-cache-size={16M,32M}' --json",
      about: 'six configurations, as one JSON document',
    },
    {
      command: 'capacity --disk 500G -o extended_l2=on,cluster_size=128K --chain 3 --snapshots 5 --count 40',
      about: 'forty disks of three images each, with five internal snapshots',
    },
    {
      command: 'capacity fleet.csv --budget 16G',
      about: 'the best split of 16 GiB between the disks of a list: name,host,disk,allocated,workload,iops,…',
    },
    {
      command: 'capacity fleet.csv --budget-per-host 8G --out sizes.csv --html fleet.html',
      about: 'the same for each host, with the l2-cache-size of every disk and a page',
    },
  ],

  build: (yargs) =>
    declareFleetOptions(yargs.group([], 'Options:'))
      .positional('fleet', {
        type: 'string',
        describe:
          'Disks to plan, a row each: columns by name in any order, of which only disk (the size) must be there',
      })
      .option('disk', {
        type: 'string',
        requiresArg: true,
        describe: 'Virtual size of the disk: 2T, 500G, plain bytes',
      })
      .option('create', {
        alias: 'o',
        type: 'string',
        requiresArg: true,
        describe: "Create-time options as in `qemu-img create -o`; repeatable, '{a,b}' sweeps; `help` lists them",
      })
      .option('drive', {
        type: 'string',
        requiresArg: true,
        describe: "Run-time options as on `-drive`; repeatable, '{a,b}' sweeps; `help` lists them",
      })
      .option('chain', {
        type: 'string',
        requiresArg: true,
        describe: 'Images in the backing chain, the active one included',
      })
      .option('snapshots', { type: 'string', requiresArg: true, describe: 'Internal snapshots of the active image' })
      .option('count', { type: 'string', requiresArg: true, describe: 'How many such disks' })
      .option('qemu-version', {
        type: 'string',
        requiresArg: true,
        describe: 'Refuse options that this QEMU does not have, e.g. 7.2',
      })
      .option('json', { type: 'boolean', describe: 'One JSON document on standard output' }),

  async run(args, host) {
    const fleet = fleetOperand(args, host.argv);
    checkFleetOptions(args, fleet);
    if (fleet !== undefined) {
      const { runFleet } = await import('../capacity/fleet.ts');
      return runFleet(args, host, fleet);
    }
    const [create, drive] = [stringList(args, 'create'), stringList(args, 'drive')];
    const help = helpRequest(create, drive);
    if (help) {
      const { renderSettingsHelp } = await import('../../report/settings-help.ts');
      host.stdout.write(renderSettingsHelp(help));
      return ExitCode.ok;
    }
    const diskBytes = optionalBytes(args, 'disk');
    if (diskBytes === undefined) {
      throw new UsageError('--disk is missing', {
        hint: 'Say how large the disk is, `qtune capacity --disk 2T`, or name a list of disks, `qtune capacity fleet.csv`.',
      });
    }
    const layout: DiskLayout = {
      diskBytes,
      imageCount: optionalInteger(args, 'chain', 1, 1000) ?? 1,
      snapshotCount: optionalInteger(args, 'snapshots', 0, 65_536) ?? 0,
      diskCount: optionalInteger(args, 'count', 1, 1_000_000) ?? 1,
    };
    const qemu = qemuVersionOption(args);
    const configurations = buildConfigurations(create, drive);
    const warnings: Warning[] = [];
    if (qemu && !isAtLeast(qemu, oldestCacheSizing)) warnings.push(oldCaches());
    const footprints = configurations.map((configuration) => {
      warnings.push(...createRefusal(configuration, layout, qemu));
      return computeFootprint(configuration, layout);
    });
    const { buildCapacityReport } = await import('../../report/capacity.ts');
    const report = buildCapacityReport(first(footprints), footprints, layout, warnings);
    if (flag(args, 'json')) {
      printJson(host, report);
    } else {
      const { renderCapacity } = await import('../../report/capacity-text.ts');
      host.stdout.write(renderCapacity(report));
      for (const { subject, message, hint } of report.warnings) {
        const about = report.configurations ? `${subject}: ` : '';
        host.stderr.write(`note: ${about}${message}${hint === undefined ? '' : ` (${hint})`}\n`);
      }
    }
    return ExitCode.ok;
  },
};

/**
 * `qemu-img measure` works out sizes for some settings that `qemu-img create` refuses; so does this command, and says so.
 * @throws UsageError for what both refuse
 */
function createRefusal(
  configuration: Configuration,
  layout: DiskLayout,
  qemu: QemuVersion | undefined,
): readonly Warning[] {
  const context = { diskBytes: layout.diskBytes, hasBacking: layout.imageCount > 1, ...(qemu ? { qemu } : {}) };
  const refusal = validateForMeasure(configuration, context);
  if (!refusal) return [];
  return [
    {
      code: 'create-refuses',
      subject: configuration.label,
      message: `\`qemu-img create\` refuses these settings, \`qemu-img measure\` does not: ${refusal.message}`,
      ...(refusal.hint === undefined ? {} : { hint: refusal.hint }),
    },
  ];
}

function oldCaches(): Warning {
  return {
    code: 'old-cache-sizes',
    subject: '--qemu-version',
    message: 'cache sizes are those of QEMU 4.2 and later; earlier versions had smaller defaults',
  };
}

function first(footprints: readonly Footprint[]): Footprint {
  const [footprint] = footprints;
  if (!footprint) throw new UsageError('-o and --drive make no configuration');
  return footprint;
}
