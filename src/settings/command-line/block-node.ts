import { UsageError } from '../../errors.ts';
import { definitionsOf } from '../catalogue.ts';
import type { SettingValue, SettingValues } from '../configuration.ts';
import type { DescribedLayer, DiskRemark, DiskSource } from '../described-disk.ts';
import { readValue } from '../value.ts';
import { type FlatOptions, within } from './flat-options.ts';

/** Nodes that stand by their name, of `-blockdev`. */
export type NamedNodes = ReadonlyMap<string, FlatOptions>;

/** What a node and those beneath it say. */
export interface ResolvedNode {
  readonly format: string | undefined;
  readonly source: DiskSource;
  readonly drive: SettingValues;
  readonly layers: readonly DescribedLayer[];
}

/** References that are followed; a loop ends here. */
const longestWay = 200;

/** Drivers that pass requests on to their `file`. @source QEMU qapi/block-core.json, BlockdevDriver */
const filters = new Set([
  'throttle',
  'copy-on-read',
  'blkdebug',
  'blklogwrites',
  'compress',
  'preallocate',
  'copy-before-write',
]);
const localFiles = new Set(['file', 'host_device', 'host_cdrom']);
const formats = new Set('bochs cloop dmg luks parallels qcow qcow2 qed raw vdi vhdx vmdk vpc'.split(' '));

/**
 * Follows a node of the block graph to its file, and its backing layers.
 * @param remarks takes what QEMU would refuse, and what has no effect there
 * @param sizesAreBytes `-blockdev` takes whole numbers of bytes only
 */
export function resolveNode(
  options: FlatOptions,
  nodes: NamedNodes,
  remarks: DiskRemark[],
  sizesAreBytes: boolean,
): ResolvedNode {
  const layers: DescribedLayer[] = [];
  const top = resolveOne(options, nodes, remarks, sizesAreBytes, 0);
  let below = childOf(top.node, 'backing', nodes);
  while (below !== undefined && layers.length < longestWay) {
    const { node, format, source, drive } = resolveOne(below, nodes, remarks, sizesAreBytes, layers.length);
    layers.push({ format, source, drive });
    below = childOf(node, 'backing', nodes);
  }
  return { format: top.format, source: top.source, drive: top.drive, layers };
}

interface OneNode extends Omit<ResolvedNode, 'layers'> {
  /** Behind filters: the one that has the backing file. */
  readonly node: FlatOptions;
}

function resolveOne(
  options: FlatOptions,
  nodes: NamedNodes,
  remarks: DiskRemark[],
  sizesAreBytes: boolean,
  way: number,
): OneNode {
  const driver = options.get('driver') ?? options.get('format');
  const file = childOf(options, 'file', nodes);
  if (driver !== undefined && filters.has(driver) && file !== undefined && way < longestWay) {
    return resolveOne(file, nodes, remarks, sizesAreBytes, way + 1);
  }
  const own = settingsOf(options, remarks, sizesAreBytes);
  if (driver !== undefined && !formats.has(driver)) {
    return { node: options, format: 'raw', source: sourceOf(options), drive: own };
  }
  if (file === undefined) {
    const source = options.has('filename') ? sourceOf(options) : ({ kind: 'empty' } as const);
    return { node: options, format: driver, source, drive: own };
  }
  // A child that is written inline lets discards through by itself; one that stands by its name does what it says.
  if (
    own.discard === 'unmap' &&
    options.has('file') &&
    file.get('discard') !== 'unmap' &&
    file.get('discard') !== 'on'
  ) {
    remarks.push({
      kind: 'ineffective',
      text: `discard=unmap ends at the file node ${options.get('file')}, which does not have it: the host gets no space back.`,
    });
  }
  // How the file is opened is said of its own node: aio, and whether past the page cache.
  const { aio, 'cache.direct': direct, 'cache.no-flush': noFlush } = settingsOf(file, remarks, sizesAreBytes);
  const ofFile = { aio, 'cache.direct': direct, 'cache.no-flush': noFlush };
  const known = Object.fromEntries(Object.entries(ofFile).filter(([, value]) => value !== undefined));
  return { node: options, format: driver, source: sourceOf(file), drive: { ...own, ...(known as SettingValues) } };
}

/** A node within another: inline, or by its name. */
function childOf(options: FlatOptions, name: string, nodes: NamedNodes): FlatOptions | undefined {
  const reference = options.get(name);
  if (reference !== undefined) return nodes.get(reference);
  const inline = within(options, name);
  return inline.size > 0 ? inline : undefined;
}

function sourceOf(options: FlatOptions): DiskSource {
  const driver = options.get('driver') ?? 'file';
  const filename = options.get('filename');
  if (localFiles.has(driver)) {
    if (filename === undefined || filename === '') return { kind: 'empty' };
    return namedSource(filename, driver === 'file' ? 'file' : 'block');
  }
  const where = ['filename', 'image', 'volume', 'path', 'host', 'server.path', 'server.host', 'url'].flatMap(
    (key) => options.get(key) ?? [],
  );
  return { kind: 'elsewhere', text: [driver, ...where.slice(0, 2)].join(': ') };
}

/** A file name of QEMU: a path, or `protocol:…`. @source QEMU block.c, path_has_protocol */
export function namedSource(name: string, kind: 'file' | 'block' = 'file'): DiskSource {
  if (name === '') return { kind: 'empty' };
  const protocol = /^([^:/]*):/.exec(name)?.[1];
  if (protocol === undefined) return { kind, path: name };
  if (protocol === 'file') return { kind: 'file', path: name.slice('file:'.length) };
  if (protocol === 'host_device') return { kind: 'block', path: name.slice('host_device:'.length) };
  return { kind: 'elsewhere', text: name };
}

/** Settings that qtune knows among the options of a node. */
function settingsOf(options: FlatOptions, remarks: DiskRemark[], sizesAreBytes: boolean): Record<string, SettingValue> {
  const settings: Record<string, SettingValue> = {};
  for (const definition of definitionsOf('drive').values()) {
    const text = options.get(definition.name);
    if (text === undefined) continue;
    if (sizesAreBytes && definition.domain.kind === 'size' && !/^\d+$/.test(text)) {
      remarks.push({
        kind: 'refused',
        text: `${definition.name}=${text}: -blockdev takes a whole number of bytes, without a unit.`,
      });
      continue;
    }
    try {
      settings[definition.name] = readValue(definition, text);
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      remarks.push({ kind: 'refused', text: `${definition.name}=${text}: ${error.message.replace(/\.$/, '')}.` });
    }
  }
  return settings;
}
