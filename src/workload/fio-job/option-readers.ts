import { parseDistribution, perOperationLists } from './distribution-option.ts';
import type { PerOperation } from './fio-job.ts';
import type { JobDraft } from './job-draft.ts';
import type { HonouredName } from './option-names.ts';
import { type Amount, parseAmount, parseTimeUs, parseWhole, type UnitBase } from './units.ts';

type Fail = (message: string, hint?: string) => never;

/** Takes one option's value into the draft; `value` is undefined where the option stands alone. */
type Reader = (draft: JobDraft, value: string | undefined, fail: Fail) => void;

/** The most that a request may be long: 1 GiB. */
const maximumBlockBytes = 2 ** 30;
const maximumCount = 1e9;
const maximumSplitCount = 64;

const text = (take: (draft: JobDraft, value: string, fail: Fail) => void): Reader => {
  return (draft, value, fail) =>
    take(draft, value === undefined || value === '' ? fail('it needs a value') : value, fail);
};

/** Fields of the draft that hold a value of one type, for readers that do nothing but store it. */
type FieldOf<Value> = {
  [Key in keyof JobDraft]-?: [Exclude<JobDraft[Key], undefined>] extends [Value]
    ? [Value] extends [JobDraft[Key]]
      ? Key
      : never
    : never;
}[keyof JobDraft];

const flag = (field: FieldOf<boolean>, inverted = false): Reader => {
  return (draft, value, fail) => {
    if (value !== undefined && !/^\d{1,9}$/.test(value)) fail(`"${value}" is neither 0 nor 1`);
    draft[field] = (value === undefined || Number(value) !== 0) !== inverted;
  };
};

const count = (low: number, high: number, field: FieldOf<number>): Reader =>
  text((draft, value, fail) => {
    const number = parseWhole(value, draft.kbBase) ?? fail(`"${value}" is not a whole number`);
    if (number < low || number > high) fail(`${value} is not between ${low} and ${high}`);
    draft[field] = number;
  });

const time = (bareUs: number, field: FieldOf<number>): Reader =>
  text((draft, value, fail) => {
    draft[field] = parseTimeUs(value, bareUs) ?? fail(`"${value}" is not a time`, 'Write it as 30, 500ms, 5m or 1h.');
  });

const amount = (field: FieldOf<Amount>): Reader =>
  text((draft, value, fail) => {
    draft[field] = amountOf(value, draft.kbBase, fail);
  });

function amountOf(value: string, base: UnitBase, fail: Fail): Amount {
  const hint = 'fio reads whole numbers with k, m, g or t, up to 8 PiB, and percentages up to 100%.';
  return parseAmount(value, base) ?? fail(`"${value}" is not a size`, hint);
}

function bytesOf(value: string, base: UnitBase, fail: Fail): number {
  const size = amountOf(value, base, fail);
  return 'bytes' in size ? size.bytes : fail(`"${value}": a share is not possible here`);
}

function blockBytes(value: string, base: UnitBase, fail: Fail): number {
  const bytes = bytesOf(value, base, fail);
  if (bytes === 0 || bytes > maximumBlockBytes) fail(`"${value}": a request has 1 byte to 1 GiB`);
  return bytes;
}

/** `read,write,trim`: what is left out at the end is as the last one, what is empty stays as it was. */
const perOperation = (
  parse: (value: string, base: UnitBase, fail: Fail) => number,
  field: FieldOf<PerOperation<number>>,
): Reader =>
  text((draft, value, fail) => {
    const parts = value.split(',').map((part) => part.trim());
    if (parts.length > 3) fail(`"${value}" has more than three values`);
    const before = draft[field];
    const at = (index: 0 | 1 | 2): number => {
      const part = parts[Math.min(index, parts.length - 1)] ?? '';
      return part === '' ? before[index] : parse(part, draft.kbBase, fail);
    };
    draft[field] = [at(0), at(1), at(2)];
  });

const percent = (value: string, base: UnitBase, fail: Fail): number => {
  const number = parseWhole(value, base);
  return number !== undefined && number <= 100 ? number : fail(`"${value}" is not a percentage`);
};

const range: Reader = text((draft, value, fail) => {
  const ranges = perOperationLists(value, (list) => {
    const [, from, to] = /^([^-:]+)[-:]([^-:]+)$/.exec(list.trim()) ?? [];
    if (from === undefined || to === undefined) return fail(`"${list}" is not written as 4k-64k`);
    const ends = [blockBytes(from, draft.kbBase, fail), blockBytes(to, draft.kbBase, fail)];
    return { min: Math.min(...ends), max: Math.max(...ends) };
  });
  draft.minBytes = [ranges[0].min, ranges[1].min, ranges[2].min];
  draft.maxBytes = [ranges[0].max, ranges[1].max, ranges[2].max];
});

const split: Reader = text((draft, value, fail) => {
  draft.split = perOperationLists(value, (list) => splitOf(list, draft.kbBase, fail));
  const sizes = draft.split.map((entries) => entries.map((entry) => entry.bytes));
  const [read = [], write = [], trim = []] = sizes;
  draft.minBytes = [Math.min(...read), Math.min(...write), Math.min(...trim)];
  draft.maxBytes = [Math.max(...read), Math.max(...write), Math.max(...trim)];
});

