import { cannotSay } from './guards.ts';
import { combinedCacheBytes, domainNotes, driverAttributes } from './libvirt.ts';
import { shellLine } from './quoting.ts';
import type { CommandTarget, TargetInput } from './target.ts';

/** Where KubeVirt puts the script of a sidecar for the hook that edits the domain's XML. @source kubevirt cmd/sidecars/README.md */
const hookPath = '/usr/bin/onDefineDomain';
const configMap = 'qcow2-cache';
const annotation = 'hooks.kubevirt.io/hookSidecars';

/**
 * KubeVirt has no field for the caches of a qcow2 disk. A sidecar gets the domain's XML before libvirt does and may edit it: a hook, behind a feature
 * gate, which runs code of the guest's owner beside QEMU.
 * @source kubevirt cmd/sidecars/README.md: feature gate Sidecar, hook point OnDefineDomain, ConfigMap with a script
 */
export const kubevirtTarget: CommandTarget = {
  key: 'kubevirt',
  title: 'KubeVirt (a hook edits the domain XML: disk DISK of the VirtualMachine NAME)',
  targets: ['kubevirt'],
  verification: {
    verified: false,
    by: "needs a cluster; a YAML parser reads it, and libvirt accepts what the hook's script makes of a domain",
  },
  render: (input) =>
    [
      "kubectl apply -f - <<'END'",
      ...['apiVersion: v1', 'kind: ConfigMap', 'metadata:', `  name: ${configMap}`, 'data:', '  hook.py: |'],
      ...hookScript(input).map((line) => `    ${line}`),
      'END',
      shellLine([
        'kubectl',
        'patch',
        'vm',
        'NAME',
        '--type',
        'merge',
        '-p',
        JSON.stringify(withAnnotation(sidecars())),
      ]),
    ].join('\n'),
  undo: () =>
    [
      shellLine(['kubectl', 'patch', 'vm', 'NAME', '--type', 'merge', '-p', JSON.stringify(withAnnotation(null))]),
      shellLine(['kubectl', 'delete', 'configmap', configMap]),
    ].join('\n'),
  notes: (input) => [
    'the hook needs the feature gate Sidecar; the guest has to be stopped and started',
    ...domainNotes(input),
    ...(input.request.image === undefined ? cannotSay('kubevirt', 'create', input) : []),
    'CDI makes raw images; preallocation: true of a DataVolume writes all of it, as falloc or full do',
  ],
};

function sidecars(): string {
  const script = { name: configMap, key: 'hook.py', hookPath };
  return JSON.stringify([{ args: ['--version', 'v1alpha2'], configMap: script }]);
}

/** A merge patch of a VirtualMachine; null takes the annotation away. */
function withAnnotation(value: string | null): object {
  return { spec: { template: { metadata: { annotations: { [annotation]: value } } } } };
}

/** Gets the domain's XML as its fourth argument and prints it; KubeVirt's alias names the disk. */
function hookScript({ proposal }: TargetInput): readonly string[] {
  const attributes = Object.entries(driverAttributes(proposal));
  return [
    '#!/usr/bin/env python3',
    'import sys',
    'import xml.etree.ElementTree as ET',
    'ET.register_namespace("qemu", "http://libvirt.org/schemas/domain/qemu/1.0")',
    'domain = ET.fromstring(sys.argv[4])',
    `for driver in domain.findall("./devices/disk/alias[@name='ua-DISK']/../driver[@type='qcow2']"):`,
    ...attributes.map(([name, value]) => `    driver.set("${name}", "${value}")`),
    '    for old in driver.findall("metadata_cache"):',
    '        driver.remove(old)',
    '    cache = ET.SubElement(driver, "metadata_cache")',
    `    ET.SubElement(cache, "max_size", unit="bytes").text = "${combinedCacheBytes(proposal)}"`,
    'print(ET.tostring(domain, encoding="unicode"))',
  ];
}
