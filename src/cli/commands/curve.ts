import { flag, optionalString, stringList } from '../args.ts';
import type { Command } from '../command.ts';
import { ExitCode } from '../exit-code.ts';
import { printJson } from '../print-json.ts';
import { declareTraceOptions, traceOptionsOf } from '../trace-options.ts';

/** `qtune curve`: the L2 miss ratio of every cache size, from the requests alone. */
export const curveCommand: Command = {
  usage: 'curve',
  describe: 'The L2 miss ratio of every cache size, from one pass over your requests',
  examples: [
    { command: 'curve --requests l2-cache-20g', about: 'the requests of a shipped workload, on its own disk' },
    {
      command: 'curve --requests database --disk 500G --cluster-size 64K --cluster-size 256K --json',
      about: 'two cluster sizes, as one JSON document',
    },
    {
      command:
        'curve --requests database --disk 2T --cluster-size 128K --extended-l2 off,on --cache-size 1M,4M,16M,64M',
      about: 'the misses of four cache sizes, without and with extended L2 entries',
    },
  ],
  build: (yargs) =>
    declareTraceOptions(yargs)
      .option('requests', {
        type: 'string',
        requiresArg: true,
        describe: 'A trace of any format that qtune reads, or a workload as for `run`',
      })
      .option('disk', {
        type: 'string',
        requiresArg: true,
        describe: 'Virtual size of the disk: 2T, 500G; by default where the last request ends, or the workload’s own',
      })
      .option('cluster-size', {
        type: 'string',
        requiresArg: true,
        describe: 'Cluster sizes, 64K by default; repeatable, or a list with commas',
      })
      .option('extended-l2', {
        type: 'string',
        requiresArg: true,
        describe: 'on, off (the default) or both; repeatable, or a list with commas',
      })
      .option('entry-size', {
        type: 'string',
        requiresArg: true,
        describe:
          'l2-cache-entry-size, 4K by default (the cluster size if that is less); repeatable, or a list with commas',
      })
      .option('cache-size', {
        type: 'string',
        requiresArg: true,
        describe:
          'Cache sizes to tell, 1M,2M,…; by default powers of two, the knee and what 90 to 100 % of the hits need',
      })
      .option('sample', {
        type: 'string',
        requiresArg: true,
        describe:
          'Follow only a share of the slices (0.01) or at most so many (16384); off counts every lookup. By default off up to 50 million requests, then 16384',
      })
      .option('json', { type: 'boolean', describe: 'Print a JSON document' }),

  async run(args, host) {
    const { curveSettings } = await import('../curve/settings.ts');
    const settings = curveSettings({
      requests: optionalString(args, 'requests'),
      disk: optionalString(args, 'disk'),
      clusterSizes: stringList(args, 'cluster-size'),
      extendedL2: stringList(args, 'extended-l2'),
      entrySizes: stringList(args, 'entry-size'),
      cacheSizes: stringList(args, 'cache-size'),
      sample: optionalString(args, 'sample'),
    });
    const { computeCurves } = await import('../curve/compute-curves.ts');
    const report = await computeCurves(settings, traceOptionsOf(args), host);
    if (flag(args, 'json')) {
      printJson(host, report);
    } else {
      const { renderCurve } = await import('../../report/curve-text.ts');
      host.stdout.write(renderCurve(report));
    }
    return ExitCode.ok;
  },
};
