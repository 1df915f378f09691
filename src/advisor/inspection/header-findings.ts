import { quoted } from '../../qcow2/damage.ts';
import type { ImageHeader } from '../../qcow2/header.ts';
import type { Finding } from './finding.ts';

const format = 'QEMU docs/interop/qcow2.txt, "Header"';

/** What the header of an image says that is worth knowing, whatever its tables hold. */
export function headerFindings(header: ImageHeader): readonly Finding[] {
  return rules.flatMap((rule) => rule(header) ?? []);
}

const rules: readonly ((header: ImageHeader) => Finding | undefined)[] = [
  ({ corrupt }) =>
    corrupt
      ? {
          severity: 'error',
          code: 'corrupt',
          message: 'The image is marked as corrupt.',
          meaning: 'QEMU met damage in it, and opens it for reading only.',
          remedy: 'Copy it away, then repair the copy with `qemu-img check -r all`.',
          source: format,
        }
      : undefined,
  ({ unknownFeatures }) =>
    unknownFeatures.length > 0
      ? {
          severity: 'error',
          code: 'unknown-features',
          message: `It has features that qtune does not know: incompatible feature bit ${unknownFeatures.join(', ')}.`,
          meaning: 'QEMU does not open it; what the tables say may not be what they mean.',
          remedy: 'Use the program that made it.',
          source: format,
        }
      : undefined,
  ({ dirty, lazyRefcounts }) =>
    dirty
      ? {
          severity: 'warning',
          code: 'dirty',
          message: 'The image is open for writing somewhere, or was not closed cleanly.',
          meaning: `${lazyRefcounts ? 'With lazy refcounts ' : ''}QEMU checks and repairs all of it when it is next opened for writing, which takes the longer the larger it is.`,
          remedy: 'If no guest uses it: `qemu-img check -r all`.',
          source: format,
        }
      : undefined,
  ({ encryption }) =>
    encryption === 'AES'
      ? {
          severity: 'warning',
          code: 'legacy-encryption',
          message: 'It is encrypted in the old way (AES).',
          meaning: "QEMU's system emulator refuses such images; the encryption is known to be weak.",
          remedy: 'Convert it: qemu-img convert, with encrypt.format=luks.',
          source: 'QEMU docs/about/deprecated.rst; block/qcow2.c, qcow2_do_open',
        }
      : undefined,
  ({ version }) =>
    version === 2
      ? {
          severity: 'warning',
          code: 'version-2',
          message: 'It has format version 2 (compat=0.10), of before 2013.',
          meaning:
            'It knows no zero clusters, so that zeroing and discarding cost more, no subclusters, no lazy refcounts and no bitmaps.',
          remedy: '`qemu-img amend -o compat=1.1` changes that in place, while no guest uses it.',
          source: 'QEMU docs/system/images.rst; block/qcow2.c, qcow2_amend_options',
        }
      : undefined,
  ({ backingName, extensions }) =>
    backingName !== '' && extensions.backingFormat === undefined
      ? {
          severity: 'warning',
          code: 'backing-format-missing',
          message: `It does not say which format its backing file ${quoted(backingName)} has.`,
          meaning:
            'QEMU looks at the first bytes: a guest that writes a header into a raw base could have any file of the host read.',
          remedy: '`qemu-img rebase -u -F FORMAT -b BACKING IMAGE` records it.',
          source:
            'QEMU docs/system/qemu-block-drivers.rst; docs/about/removed-features.rst, "qemu-img backing file without format"',
        }
      : undefined,
  ({ backingName, extensions }) =>
    backingName === ''
      ? undefined
      : {
          severity: 'note',
          code: 'backing',
          message: `It is an overlay on ${quoted(backingName)}${extensions.backingFormat === undefined ? '' : ` (${quoted(extensions.backingFormat)})`}.`,
          meaning:
            'What was not written yet is read from there, each layer has caches of its own, and the first write to a cluster copies the rest of it.',
          remedy: '`--chain` looks at all layers.',
          source: 'QEMU docs/qcow2-cache.txt',
        },
  ({ snapshotCount }) =>
    snapshotCount === 0
      ? undefined
      : {
          severity: 'note',
          code: 'internal-snapshots',
          message: `It has ${snapshotCount} internal snapshot${snapshotCount === 1 ? '' : 's'}.`,
          meaning:
            'The first write to a cluster that a snapshot shares copies it and flushes three times; deleting a snapshot goes through all tables.',
          remedy: '`qemu-img snapshot -l` lists them, -d removes one.',
          source: 'QEMU block/qcow2-snapshot.c; block/qcow2-cluster.c',
        },
  ({ externalData, extensions }) =>
    externalData
      ? {
          severity: 'note',
          code: 'data-file',
          message: `Its data is in a file of its own, ${quoted(extensions.dataFileName ?? '')}.`,
          meaning: 'The two belong together, and a copy needs both.',
          remedy: '',
          source: format,
        }
      : undefined,
  ({ lazyRefcounts, dirty }) =>
    lazyRefcounts && !dirty
      ? {
          severity: 'note',
          code: 'lazy-refcounts',
          message: 'It has lazy refcounts.',
          meaning: 'Allocating writes are cheaper; after a crash all of the image is checked at the next start.',
          remedy: '',
          source: format,
        }
      : undefined,
];
