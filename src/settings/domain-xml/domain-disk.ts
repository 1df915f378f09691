import { UsageError } from '../../errors.ts';
import { definitionOf } from '../catalogue.ts';
import type { SettingValue } from '../configuration.ts';
import type { DescribedDisk, DescribedLayer, DiskRemark, DiskSource } from '../described-disk.ts';
import { readValue } from '../value.ts';
import { readScaledBytes } from './scaled-bytes.ts';
import { child, type XmlElement } from './xml-tree.ts';

/** Attributes of `<driver>` by the QEMU option that libvirt writes for them. @source libvirt docs/formatdomain.rst; src/qemu/qemu_block.c */
const driverAttributes: readonly (readonly [attribute: string, setting: string])[] = [
  ['cache', 'cache'],
  ['io', 'aio'],
  ['discard', 'discard'],
  ['detect_zeroes', 'detect-zeroes'],
  ['discard_no_unref', 'discard-no-unref'],
];

/** Backing layers that are followed within one disk's XML; the depth of the XML is limited too. */
const mostLayers = 100;

/** One `<disk>` in QEMU's terms. */
export function describeDomainDisk(disk: XmlElement): DescribedDisk {
  const remarks: DiskRemark[] = [];
  const driver = child(disk, 'driver');
  const target = child(disk, 'target');
  const device = deviceOf(disk.attributes.get('device'));
  return {
    name: target?.attributes.get('dev') ?? 'disk',
    place: 'libvirt',
    where: `line ${disk.line}`,
    device,
    // Without a type libvirt takes the disk as raw, whatever is in the file.
    format: driver?.attributes.get('type') ?? 'raw',
    source: sourceOf(disk.attributes.get('type') ?? 'file', child(disk, 'source')),
    drive: { ...driverSettings(driver, remarks), ...cacheSetting(driver, remarks) },
    readOnly: device === 'cdrom' || child(disk, 'readonly') !== undefined,
    driverAttributes: Object.fromEntries(driver?.attributes ?? []),
    bus: target?.attributes.get('bus'),
    layers: layersOf(disk, remarks),
    remarks,
  };
}

function deviceOf(device: string | undefined): DescribedDisk['device'] {
  return device === 'cdrom' || device === 'floppy' ? device : 'disk';
}

function driverSettings(driver: XmlElement | undefined, remarks: DiskRemark[]): Record<string, SettingValue> {
  const settings: Record<string, SettingValue> = {};
  for (const [attribute, setting] of driverAttributes) {
    const text = driver?.attributes.get(attribute);
    if (text === undefined || text === 'default') continue;
    try {
      settings[setting] = readValue(definitionOf('drive', setting), text);
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      remarks.push({ kind: 'refused', text: `${attribute}='${text}' of <driver> is no value that libvirt takes.` });
    }
  }
  return settings;
}

/** libvirt's one number is QEMU's `cache-size`, for both caches together. @source libvirt src/qemu/qemu_block.c */
function cacheSetting(parent: XmlElement | undefined, remarks: DiskRemark[]): Record<string, SettingValue> {
  const size = child(child(parent, 'metadata_cache'), 'max_size');
  if (size === undefined) return {};
  const unit = size.attributes.get('unit');
  const bytes = readScaledBytes(size.text, unit);
  if (bytes !== undefined) return { 'cache-size': bytes };
  remarks.push({
    kind: 'refused',
    text: `max_size is "${size.text}"${unit === undefined ? '' : ` in "${unit}"`}, which is no size that libvirt takes.`,
  });
  return {};
}

function sourceOf(type: string, source: XmlElement | undefined): DiskSource {
  const of = (name: string): string | undefined => source?.attributes.get(name);
  if (type === 'file') return pathSource('file', of('file'));
  if (type === 'block') return pathSource('block', of('dev'));
  if (source === undefined) return { kind: 'empty' };
  if (type === 'volume') {
    return { kind: 'elsewhere', text: `the volume ${of('volume') ?? '?'} of the pool ${of('pool') ?? '?'}` };
  }
  if (type === 'network') return { kind: 'elsewhere', text: `${of('protocol') ?? 'network'}: ${of('name') ?? ''}` };
  return { kind: 'elsewhere', text: `a source of type ${type}` };
}

function pathSource(kind: 'file' | 'block', path: string | undefined): DiskSource {
  return path === undefined || path === '' ? { kind: 'empty' } : { kind, path };
}

/** The chain as it is spelled out; an empty `<backingStore/>` ends it. */
function layersOf(disk: XmlElement, remarks: DiskRemark[]): readonly DescribedLayer[] {
  const layers: DescribedLayer[] = [];
  let at = child(disk, 'backingStore');
  while (at !== undefined && at.attributes.get('type') !== undefined && layers.length < mostLayers) {
    const format = child(at, 'format');
    layers.push({
      format: format?.attributes.get('type'),
      source: sourceOf(at.attributes.get('type') ?? 'file', child(at, 'source')),
      drive: cacheSetting(format, remarks),
    });
    at = child(at, 'backingStore');
  }
  return layers;
}
