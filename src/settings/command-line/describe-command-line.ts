import type { DescribedDisk, DescribedMachine, DiskRemark } from '../described-disk.ts';
import { type NamedNodes, namedSource, resolveNode } from './block-node.ts';
import { type FlatOptions, optionsOfEither, optionsOfJson, optionsOfList } from './flat-options.ts';
import { type CommandOption, commandOptions } from './option-words.ts';

export interface CommandLineContext {
  /** The words are added to a command line that libvirt writes, whose disks are block nodes. */
  readonly libvirt?: boolean;
}

/** What the options say, before disks are made of it. */
interface Collected {
  readonly drives: { readonly options: Map<string, string>; readonly where: string }[];
  readonly nodes: Map<string, FlatOptions>;
  readonly devices: FlatOptions[];
  /** Nodes that hold firmware. */
  readonly firmware: Set<string>;
  readonly remarks: DiskRemark[];
  name: string | undefined;
}

/** Options that name a disk by its file alone. */
const diskOptions: Readonly<Record<string, string>> = {
  hda: 'disk',
  hdb: 'disk',
  hdc: 'disk',
  hdd: 'disk',
  sd: 'disk',
  mtdblock: 'disk',
  fda: 'floppy',
  fdb: 'floppy',
  cdrom: 'cdrom',
};

/**
 * Finds the disks of a QEMU command line: `-drive`, `-blockdev` with `-device`, `-hda` and file names that stand alone. Nothing that the
 * options name is opened.
 * @param words QEMU's options, without its own name
 */
export function describeCommandLine(words: readonly string[], context: CommandLineContext = {}): DescribedMachine {
  const collected: Collected = {
    drives: [],
    nodes: new Map(),
    devices: [],
    firmware: new Set(),
    remarks: [],
    name: undefined,
  };
  for (const option of commandOptions(words)) collect(option, collected, context);
  const { drives, nodes, devices, remarks, name } = collected;
  const disks = [
    ...drives.filter(({ options }) => options.get('if') !== 'pflash').map((drive) => driveDisk(drive, devices, nodes)),
    ...topNodes(collected).map((node) => nodeDisk(node, devices, nodes)),
  ];
  return { kind: 'command-line', name, disks, remarks };
}

function collect({ name, value }: CommandOption, collected: Collected, context: CommandLineContext): void {
  const { drives, nodes, devices, firmware, remarks } = collected;
  const media = diskOptions[name];
  if (name === 'hda' && value.startsWith('@')) {
    remarks.push({ kind: 'unread', text: `${value}: the file with further words was not read.` });
  } else if (media !== undefined) {
    const options = new Map([['file', value], ...(media === 'disk' ? [] : [['media', media] as const])]);
    drives.push({ options, where: `-${name}` });
  } else if (name === 'drive') {
    drives.push({ options: new Map(optionsOfList(value)), where: `-drive number ${drives.length + 1}` });
  } else if (name === 'blockdev') {
    const options = optionsOfEither(value, 'driver');
    const nodeName = options?.get('node-name');
    if (options === undefined) remarks.push({ kind: 'refused', text: 'A -blockdev is no valid JSON.' });
    else if (nodeName === undefined) remarks.push({ kind: 'refused', text: 'A -blockdev has no node-name.' });
    else nodes.set(nodeName, options);
  } else if (name === 'device') {
    const options = optionsOfEither(value, 'driver');
    if (options !== undefined) devices.push(options);
  } else if (name === 'machine' || name === 'M') {
    for (const [key, node] of optionsOfList(value, 'type')) if (key.startsWith('pflash')) firmware.add(node);
  } else if (name === 'name') {
    collected.name = optionsOfList(value, 'guest').get('guest');
  } else if (name === 'set') {
    applySet(value, collected, context);
  } else if (name === 'readconfig') {
    remarks.push({ kind: 'unread', text: `-readconfig ${value}: the file was not read.` });
  }
}

