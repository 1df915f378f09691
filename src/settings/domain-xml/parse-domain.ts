import { InputError } from '../../errors.ts';
import { describeCommandLine } from '../command-line/describe-command-line.ts';
import type { DescribedDisk, DescribedMachine } from '../described-disk.ts';
import { describeDomainDisk } from './domain-disk.ts';
import { longestXmlBytes, readXmlElements, type XmlElement } from './xml-tree.ts';

/** @source libvirt docs/drvqemu.rst, "Pass-through of arbitrary qemu commands" */
const qemuNamespace = 'http://libvirt.org/schemas/domain/qemu/1.0';

/**
 * Finds the disks of a libvirt domain: also where it stands inside the status of a running guest or a snapshot, and a `<disk>` alone.
 * Options of `<qemu:commandline>` are read as a command line.
 * @param file for messages @param chunks the file's text in pieces
 * @throws InputError for what is not well-formed, has a document type, is no domain or longer than 16 MiB
 */
export async function parseDomain(
  file: string,
  chunks: AsyncIterable<string> | Iterable<string>,
): Promise<DescribedMachine> {
  const { root, elements } = await readXmlElements(file, limited(file, chunks), isWanted);
  const disks = elements.filter(({ name, namespace }) => name === 'disk' && namespace === '');
  if (disks.length === 0 && !domainRoots.has(root)) {
    throw new InputError({ file }, `it is XML, but no libvirt domain: its first element is <${root.slice(0, 60)}>`, {
      hint: 'Write it with `virsh dumpxml NAME`.',
    });
  }
  const passed = commandLineOf(elements);
  return {
    kind: 'domain',
    name: elements.find(({ name }) => name === 'name')?.text || undefined,
    disks: [...disks.map(describeDomainDisk), ...passed.disks.map(markPassedThrough)],
    remarks: passed.remarks,
  };
}

const domainRoots = new Set(['domain', 'domstatus', 'domainsnapshot', 'domainbackup']);

function isWanted(name: string, namespace: string, depth: number): boolean {
  if (namespace === qemuNamespace) return name === 'commandline';
  return namespace === '' && (name === 'disk' || (name === 'name' && depth <= 2));
}

function commandLineOf(elements: readonly XmlElement[]): DescribedMachine {
  const words = elements
    .filter(({ name, namespace }) => name === 'commandline' && namespace === qemuNamespace)
    .flatMap(({ children }) => children.filter(({ name }) => name === 'arg'))
    .map(({ attributes }) => attributes.get('value') ?? '');
  return describeCommandLine(words, { libvirt: true });
}

function markPassedThrough(disk: DescribedDisk): DescribedDisk {
  return { ...disk, where: `<qemu:commandline>, ${disk.where}` };
}

async function* limited(file: string, chunks: AsyncIterable<string> | Iterable<string>): AsyncGenerator<string> {
  let length = 0;
  for await (const chunk of chunks) {
    length += chunk.length;
    if (length > longestXmlBytes) throw tooLong(file);
    yield chunk;
  }
}

/** Thrown before anything is read where the length is known. */
export function tooLong(file: string): InputError {
  return new InputError({ file }, `it is longer than ${longestXmlBytes / 1024 ** 2} MiB, which no domain is`, {
    hint: 'Give the XML of one guest: `virsh dumpxml NAME`.',
  });
}
