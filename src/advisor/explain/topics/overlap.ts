import { type OverlapCheckName, overlapTemplates } from '../../../settings/overlap-checks.ts';
import { overlapByDiskChart, overlapBySnapshotsChart } from '../charts/overlap.ts';
import type { Topic } from '../explanation.ts';
import type { Lab } from '../lab/lab.ts';
import { harmless, onDrive, seeCommandLine } from './phrases.ts';

const source = 'QEMU block/qcow2-refcount.c, qcow2_check_metadata_overlap';

const hazards = harmless({
  powerCut:
    'A check reads or compares and writes nothing. It is a guard against tables that are wrong already: an overlap found marks the image corrupt and stops writing.',
  olderVersions: 'The image does not say it. QEMU before 1.7 does not know it.',
  snapshot: 'The default looks at the snapshots\' L1 tables, not at their L2 tables; "all" reads these for each write.',
});

function templates(lab: Lab, by: 'disk' | 'snapshots') {
  const variants = overlapTemplates.map((template) => ({ name: template, drive: { 'overlap-check': template } }));
  return by === 'disk' ? overlapByDiskChart(lab, variants) : overlapBySnapshotsChart(lab, variants, 'reads');
}

export const overlapCheck: Topic = {
  what: 'Before each write to the image QEMU checks that it does not hit tables: where refcounts are wrong, data would otherwise go over them. constant: fixed places only. cached: what is in memory. all: the tables of snapshots too, which are read from disk each time.',
  defaults: [
    { versions: '1.7 and later', value: 'cached', source: 'QEMU block/qcow2.h, QCOW2_OL_DEFAULT' },
    { versions: 'before 1.7', value: 'no checks', source },
  ],
  values: [...overlapTemplates],
  defaultValue: 'cached',
  helps:
    'Leave it at cached: it is what keeps a small damage small. On a disk of tens of terabytes with 64 KiB clusters larger clusters make it cheap again.',
  useless:
    'none gains nothing that can be measured below some terabytes. all makes every write read a table for each snapshot.',
  hazards,
  see: seeCommandLine('overlap-check'),
  change: onDrive('overlap-check=cached', '"overlap-check":"cached"'),
  sources: [
    source,
    'QEMU qapi/block-core.json, Qcow2OverlapCheckMode',
    'QEMU commit 7061a07898 (2.9): the check of refcount blocks stops at the last one used',
  ],
  charts: (lab) => [templates(lab, 'disk'), templates(lab, 'snapshots')],
};

export const overlapTemplate: Topic = {
  ...overlapCheck,
  what: 'The long name of overlap-check, for use beside the single switches overlap-check.NAME, each of which overrides what the template says. Both names may stand together only with the same value.',
  change: onDrive('overlap-check.template=cached', '"overlap-check":{"template":"cached"}'),
};

interface Single {
  readonly what: string;
  readonly why: string;
  readonly inTemplates: string;
  readonly chart: 'disk' | 'snapshots' | 'reads';
}

const singles: Readonly<Record<OverlapCheckName, Single>> = {
  'main-header': {
    what: 'the header in the first cluster',
    why: 'Without its header an image cannot be opened.',
    inTemplates: 'constant, cached, all',
    chart: 'disk',
  },
  'active-l1': {
    what: 'the L1 table, which leads to all L2 tables',
    why: 'One lost cluster of it loses many gigabytes of the disk.',
    inTemplates: 'constant, cached, all',
    chart: 'disk',
  },
  'active-l2': {
    what: 'every L2 table that is in use, by going through the whole L1 table in memory',
    why: 'It is the largest part of the tables, and the only check that grows with the disk to be felt.',
    inTemplates: 'cached, all',
    chart: 'disk',
  },
  'refcount-table': {
    what: 'the refcount table',
    why: 'Without it the refcounts have to be rebuilt.',
    inTemplates: 'constant, cached, all',
    chart: 'disk',
  },
  'refcount-block': {
    what: 'every refcount block, by going through the refcount table in memory',
    why: 'A lost block lets clusters be handed out twice.',
    inTemplates: 'cached, all',
    chart: 'disk',
  },
  'snapshot-table': {
    what: 'the list of internal snapshots',
    why: 'Without it snapshots are gone and their clusters leak.',
    inTemplates: 'constant, cached, all',
    chart: 'snapshots',
  },
  'inactive-l1': {
    what: 'the L1 tables of the snapshots',
    why: 'They are written once and never looked at until a snapshot is used, so that damage would stay unnoticed.',
    inTemplates: 'cached, all',
    chart: 'snapshots',
  },
  'inactive-l2': {
    what: 'the L2 tables of the snapshots, whose places are read from disk for each write',
    why: 'Only where an image is suspected to be damaged: each write waits for a read for every snapshot.',
    inTemplates: 'all',
    chart: 'reads',
  },
  'bitmap-directory': {
    what: 'the directory of persistent dirty bitmaps',
    why: 'Without it incremental backups have to start anew.',
    inTemplates: 'constant, cached, all',
    chart: 'disk',
  },
};

function single(name: OverlapCheckName): Topic {
  const { what, why, inTemplates, chart } = singles[name];
  const option = `overlap-check.${name}`;
  const variants = [
    { name: `${option}=on, nothing else`, drive: { 'overlap-check': 'none', [option]: true } },
    { name: 'the default: cached', drive: {} },
  ];
  const isDefault = inTemplates.includes('cached');
  return {
    ...overlapCheck,
    what: `One of the nine checks before each write: that it does not hit ${what}. It is part of the templates ${inTemplates}; the switch overrides the template.`,
    defaults: [
      {
        versions: name === 'bitmap-directory' ? '3.0 and later' : '1.7 and later',
        value: isDefault ? 'on, by the template cached' : 'off; on with overlap-check=all',
        source: 'QEMU block/qcow2.h, QCOW2_OL_CACHED',
      },
    ],
    values: [false, true],
    defaultValue: isDefault,
    helps: why,
    useless:
      chart === 'reads'
        ? 'On every image that is sound.'
        : 'Turning it off gains a comparison, or as many as the chart shows, for each write.',
    see: seeCommandLine(option),
    change: onDrive(
      `${option}=${isDefault ? 'off' : 'on'}`,
      `"overlap-check":{"template":"cached","${name}":${String(!isDefault)}}`,
    ),
    charts: (lab) => [
      chart === 'disk'
        ? overlapByDiskChart(lab, variants)
        : overlapBySnapshotsChart(lab, variants, chart === 'reads' ? 'reads' : 'comparisons'),
    ],
  };
}

/** The single checks by the option's name. */
export const overlapSingles: Readonly<Record<string, Topic>> = Object.fromEntries(
  (Object.keys(singles) as OverlapCheckName[]).map((name) => [`overlap-check.${name}`, single(name)]),
);
