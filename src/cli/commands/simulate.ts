import { UsageError } from '../../errors.ts';
import type { Configuration } from '../../settings/configuration.ts';
import { helpRequest } from '../../settings/help-request.ts';
import { buildConfigurations } from '../../settings/matrix.ts';
import { flag, optionalBytes, optionalString, qemuVersionOption, stringList } from '../args.ts';
import type { Command } from '../command.ts';
import { ExitCode } from '../exit-code.ts';
import { printJson } from '../print-json.ts';
import type { SimulationSettings } from '../simulate/settings.ts';
import { declareTraceOptions, traceOptionsOf } from '../trace-options.ts';

/** `qtune simulate`: the model of QEMU's driver on given requests, without QEMU. */
export const simulateCommand: Command = {
  usage: 'simulate',
  describe: "What QEMU's driver would do with your requests: host I/O, caches, space, and predicted speed",
  examples: [
    {
      command: "simulate --disk 20G --requests l2-cache-20g --drive 'l2-cache-size={1M,2560K}'",
      about: 'two cache sizes side by side, on the requests of a shipped workload',
    },
    {
      command: 'simulate --disk 8G -o cluster_size=128K,extended_l2=on --requests boot --json',
      about: 'every count as a JSON document',
    },
  ],
  build: (yargs) =>
    declareTraceOptions(yargs)
      .option('disk', { type: 'string', requiresArg: true, describe: 'Virtual size of a new disk: 2T, 500G' })
      .option('image', {
        type: 'string',
        requiresArg: true,
        describe: 'Start from this qcow2 image in place of a new one; it and its backing files are only read',
      })
      .option('requests', {
        type: 'string',
        requiresArg: true,
        describe: 'A trace of any format that qtune reads, or a workload as for `run`',
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
      .option('content', {
        type: 'string',
        requiresArg: true,
        describe: 'What a new image holds: empty, mapped (places, no data) or full; as the workload says by default',
      })
      .option('backing', {
        type: 'string',
        requiresArg: true,
        describe: 'What a new image lies over: none, or FORMAT:CONTENT of raw or qcow2, holes or data',
      })
      .option('qemu-version', {
        type: 'string',
        requiresArg: true,
        describe: 'QEMU that is modelled; 10.0 by default',
      })
      .option('io-log', {
        type: 'string',
        requiresArg: true,
        describe: 'Write every host I/O to this file, a line of JSON each; one configuration only',
      })
      .option('json', { type: 'boolean', describe: 'Print a JSON document' }),

  async run(args, host) {
    const [create, drive] = [stringList(args, 'create'), stringList(args, 'drive')];
    const help = helpRequest(create, drive);
    if (help) {
      const { renderSettingsHelp } = await import('../../report/settings-help.ts');
      host.stdout.write(renderSettingsHelp(help));
      return ExitCode.ok;
    }
    const settings = simulationSettings(args, buildConfigurations(create, drive));
    const { simulateConfigurations } = await import('../simulate/simulate-configurations.ts');
    const report = await simulateConfigurations(settings, host);
    if (flag(args, 'json')) {
      printJson(host, report);
    } else {
      const { renderSimulation } = await import('../../report/simulation-text.ts');
      host.stdout.write(renderSimulation(report));
    }
    return ExitCode.ok;
  },
};

function simulationSettings(
  args: Readonly<Record<string, unknown>>,
  configurations: readonly Configuration[],
): SimulationSettings {
  const image = optionalString(args, 'image');
  const diskBytes = optionalBytes(args, 'disk');
  const requests = optionalString(args, 'requests');
  if (requests === undefined) {
    throw new UsageError('--requests is missing', {
      hint: 'Name a trace, or a workload of `qtune workload list`.',
    });
  }
  if (image === undefined && diskBytes === undefined) {
    throw new UsageError('--disk or --image is missing', {
      hint: 'Say how large the disk is (--disk 2T), or name an image.',
    });
  }
  if (diskBytes === 0) throw new UsageError('--disk: a disk of 0 bytes takes no requests');
  const ioLog = optionalString(args, 'io-log');
  if (ioLog !== undefined && configurations.length > 1) {
    throw new UsageError(`--io-log: there are ${configurations.length} configurations, and a log is of one`, {
      hint: 'Leave one configuration, without braces.',
    });
  }
  if (image !== undefined) {
    for (const name of ['disk', 'create', 'content', 'backing']) {
      if (args[name] === undefined) continue;
      throw new UsageError(`--${name} is for a new image; ${image} is there already`, {
        hint: 'Leave out one of the two.',
      });
    }
  }
  return {
    configurations,
    image,
    diskBytes,
    requests,
    trace: traceOptionsOf(args),
    content: contentOf(optionalString(args, 'content')),
    backing: backingOf(optionalString(args, 'backing')),
    qemu: qemuVersionOption(args),
    ioLog,
  };
}

function contentOf(text: string | undefined): SimulationSettings['content'] {
  if (text === undefined || text === 'empty' || text === 'mapped' || text === 'full') return text;
  throw new UsageError(`--content: "${text}" is none of empty, mapped, full`);
}

function backingOf(text: string | undefined): SimulationSettings['backing'] {
  if (text === undefined || text === 'none') return text;
  const [, format, content] = /^(raw|qcow2):(holes|data)$/.exec(text) ?? [];
  if ((format === 'raw' || format === 'qcow2') && (content === 'holes' || content === 'data'))
    return { format, content };
  throw new UsageError(`--backing: "${text}" is neither none nor a backing file that can be made up`, {
    hint: 'Write it as qcow2:data, raw:holes or the like; an overlay that exists is given with --image.',
  });
}
