import { EnvironmentError, UsageError } from '../../errors.ts';
import { visibleText } from '../visible-text.ts';
import type { BlockNode, BlockNodes } from './block-nodes.ts';
import type { BlockDevice } from './devices.ts';

/** A qcow2 image that a running QEMU has open for a guest, and the nodes around it. */
export interface RunningDisk {
  readonly node: BlockNode;
  /** What it is a disk of; undefined where no device and no export uses it. */
  readonly device: BlockDevice | undefined;
  /** Names of the filters between the device and the node, e.g. a throttle. */
  readonly filters: readonly string[];
  /** Images below it, the nearest first. */
  readonly backing: readonly BlockNode[];
}

const longestChain = 1000;

/** The active qcow2 images: the first one below each device, and where there are no devices those that nothing lies above. */
export function runningDisks(nodes: BlockNodes, devices: readonly BlockDevice[]): readonly RunningDisk[] {
  const disks = new Map<string, RunningDisk>();
  const add = (root: string, device: BlockDevice | undefined): void => {
    const filters: string[] = [];
    let node = nodes.get(root);
    while (node !== undefined && node.driver !== 'qcow2' && filters.length < longestChain) {
      filters.push(node.name);
      node = nodes.get(node.children.get('file') ?? node.children.get('backing') ?? '');
    }
    if (node?.driver !== 'qcow2' || disks.has(node.name)) return;
    disks.set(node.name, { node, device, filters, backing: backingOf(node, nodes) });
  };
  for (const device of devices) add(device.rootNode, device);
  const below = new Set([...nodes.values()].flatMap(({ children }) => [...children.values()]));
  for (const { name } of nodes.values()) if (!below.has(name)) add(name, undefined);
  return [...disks.values()];
}

/** The images of the chain; a filter between two of them is passed over. */
function backingOf(node: BlockNode, nodes: BlockNodes): readonly BlockNode[] {
  const chain: BlockNode[] = [];
  const seen = new Set([node.name]);
  let next = nodes.get(node.children.get('backing') ?? '');
  while (next !== undefined && !seen.has(next.name)) {
    seen.add(next.name);
    const isFilter = next.children.size === 1 && next.create === undefined && !next.children.has('backing');
    if (!(isFilter && nodes.get(next.children.get('file') ?? '')?.driver === 'qcow2')) chain.push(next);
    next = nodes.get(next.children.get('backing') ?? (isFilter ? (next.children.get('file') ?? '') : ''));
  }
  return chain;
}

/** Which disks are meant. */
export interface DiskChoice {
  readonly nodes: readonly string[];
  readonly devices: readonly string[];
}

/**
 * The disks that were asked for, or the only one.
 * @throws UsageError where a name is none of a qcow2 disk, or none was given and there are several; EnvironmentError where there is none
 */
export function chooseDisks(nodes: BlockNodes, devices: readonly BlockDevice[], choice: DiskChoice): RunningDisk[] {
  const disks = runningDisks(nodes, devices);
  const asked = [
    ...choice.nodes.map((name) => byNode(name, nodes, devices, disks)),
    ...choice.devices.map((name) => byDevice(name, devices, disks)),
  ];
  if (asked.length > 0) return [...new Map(asked.map((disk) => [disk.node.name, disk])).values()];
  const [only, ...others] = disks;
  if (only === undefined) {
    throw new EnvironmentError('--qmp: this QEMU has no qcow2 disk open', {
      hint: 'Disks in raw files, LVM volumes and Ceph have none of these settings.',
    });
  }
  if (others.length === 0) return [only];
  throw new UsageError(`--qmp: there are ${disks.length} qcow2 disks; say which with --node`, {
    hint: listed(disks),
  });
}

/** A device's name does as well. */
function byNode(
  name: string,
  nodes: BlockNodes,
  devices: readonly BlockDevice[],
  disks: readonly RunningDisk[],
): RunningDisk {
  const disk = disks.find(({ node }) => node.name === name);
  if (disk) return disk;
  const node = nodes.get(name);
  if (node === undefined && devices.some(({ names }) => names.includes(name))) return byDevice(name, devices, disks);
  if (node?.driver === 'qcow2') return { node, device: undefined, filters: [], backing: backingOf(node, nodes) };
  const problem =
    node === undefined ? 'there is no such node' : `that node is of the driver ${visibleText(node.driver)}`;
  throw new UsageError(`--node ${visibleText(name)}: ${problem}`, { hint: listed(disks) });
}

function byDevice(name: string, devices: readonly BlockDevice[], disks: readonly RunningDisk[]): RunningDisk {
  const disk = disks.find(({ device }) => device?.names.includes(name) === true);
  if (disk) return disk;
  // Two devices may show one image, of which the first was taken for the list.
  const root = devices.find(({ names }) => names.includes(name))?.rootNode;
  const shared = disks.find(({ node, filters }) => node.name === root || filters.includes(root ?? ''));
  if (shared) return shared;
  const problem = root === undefined ? 'there is no such device' : 'that device has no qcow2 image';
  throw new UsageError(`--device ${visibleText(name)}: ${problem}`, { hint: listed(disks) });
}

function listed(disks: readonly RunningDisk[]): string {
  if (disks.length === 0) return 'This QEMU has no qcow2 disk open.';
  const shown = disks.slice(0, 20).map(({ node, device }) => {
    const name = visibleText(device?.names[0] ?? node.name);
    return `--node ${name} (${visibleText(node.fileName).slice(0, 100)})`;
  });
  const more = disks.length > shown.length ? `, and ${disks.length - shown.length} more` : '';
  return `Its qcow2 disks: ${shown.join(', ')}${more}.`;
}
