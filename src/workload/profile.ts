import { z } from 'zod';
import type { Warning } from '../warnings.ts';
import type { FioJob } from './fio-job/fio-job.ts';
import { loadSchema } from './load-schema.ts';
import { hotspotKeys, normalKeys, paretoKeys, zonedKeys } from './patterns/shape-schemas.ts';
import { blockSizeSchema, operationsSchema, placeSchema, sizeSchema, weightSchema } from './profile-scalars.ts';
import { filebenchPhase, fileSystemKeys, iozonePhase, tpcbPhase } from './programs/phase-schemas.ts';
import type { RecordedRequests } from './recorded-requests.ts';
import type { TraceSurvey } from './trace/survey.ts';

/** The value of `schema` in every profile. */
export const profileSchemaName = 'qtune.profile/1';

const text = z.string().trim().min(1).max(4000);
const count = z.int().positive().max(1e9);
const ratio = z.number().min(0).max(1);

const streamKeys = {
  operation: operationsSchema.describe('read, write, trim, or their shares: {read: 70, write: 30}'),
  blockSize: blockSizeSchema.describe('Length of requests: 4K, or sizes with their shares: {4K: 60, 64K: 40}'),
  align: sizeSchema
    .optional()
    .describe('Requests start at multiples of this, from `start`; default: the smallest block size'),
  start: placeSchema.optional().describe('Where the area starts, a size or a share of the disk; default 0'),
  span: placeSchema
    .optional()
    .describe('Length of the area, a size or a share of the disk; default: to the end of the disk'),
  sequentialRatio: ratio.optional().describe('Share of requests that start where the one before ended; default 0'),
  order: z
    .int()
    .min(0)
    .max(1e6)
    .optional()
    .describe('Streams of one number, pattern and area visit the same places in the same order; default: each its own'),
  syncEvery: count.optional().describe('A sync after every n-th write; default: none'),
};
const plainPattern = z.enum(['sequential', 'random', 'permutation', 'backward', 'rewrite-record', 'iozone-random']);
const plainKeys = { pattern: plainPattern, ...streamKeys };
const stridedKeys = {
  pattern: z.literal('strided'),
  ...streamKeys,
  stride: count.default(17).describe('Records from one request to the next; default 17, as iozone'),
};
const zipfKeys = {
  pattern: z.literal('zipf'),
  ...streamKeys,
  theta: z.number().min(0.01).max(5).describe('Skew: the k-th most popular record has the weight 1 / k^theta'),
  hotRun: sizeSchema
    .optional()
    .describe('Bytes of neighbouring rank that lie together; default: one record, so hot records are scattered'),
};

const paretoStreamKeys = { pattern: z.literal('pareto'), ...streamKeys, ...paretoKeys };
const hotspotStreamKeys = { pattern: z.literal('hotspot'), ...streamKeys, ...hotspotKeys };
const normalStreamKeys = { pattern: z.literal('normal'), ...streamKeys, ...normalKeys };
const zonedStreamKeys = { pattern: z.literal('zoned'), ...streamKeys, ...zonedKeys };

const requests = z
  .union([z.literal('each'), count], {
    error: 'a number of requests or `each` (as many as there are records) is needed',
  })
  .describe('Reads, writes and trims of the phase, syncs not counted; `each`: as many as the area has records');

const shareKey = { weight: weightSchema.default(1).describe('Share of this stream among those of the phase') };
const stream = z.discriminatedUnion('pattern', [
  z.strictObject({ ...shareKey, ...plainKeys }),
  z.strictObject({ ...shareKey, ...stridedKeys }),
  z.strictObject({ ...shareKey, ...zipfKeys }),
  z.strictObject({ ...shareKey, ...paretoStreamKeys }),
  z.strictObject({ ...shareKey, ...hotspotStreamKeys }),
  z.strictObject({ ...shareKey, ...normalStreamKeys }),
  z.strictObject({ ...shareKey, ...zonedStreamKeys }),
]);

const postmarkPhase = z.strictObject({
  pattern: z.literal('postmark').describe('File operations of the PostMark benchmark on a modelled file system'),
  start: streamKeys.start,
  span: streamKeys.span,
  number: z.int().min(1).max(10_000_000).default(500),
  transactions: z.int().min(0).max(100_000_000).default(500),
  size: z
    .tuple([z.int().min(1), z.int().min(1)])
    .default([500, 10_000])
    .describe('Smallest file and the bound above the largest, bytes')
    .refine(([low, high]) => low <= high && high <= 2 ** 31 - 1, {
      error: 'low must not be above high, and high must be below 2 GiB',
    }),
  biasRead: z.int().min(-1).max(10).default(5),
  biasCreate: z.int().min(-1).max(10).default(5),
  readBlock: z.int().min(1).default(512),
  writeBlock: z.int().min(1).default(512),
  buffering: z.boolean().default(true),
  subdirectories: z.int().min(0).max(1_000_000).default(0),
  seed: z
    .int()
    .min(0)
    .max(2 ** 32 - 1)
    .default(42),
  trim: z.boolean().default(false).describe('Trim the blocks of deleted files'),
  commitEvery: z
    .int()
    .min(0)
    .default(5000)
    .describe('Transactions between two commits of metadata, each with a sync; 0: no metadata'),
  fileSystem: z
    .enum(['none', 'ext4'])
    .default('none')
    .describe('none: nothing is cached; ext4: page cache, write-back, journal and allocation are modelled'),
  ...fileSystemKeys,
});