/** Sizes without a percentage share what the others leave. @source fio 3.33, options.c, bssplit_ddir */
function splitOf(list: string, base: UnitBase, fail: Fail): JobDraft['split'][number] {
  const parts = list
    .split(':')
    .filter((part) => part !== '')
    .map((part) => {
      const [size = '', share] = part.split('/', 2);
      if (share !== undefined && !/^\d{0,3}$/.test(share.trim())) fail(`"${part}" is not written as size/percent`);
      const given = Math.min(100, Number(share ?? 0));
      return { bytes: blockBytes(size.trim(), base, fail), percent: given === 0 ? undefined : given };
    });
  if (parts.length === 0) fail(`"${list}" has no sizes`);
  if (parts.length > maximumSplitCount) fail(`more than ${maximumSplitCount} sizes`);
  const given = parts.reduce((sum, part) => sum + (part.percent ?? 0), 0);
  if (given > 100) fail(`the percentages add up to ${given}`);
  const openCount = parts.filter((part) => part.percent === undefined).length;
  return parts
    .map((part) => ({ bytes: part.bytes, percent: part.percent ?? Math.floor((100 - given) / openCount) }))
    .sort((a, b) => a.percent - b.percent);
}

const readWrite: Reader = text((draft, value, fail) => {
  const [, kind = '', suffix] = /^([a-z]+)(?::(.*))?$/.exec(value) ?? [];
  if (!directions.has(kind))
    fail(`"${value}" is no kind of requests`, `Kinds are ${[...directions.keys()].join(', ')}.`);
  draft.rw = kind;
  if (suffix === undefined) delete draft.rwSuffix;
  else draft.rwSuffix = suffix.trim();
});

/** What each `rw` does: whether it reads, writes, trims, and whether places are random. */
export const directions: ReadonlyMap<
  string,
  readonly [reads: boolean, writes: boolean, trims: boolean, random: boolean]
> = new Map([
  ['read', [true, false, false, false]],
  ['write', [false, true, false, false]],
  ['trim', [false, false, true, false]],
  ['randread', [true, false, false, true]],
  ['randwrite', [false, true, false, true]],
  ['randtrim', [false, false, true, true]],
  ['rw', [true, true, false, false]],
  ['readwrite', [true, true, false, false]],
  ['randrw', [true, true, false, true]],
  ['trimwrite', [false, true, true, false]],
  ['randtrimwrite', [false, true, true, true]],
]);

/** How each option that is followed is read. */
export const optionReaders: Readonly<Record<HonouredName, Reader>> = {
  rw: readWrite,
  rw_sequencer: text((draft, value, fail) => {
    draft.sequencer = value === 'sequential' || value === 'identical' ? value : fail(`"${value}" is unknown`);
  }),
  bs: perOperation(blockBytes, 'blockBytes'),
  bssplit: split,
  bsrange: range,
  ba: perOperation(bytesOf, 'alignBytes'),
  bs_unaligned: flag('unaligned'),
  bs_is_seq_rand: flag('sizesBySequence'),
  rwmixread: count(0, 100, 'readPercent'),
  rwmixwrite: (draft, value, fail) => {
    count(0, 100, 'readPercent')(draft, value, fail);
    draft.readPercent = 100 - draft.readPercent;
  },
  percentage_random: perOperation(percent, 'randomPercent'),
  random_distribution: text((draft, value, fail) => {
    draft.distribution = parseDistribution(value, draft.kbBase, fail);
  }),
  norandommap: flag('noRandomMap'),
  randseed: count(0, Number.MAX_SAFE_INTEGER, 'randSeed'),
  randrepeat: flag('repeats'),
  allrandrepeat: flag('repeatsAll'),
  size: amount('size'),
  io_size: amount('ioSize'),
  offset: amount('offset'),
  offset_increment: amount('offsetIncrement'),
  offset_align: text((draft, value, fail) => {
    draft.offsetAlignBytes = bytesOf(value, draft.kbBase, fail);
  }),
  number_ios: count(0, Number.MAX_SAFE_INTEGER, 'requestLimit'),
  loops: count(0, maximumCount, 'loopCount'),
  fsync: count(0, maximumCount, 'syncEvery'),
  fdatasync: count(0, maximumCount, 'dataSyncEvery'),
  iodepth: count(1, 1024, 'iodepth'),
  ioengine: text((draft, value) => {
    draft.engine = value.replace(/:.*/, '');
  }),
  filename: text((draft, value) => {
    draft.fileName = firstName(value);
  }),
  directory: text((draft, value) => {
    draft.directory = firstName(value);
  }),
  rate: perOperation(bytesOf, 'rateBytes'),
  rate_iops: perOperation(bytesOf, 'rateIops'),
  thinktime: time(1, 'thinkTimeUs'),
  thinktime_blocks: count(1, maximumCount, 'thinkTimeBlockCount'),
  runtime: time(1e6, 'runtimeUs'),
  time_based: flag('timeBased'),
  ramp_time: time(1e6, 'rampTimeUs'),
  numjobs: count(1, maximumCount, 'copyCount'),
  stonewall: flag('stonewall'),
  direct: flag('direct'),
  buffered: flag('direct', true),
  kb_base: text((draft, value, fail) => {
    draft.kbBase = value === '1000' ? 1000 : value === '1024' ? 1024 : fail(`"${value}" is neither 1000 nor 1024`);
  }),
  read_iolog: (_, value, fail) =>
    fail(
      'the requests of this job are in a log of their own',
      `Give the log itself to qtune: --workload ${value === undefined || value === '' ? 'FILE' : firstName(value)}.`,
    ),
};

/** Of several names, parted by colons; `\\:` is a colon of a name. */
function firstName(list: string): string {
  return list.replaceAll('\\:', '\0').replace(/:.*/, '').replaceAll('\0', ':');
}