/** `-set drive.ID.NAME=VALUE`. @source QEMU softmmu/vl.c, qemu_set_option */
function applySet(text: string, { drives, remarks }: Collected, { libvirt = false }: CommandLineContext): void {
  const [, id = '', name = '', value = ''] = /^drive\.([^.=]+)\.([^=]+)=(.*)$/s.exec(text) ?? [];
  if (id === '') return;
  const drive = drives.find(({ options }) => options.get('id') === id);
  if (drive) drive.options.set(name, value);
  else {
    const why = libvirt ? ' libvirt writes its disks as -blockdev since 5.10.' : '';
    remarks.push({ kind: 'refused', text: `-set ${text}: there is no drive "${id}" defined.${why}` });
  }
}

function driveDisk(
  { options: written, where }: Collected['drives'][number],
  devices: readonly FlatOptions[],
  nodes: NamedNodes,
): DescribedDisk {
  const remarks: DiskRemark[] = [];
  const file = written.get('file');
  const options = withFile(written, file, remarks);
  const node = resolveNode(options, nodes, remarks, false);
  const id = written.get('id') ?? written.get('node-name');
  const device = devices.find((one) => id !== undefined && one.get('drive') === id);
  const media = written.get('media');
  return {
    ...node,
    // `format` missing means that QEMU looks at the file, whatever the file node says.
    format: options.get('driver') ?? options.get('format'),
    name: id ?? shortName(file ?? written.get('file.filename')) ?? where,
    place: 'drive',
    where,
    device: deviceOf(media ?? device?.get('driver')),
    readOnly: isOn(written.get('readonly') ?? written.get('read-only')) || media === 'cdrom',
    bus: device?.get('driver') ?? written.get('if'),
    remarks,
  };
}

/** `file=` of a `-drive` in the terms of nodes: a file name, or a JSON object behind `json:`. */
function withFile(written: FlatOptions, file: string | undefined, remarks: DiskRemark[]): FlatOptions {
  if (file === undefined) return written;
  const options = new Map(written);
  options.delete('file');
  if (file.startsWith('json:')) {
    const json = optionsOfJson(file.slice('json:'.length));
    if (json === undefined) remarks.push({ kind: 'refused', text: 'Its file is no valid JSON behind json:.' });
    return new Map([...(json ?? []), ...options]);
  }
  const source = namedSource(file);
  if (source.kind === 'file') return options.set('file.filename', source.path);
  if (source.kind === 'block') return options.set('file.driver', 'host_device').set('file.filename', source.path);
  const protocol = source.kind === 'elsewhere' ? (source.text.split(':')[0] ?? '') : 'file';
  return options.set('file.driver', protocol).set('file.filename', file.slice(protocol.length + 1));
}

/** Nodes that are disks: those that a device names, and formats that nothing names. */
function topNodes({ nodes, devices, firmware }: Collected): readonly (readonly [name: string, options: FlatOptions])[] {
  const attached = new Set(devices.flatMap((device) => device.get('drive') ?? []));
  const used = new Set(firmware);
  for (const options of nodes.values()) {
    for (const [key, value] of options) if (/(^|\.)(file|backing|data-file)$/.test(key)) used.add(value);
  }
  return [...nodes].filter(([name]) => !firmware.has(name) && (attached.has(name) || !used.has(name)));
}

function nodeDisk(
  [name, options]: readonly [string, FlatOptions],
  devices: readonly FlatOptions[],
  nodes: NamedNodes,
): DescribedDisk {
  const remarks: DiskRemark[] = [];
  const device = devices.find((one) => one.get('drive') === name);
  return {
    ...resolveNode(options, nodes, remarks, true),
    name,
    place: 'blockdev',
    where: `-blockdev ${name}`,
    device: deviceOf(device?.get('driver')),
    readOnly: isOn(options.get('read-only')),
    bus: device?.get('driver'),
    remarks,
  };
}

function deviceOf(text: string | undefined): DescribedDisk['device'] {
  if (text === 'cdrom' || text === 'scsi-cd' || text === 'ide-cd') return 'cdrom';
  return text === 'floppy' ? 'floppy' : 'disk';
}

function isOn(text: string | undefined): boolean {
  return text === 'on' || text === 'yes' || text === 'true' || text === 'y';
}

function shortName(path: string | undefined): string | undefined {
  return path?.replace(/^.*\//s, '').slice(0, 80) || undefined;
}
