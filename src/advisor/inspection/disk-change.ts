import { minimumRefcountTableCount } from '../../settings/cache-sizing.ts';
import type { SettingValues } from '../../settings/configuration.ts';
import type { DescribedDisk, DescribedMachine } from '../../settings/described-disk.ts';
import { printSettings } from '../../settings/print.ts';
import { xmlText } from '../commands/quoting.ts';
import type { Finding } from './finding.ts';
import { geometryOfHeader } from './image-findings.ts';
import type { InspectedDisk } from './inspected-disk.ts';

/**
 * What to write in place of what is there, for the findings that a setting answers: the `<driver>` element of a domain, options of a
 * `-drive`, or keys of a block node. Undefined where no setting is to change.
 */
export function diskChange(
  inspected: InspectedDisk,
  findings: readonly Finding[],
  machine: DescribedMachine['kind'],
): string | undefined {
  const wanted = wantedSettings(inspected, findings, machine);
  const format = findings.some(({ code }) => code === 'format-not-said') && inspected.image.state === 'read';
  if (Object.keys(wanted).length === 0 && !format) return undefined;
  if (machine === 'domain') return driverElement(inspected.disk, wanted);
  if (inspected.disk.place === 'blockdev') return JSON.stringify(wanted);
  const settings = printSettings('drive', wanted);
  return [format ? 'format=qcow2' : '', settings].filter((text) => text !== '').join(',');
}

function wantedSettings(
  { disk, image }: InspectedDisk,
  findings: readonly Finding[],
  machine: DescribedMachine['kind'],
): SettingValues {
  const found = (code: string): boolean =>
    findings.some((finding) => finding.code === code && (finding.severity !== 'note' || code === 'cache-surplus'));
  const caches = found('cache-cliff') || found('cache-surplus');
  return {
    ...(caches && image.state === 'read' ? cacheSettings(image, disk.drive, machine) : {}),
    ...(found('discard-missing') || found('zeroes-not-discarded') ? { discard: 'unmap' } : {}),
    ...(found('cache-unsafe') || found('cache-writes-through') ? { cache: 'none' } : {}),
  };
}

/** A cache that covers the disk, in the one number or the two that the place has for it. */
function cacheSettings(
  image: Extract<InspectedDisk['image'], { readonly state: 'read' }>,
  drive: SettingValues,
  machine: DescribedMachine['kind'],
): SettingValues {
  const { l2FullCoverageBytes, clusterBytes } = geometryOfHeader(image.header);
  const both = l2FullCoverageBytes + minimumRefcountTableCount * clusterBytes;
  return machine === 'domain' || 'cache-size' in drive
    ? { 'cache-size': both }
    : { 'l2-cache-size': l2FullCoverageBytes };
}

/** Attributes of libvirt's `<driver>` for the settings that a change can be about. @source libvirt docs/formatdomain.rst, driver */
const attributeNames: Readonly<Record<string, string>> = { cache: 'cache', discard: 'discard' };

/** The element with the attributes that it has, and with what is wanted. */
function driverElement({ drive, driverAttributes = {} }: DescribedDisk, wanted: SettingValues): string {
  const changed = Object.entries(wanted).flatMap(([setting, value]) => {
    const name = attributeNames[setting];
    return name === undefined ? [] : [[name, String(value)] as const];
  });
  const attributes = { name: 'qemu', ...driverAttributes, type: 'qcow2', ...Object.fromEntries(changed) };
  const written = Object.entries(attributes).map(([name, value]) => ` ${name}='${xmlText(value)}'`);
  const start = `<driver${written.join('')}`;
  const size = wanted['cache-size'] ?? drive['cache-size'];
  if (size === undefined) return `${start}/>`;
  return [
    `${start}>`,
    '  <metadata_cache>',
    `    <max_size unit='bytes'>${size}</max_size>`,
    '  </metadata_cache>',
    '</driver>',
  ].join('\n');
}