const phase = z.discriminatedUnion('pattern', [
  z.strictObject({ ...plainKeys, requests }),
  z.strictObject({ ...stridedKeys, requests }),
  z.strictObject({ ...zipfKeys, requests }),
  z.strictObject({ ...paretoStreamKeys, requests }),
  z.strictObject({ ...hotspotStreamKeys, requests }),
  z.strictObject({ ...normalStreamKeys, requests }),
  z.strictObject({ ...zonedStreamKeys, requests }),
  z.strictObject({
    pattern: z.literal('mix').describe('Several streams at once, drawn by weight'),
    streams: z.array(stream).min(1).max(32),
    requests: count,
  }),
  postmarkPhase,
  iozonePhase,
  filebenchPhase,
  tpcbPhase,
]);

const image = z.strictObject({
  content: z
    .enum(['empty', 'mapped', 'full'])
    .describe('empty: as created; mapped: every cluster has its place but is a hole; full: written once'),
  backing: z
    .union([
      z.literal('none'),
      z.strictObject({ format: z.enum(['raw', 'qcow2']), content: z.enum(['holes', 'data']) }),
    ])
    .default('none'),
  state: z
    .enum(['fresh', 'restored', 'shared'])
    .describe('Image per trial: made anew, restored from a copy, or shared by trials that only read'),
});

const warmUp = z
  .strictObject({
    requests: z.int().min(0).max(1e9).optional().describe('The first n requests, syncs included, are not measured'),
    phases: z.int().min(1).optional().describe('The requests of the first n phases are not measured'),
    because: text,
  })
  .refine(({ requests, phases }) => (requests === undefined) !== (phases === undefined), {
    error: 'give either `requests` or `phases`',
  });

const settingList = z.string().min(1).describe('Settings as QEMU writes them; braces sweep: cluster_size={64K,2M}');

const experiment = z.strictObject({
  create: z.array(settingList).default([]),
  drive: z.array(settingList).default([]),
  repetitions: z.int().min(1).max(1000).default(5),
});

const published = z.strictObject({
  source: text,
  metric: z.enum(['iops', 'fileBytes']).describe('Which metric of a trial the values are'),
  vary: z
    .array(z.string().min(1))
    .min(1)
    .describe('Settings that the rows differ in; the first is the x axis of a chart'),
  note: text.optional(),
  rows: z
    .array(
      z.strictObject({
        create: settingList.optional(),
        drive: settingList.optional(),
        value: z.number().positive(),
      }),
    )
    .min(1),
});

/** A whole profile as it is written in YAML. Its output has sizes in bytes and defaults filled in. */
export const profileSchema = z
  .strictObject({
    schema: z.literal(profileSchemaName),
    name: z
      .string()
      .regex(/^[a-z0-9][a-z0-9-]{0,63}$/, { error: 'a name has small letters, digits and dashes' })
      .optional(),
    title: text.max(200),
    about: text,
    source: text,
    seed: z.int().min(0).describe('Decides every random draw of the profile'),
    disk: sizeSchema.describe('Virtual size of the disk where none is asked for'),
    image,
    warmUp,
    parameters: z
      .record(z.string().regex(/^[a-z][A-Za-z0-9]*$/), z.union([z.string(), z.number(), z.boolean()]))
      .default({})
      .describe('Names that phases use as $name, with their default values'),
    phases: z.array(phase).min(1).max(64).optional().describe('What the requests are; or else `recording`'),
    recording: z
      .string()
      .min(1)
      .max(255)
      .optional()
      .describe('A trace of which the requests are, of any format and compressed or not: a path from this file on'),
    load: loadSchema
      .optional()
      .describe('How the requests are offered, for engines that can; default: one after the other, as fast as they go'),
    experiment: experiment.optional().describe('Configurations that show the effect, for `qtune run NAME`'),
    published: published.optional().describe('Figures to print beside the measured ones'),
  })
  .refine(({ phases, recording }) => (phases === undefined) !== (recording === undefined), {
    error: 'a profile has either `phases` or a `recording`',
  })
  .describe('A workload profile');

type ProfileDocument = z.output<typeof profileSchema>;

/** The part of a phase's description that streams share. */
export type ProfileStream = z.output<typeof stream>;
export type ProfilePhase = NonNullable<ProfileDocument['phases']>[number];
export type ProfileExperiment = z.output<typeof experiment>;
export type ProfilePublished = z.output<typeof published>;

/** A workload as it is described, before a disk size and a seed are chosen. Plain data. */
export type Profile = PatternProfile | RecordedProfile | FioJobProfile;

interface ProfileBase
  extends Omit<ProfileDocument, 'schema' | 'name' | 'parameters' | 'phases' | 'recording' | 'disk'> {
  readonly name: string;
  /** The disk's virtual size where the user does not give one, bytes. */
  readonly diskBytes: number;
}

/** A parameter's value: a size or another text, a number, a switch. */
export type ParameterValue = string | number | boolean;

/** From a YAML profile. */
export interface PatternProfile extends ProfileBase {
  readonly kind: 'patterns';
  /** In effect for this load: defaults and what the user gave. */
  readonly parameters: Readonly<Record<string, ParameterValue>>;
  readonly phases: readonly ProfilePhase[];
}

/** From a YAML profile that names a trace, which is not read yet. */
export interface RecordingProfile extends ProfileBase {
  readonly kind: 'recording';
  readonly parameters: Readonly<Record<string, ParameterValue>>;
  /** The trace, from the profile's directory on. */
  readonly recording: string;
}

/** From a trace. */
export interface RecordedProfile extends ProfileBase {
  readonly kind: 'recorded';
  readonly requests: RecordedRequests;
  /** What was found in the trace besides; see surveyWarnings. */
  readonly survey: TraceSurvey;
}

/** From a fio job file. */
export interface FioJobProfile extends ProfileBase {
  readonly kind: 'fio-job';
  readonly jobs: readonly FioJob[];
  /** What of the file is not followed. */
  readonly warnings?: readonly Warning[];
}
