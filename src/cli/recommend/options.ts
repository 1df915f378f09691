import type { Argv } from 'yargs';
import { workloadTraits } from '../../advisor/workload-traits.ts';
import { declareTraceOptions } from '../trace-options.ts';

const words = workloadTraits.map(({ name }) => name);

/** Every option of `qtune recommend`. */
export function declareRecommendOptions(yargs: Argv): Argv {
  return declareTraceOptions(yargs)
    .option('disk', {
      type: 'string',
      describe: 'Virtual size of the disk, as QEMU writes sizes: 2T',
      requiresArg: true,
    })
    .option('workload', {
      type: 'string',
      describe: `What runs on it: ${words.join(', ')}; or a profile or trace as for \`run\`. Repeatable, each with its weight: database=3`,
      requiresArg: true,
    })
    .option('robust', {
      type: 'boolean',
      describe: 'Of several workloads the one that gains least decides, in place of their weighted geometric mean',
    })
    .option('image', {
      type: 'string',
      describe: 'An image that exists, in place of --disk: it is only read, and nothing that it names',
      requiresArg: true,
    })
    .option('target', {
      type: 'string',
      describe: `Where it runs, for what can be said there and its own defaults: qemu, libvirt, virt-install, proxmox, openstack, kubevirt, qmp`,
      requiresArg: true,
    })
    .option('qmp', {
      type: 'string',
      describe:
        'Ask a running QEMU for disk, image and requests so far, over this QMP socket (`qtune apply` changes it)',
      requiresArg: true,
    })
    .option('node', {
      type: 'string',
      describe: 'Which disk of --qmp: the name of its block node, or the id of its drive or device',
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
    .option('explain', {
      type: 'string',
      describe: 'Teach one setting, with charts for this disk and workload; `list` names them all',
      requiresArg: true,
    })
    .option('create', {
      alias: 'o',
      type: 'string',
      describe: 'Create-time settings to hold, as in `qemu-img create -o`; the rest is searched',
      requiresArg: true,
    })
    .option('drive', {
      type: 'string',
      describe: 'Run-time settings to hold, as on `-drive`; the rest is searched',
      requiresArg: true,
    })
    .option('front', {
      type: 'boolean',
      describe: 'Show everything that nothing else beats in speed, memory and space together',
    })
    .option('json', { type: 'boolean', describe: 'Print a JSON document' });
}
