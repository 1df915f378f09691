import type { Proposal } from '../proposal.ts';
import { toolGuard } from './guards.ts';
import { absolutePath, combinedCacheBytes, domainNotes, driverAttributes } from './libvirt.ts';
import { shellWord, suboptionValue } from './quoting.ts';
import type { CommandTarget, TargetInput } from './target.ts';

/**
 * Suboptions of `--disk` in both generations: virt-install 5.0 knows `metadata_cache` and `discard_no_unref`, and 4.x takes what it does not know
 * as XPath.
 * @source virt-manager commits 11a887ece (2022-08-16) and 4782dd1cc (2023-07-11), both first in 5.0.0
 */
function suboptions(proposal: Proposal): { readonly current: string; readonly older: string } {
  const { discard_no_unref: noUnref, ...known } = driverAttributes(proposal);
  const bytes = combinedCacheBytes(proposal);
  const attributes = Object.entries(known).map(([name, value]) => `driver.${name}=${value}`);
  const xpaths = [
    ...[`./driver/metadata_cache/max_size=${bytes}`, './driver/metadata_cache/max_size/@unit=bytes'],
    ...(noUnref === undefined ? [] : [`./driver/@discard_no_unref=${noUnref}`]),
  ];
  return {
    current: [
      ...attributes,
      ...(noUnref === undefined ? [] : [`driver.discard_no_unref=${noUnref}`]),
      ...[`driver.metadata_cache.max_size=${bytes}`, 'driver.metadata_cache.max_size.unit=bytes'],
    ].join(','),
    older: [...attributes, ...xpaths.map((path, index) => `xpath${index + 1}.set=${path}`)].join(','),
  };
}

/**
 * Takes the driver's settings away, in both generations: an empty value does. `xpath.delete` of an attribute would take the whole `<driver>` away and the
 * format of the image with it.
 */
function withoutSettings(proposal: Proposal): string {
  const { discard_no_unref: noUnref, ...known } = driverAttributes(proposal);
  const paths = [
    ...['./driver/metadata_cache/max_size', './driver/metadata_cache/max_size/@unit'],
    ...(noUnref === undefined ? [] : ['./driver/@discard_no_unref']),
  ];
  return [
    ...Object.keys(known).map((name) => `driver.${name}=`),
    ...paths.map((path, index) => `xpath${index + 1}.set=${path}=`),
  ].join(',');
}

function editDisk(options: string): string {
  return `virt-xml DOMAIN --edit target=vda --disk ${shellWord(options)}`;
}

/** Whether virt-install 4.1 and 5.0 would put another name into the domain: they escape quotes and entities twice. */
export function misnamed(fileName: string): boolean {
  return /['"]|&#?\w+;/.test(fileName);
}

function notes(input: TargetInput): readonly string[] {
  return [toolGuard('virt-install', '5.0.0', 'else the line for 4.x'), ...domainNotes(input)];
}

const by = 'virt-install 4.1 and 5.0 with libvirt 9.0 and 11.3';

export const virtInstallTarget: CommandTarget = {
  key: 'virt-install',
  title: 'virt-install, on an image made as above',
  targets: ['virt-install'],
  verification: { verified: true, by },
  render({ request, proposal }) {
    // `format=` speaks of images that virt-install makes; the type of one that exists is the driver's.
    const disk = `path=${suboptionValue(absolutePath(request.fileName))},driver.type=qcow2`;
    const { current, older } = suboptions(proposal);
    return `--disk ${shellWord(`${disk},${current}`)}\n# virt-install 4.x: --disk ${shellWord(`${disk},${older}`)}`;
  },
  undo: ({ proposal }) => editDisk(withoutSettings(proposal)),
  notes: (input) => [
    ...notes(input),
    ...(misnamed(input.request.fileName)
      ? [
          "cannot be said here: the file's name, of which virt-install escapes quotes twice; put it right with virsh edit",
        ]
      : []),
  ],
};

export const virtXmlTarget: CommandTarget = {
  key: 'virt-xml',
  title: 'virt-xml, for a domain that is defined already (takes effect at its next start)',
  targets: ['virt-install', 'libvirt'],
  verification: { verified: true, by: by.replace('virt-install', 'virt-xml') },
  render({ proposal }) {
    const { current, older } = suboptions(proposal);
    return `${editDisk(current)}\n# virt-xml 4.x: ${editDisk(older)}`;
  },
  undo: ({ proposal }) => editDisk(withoutSettings(proposal)),
  notes,
};
