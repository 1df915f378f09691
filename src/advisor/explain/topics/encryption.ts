import type { SettingValue } from '../../../settings/configuration.ts';
import { firstWriteBytesChart } from '../charts/first-writes.ts';
import type { Topic, VersionedDefault } from '../explanation.ts';
import { always, seeInfo } from './phrases.ts';

const schema = 'QEMU qapi/crypto.json, QCryptoBlockCreateOptionsLUKS';

const base: Omit<Topic, 'what' | 'defaults' | 'values' | 'helps' | 'useless'> = {
  hazards: {
    powerCut:
      'As without. The header holds the key, wrapped by the passphrase: where it is damaged, everything is lost, so keep a copy.',
    olderVersions: 'luks needs QEMU 2.10. Few other readers take encrypted images.',
    snapshot: 'Snapshots are encrypted with the same key. So is the copying after one.',
    discard: 'Freed clusters become holes: the host can see which parts of the disk are empty.',
  },
  see: [seeInfo],
  change: [
    'qemu-img create --object secret,id=s0,file=KEY -f qcow2 -o encrypt.format=luks,encrypt.key-secret=s0 disk.qcow2 1T',
    'qemu-img amend --object secret,id=s0,file=KEY --image-opts driver=qcow2,file.filename=disk.qcow2,encrypt.key-secret=s0 -o encrypt.state=active,encrypt.new-secret=s1     # another passphrase; the cipher needs a conversion',
  ],
  sources: [
    schema,
    'QEMU block/qcow2.c, handle_alloc_space: nothing is zeroed in place where the image is encrypted',
    'QEMU docs/interop/qcow2.txt, "Data encryption"',
  ],
  charts: (lab) => [
    firstWriteBytesChart(
      lab,
      'What a first write of 4 KiB writes, by cluster_size',
      [
        // A raw file of holes takes the same path as encryption: the rest of the cluster is made up and written.
        { name: 'encrypted', backing: { format: 'raw', content: 'holes' }, writesOnly: true },
        { name: 'plain', writesOnly: true },
        {
          name: 'encrypted, extended_l2=on',
          backing: { format: 'raw', content: 'holes' },
          create: { extended_l2: true },
          writesOnly: true,
        },
      ],
      'Zeroes have to be encrypted as well: the rest of the cluster is written, where a plain image leaves it to the file system. The model does not encrypt; it counts what has to be.',
    ),
  ],
};

interface Words {
  readonly what: string;
  readonly value: string;
  readonly values: readonly SettingValue[];
  readonly helps: string;
  readonly useless?: string;
  readonly defaults?: readonly VersionedDefault[];
}

function topic({ what, value, values, helps, useless, defaults }: Words): Topic {
  return {
    ...base,
    what,
    defaults: defaults ?? always(value, schema),
    values,
    helps,
    useless:
      useless ??
      "Without encrypt.format=luks it is refused. QEMU's default is sound: change it for a rule that says so.",
  };
}

const formatWords =
  "The guest's data is encrypted in the image; tables are not, so that a reader sees the shape of the disk and not its content. luks keeps its key in a header of its own within the image, some 2 MiB with the usual cipher.";

/** The options of encryption by name. */
export const encryptionTopics: Readonly<Record<string, Topic>> = {
  'encrypt.format': topic({
    what: formatWords,
    value: 'none',
    values: ['none'],
    defaults: always('none', 'QEMU block/qcow2.c, qcow2_create_opts'),
    helps: "Where whoever has the host's disk or its backups must not read the guest.",
    useless:
      "Against whoever rules the host while the guest runs: the key is in QEMU's memory. aes is obsolete and no QEMU runs guests on it since 2.10; qemu-img still converts it.",
  }),
  'encrypt.key-secret': topic({
    what: 'The id of the secret object that holds the passphrase. It names the object; it is not the passphrase.',
    value: 'none, required with encrypt.format',
    values: [],
    helps: 'Give the secret from a file: on a command line every user of the host can read it.',
  }),
  'encrypt.cipher-alg': topic({
    what: 'The cipher of the data, and the length of its key.',
    value: 'aes-256',
    values: [],
    helps: "aes-128 is a little cheaper where the processor is what limits; the processor's own AES makes both fast.",
  }),
  'encrypt.cipher-mode': topic({
    what: 'How the cipher goes through a sector. xts is made for disks: each sector is encrypted for its own place.',
    value: 'xts',
    values: [],
    helps: 'Leave it at xts.',
  }),
  'encrypt.ivgen-alg': topic({
    what: 'How the place of a sector becomes the start of its encryption. plain64 is its number in 64 bits; with qcow2 the number is that of the sector in the file.',
    value: 'plain64',
    values: [],
    helps: 'Leave it: essiv was for cbc, and plain counts 32 bits only.',
  }),
  'encrypt.ivgen-hash-alg': topic({
    what: 'The hash of the initialisation vectors where encrypt.ivgen-alg is essiv; otherwise nothing uses it.',
    value: 'sha256, where ivgen-alg is essiv',
    values: [],
    helps: 'Only with essiv.',
  }),
  'encrypt.hash-alg': topic({
    what: 'The hash with which the passphrase becomes a key and the header is checked.',
    value: 'sha256',
    values: [],
    helps: 'Where a rule asks for another.',
  }),
  'encrypt.iter-time': topic({
    what: 'How long making a key of the passphrase takes on the machine that creates the image, milliseconds: whoever tries passphrases pays it for each. Opening the image pays it too.',
    value: '2000',
    values: [],
    helps:
      'More where passphrases are typed by people; less for tests and for random keys, where nobody can try them all.',
  }),
  encryption: topic({
    what: 'The old way to ask for encryption, in the aes format: its key is the passphrase itself, cut at 16 characters.',
    value: 'off',
    values: [false],
    defaults: always('off', 'QEMU block/qcow2.c, qcow2_create_opts: deprecated'),
    helps: 'Never. Use encrypt.format=luks.',
    useless: 'No QEMU since 2.10 runs a guest on such an image; qemu-img converts it.',
  }),
};
