import { z } from 'zod';
import { recommendSchema } from './recommend.ts';

const bytes = z.int().nonnegative();
const count = z.int().nonnegative();
const settings = z
  .record(z.string(), z.union([z.number(), z.boolean(), z.string()]))
  .describe("Options by QEMU's names, only those that are said; sizes in bytes");

const problem = z.object({
  severity: z
    .enum(['error', 'warning', 'note'])
    .describe(
      'error: damaged, at risk or refused by QEMU; warning: slow, wasteful or unsafe; note: worth knowing. The gravest come first',
    ),
  code: z.string().describe('A stable word: cache-cliff, leaked-clusters, discard-missing'),
  message: z.string().describe('What is there; may hold names out of the file'),
  meaning: z.string(),
  remedy: z.string().describe('Empty where nothing is to be done'),
  source: z.string(),
});
const problems = z.array(problem);

const layer = {
  file: z.string(),
  format: z.string().nullable(),
  version: z.int().nullable(),
  virtualBytes: bytes.nullable(),
  clusterBytes: bytes.nullable(),
  extendedL2: z.boolean().nullable(),
  refcountBits: z.int().nullable(),
  snapshotCount: count.nullable().describe('Internal snapshots'),
  fileBytes: bytes.nullable().describe("The file's length"),
  allocatedBytes: bytes.nullable().describe('What the host stores of it'),
  allocatedClusterCount: count
    .nullable()
    .describe('Clusters with a place in the file, as `qemu-img check` counts them'),
  compressedClusterCount: count.nullable(),
  fragmentedClusterCount: count.nullable().describe('As `qemu-img check` counts them: compressed ones are'),
  zeroClusterCount: count.nullable().describe('Clusters that read as zeroes, with a place or without'),
  l2TableCount: count.nullable().describe('L2 tables of the active image that are there'),
  dataExtentCount: count
    .nullable()
    .describe(
      'Pieces in which the data of this image lies, as `qemu-img map` joins them; holes in the file do not count',
    ),
  lazyRefcounts: z.boolean().nullable(),
  encryption: z.string().nullable(),
  backing: z.string().nullable().describe('As the image names it'),
  backingFormat: z.string().nullable(),
  dataFile: z.string().nullable(),
  referencesChecked: z.boolean().describe('Whether refcounts were compared with what refers to each cluster'),
  problems,
};

const image = z
  .object({
    kind: z.literal('image'),
    ...layer,
    chain: z.array(z.object(layer)).optional().describe('The images beneath, from the top down; with --chain'),
    recommendation: recommendSchema
      .nullable()
      .describe('Settings for the image as it is; null where none can be given'),
  })
  .describe('One image; null stands for what it does not say, or no longer where it is damaged');

const source = z.object({
  kind: z.enum(['file', 'block', 'elsewhere', 'empty']),
  path: z.string().optional(),
  text: z.string().optional().describe('What it is, where it is no file of this machine'),
});

const disk = z.object({
  name: z.string().describe('vda, drive0'),
  where: z.string().describe('Its place in the file or on the command line'),
  device: z.enum(['disk', 'cdrom', 'floppy']),
  format: z.string().nullable().describe('As it is said'),
  source,
  bus: z.string().nullable(),
  readOnly: z.boolean(),
  drive: settings,
  layerCount: count.describe('Backing layers that are spelled out'),
  image: z
    .object({
      state: z.enum(['read', 'not-qcow2', 'damaged', 'unread']),
      why: z.string().optional(),
      virtualBytes: bytes.optional(),
      clusterBytes: bytes.optional(),
      extendedL2: z.boolean().optional(),
    })
    .describe('What its header says; the tables are read by `qtune inspect IMAGE`'),
  cache: z
    .object({
      l2Bytes: bytes,
      l2FullCoverageBytes: bytes,
      refcountBytes: bytes,
      coveredBytes: bytes,
      coveredRatio: z.number().min(0).max(1),
    })
    .nullable()
    .describe('The caches that QEMU sets up; null where the image is not known or the settings are refused'),
  change: z.string().nullable().describe('What to write in place of what is there; null where nothing is to change'),
  problems,
});

const machine = z
  .object({
    kind: z.enum(['domain', 'command-line']),
    file: z.string(),
    name: z.string().nullable(),
    disks: z.array(disk),
    problems: problems.describe('Of the whole; those of disks stand with them'),
  })
  .describe('A libvirt domain or a QEMU command line');

const failed = z
  .object({ kind: z.literal('failed'), file: z.string(), problems })
  .describe('One of several that could not be read');

const schema = { schema: z.literal('qtune.inspect/1') };

/** What `qtune inspect --json` prints. */
export const inspectSchema = z.union([
  image.extend(schema),
  machine.extend(schema),
  z
    .object({ ...schema, kind: z.literal('several'), items: z.array(z.union([image, machine, failed])) })
    .describe('Where more than one was named'),
]);
