/** What a fleet file may say of a disk. */
export const Column = {
  name: 0,
  host: 1,
  disk: 2,
  allocated: 3,
  cluster: 4,
  extended: 5,
  chain: 6,
  snapshots: 7,
  activity: 8,
  workload: 9,
  iops: 10,
  weight: 11,
  l2Cache: 12,
  count: 13,
  growth: 14,
} as const;
export type Column = (typeof Column)[keyof typeof Column];

/** The words that exports use, without case, spaces and punctuation; the first is the column's own. */
const words: Readonly<Record<keyof typeof Column, readonly string[]>> = {
  name: [
    'name',
    'id',
    'uuid',
    'diskid',
    'diskname',
    'volume',
    'volumeid',
    'vm',
    'vmid',
    'image',
    'path',
    'file',
    'filename',
  ],
  host: ['host', 'hostname', 'node', 'hypervisor', 'server'],
  disk: ['disk', 'size', 'disksize', 'virtual', 'virtualsize', 'virtualbytes', 'diskbytes', 'sizebytes', 'capacity'],
  allocated: [
    'allocated',
    'allocatedbytes',
    'allocatedsize',
    'allocation',
    'actualsize',
    'used',
    'usedbytes',
    'usedsize',
  ],
  cluster: ['clustersize', 'cluster', 'clusterbytes'],
  extended: ['extendedl2', 'subclusters'],
  chain: ['chain', 'chainlength', 'chaincount', 'images', 'imagecount', 'layers'],
  snapshots: ['snapshots', 'snapshotcount', 'internalsnapshots'],
  activity: ['activity'],
  workload: ['workload', 'profile'],
  iops: ['iops', 'requestspersecond', 'opspersecond'],
  weight: ['weight', 'priority'],
  l2Cache: ['l2cachesize', 'l2cache', 'l2cachebytes'],
  count: ['count', 'disks', 'diskcount', 'number', 'quantity'],
  growth: ['growth', 'growthpermonth', 'monthlygrowth', 'growthbytes', 'growthbytespermonth'],
};

const byWord = new Map<string, Column>(
  Object.entries(words).flatMap(([key, list]) =>
    list.map((word) => [word, Column[key as keyof typeof Column]] as const),
  ),
);

/** Names for messages and help, as the columns are best written. */
export const columnNames: Readonly<Record<Column, string>> = {
  [Column.name]: 'name',
  [Column.host]: 'host',
  [Column.disk]: 'disk',
  [Column.allocated]: 'allocated',
  [Column.cluster]: 'cluster_size',
  [Column.extended]: 'extended_l2',
  [Column.chain]: 'chain',
  [Column.snapshots]: 'snapshots',
  [Column.activity]: 'activity',
  [Column.workload]: 'workload',
  [Column.iops]: 'iops',
  [Column.weight]: 'weight',
  [Column.l2Cache]: 'l2-cache-size',
  [Column.count]: 'count',
  [Column.growth]: 'growth',
};

/** The column that a heading means, whatever its case, spaces and punctuation; undefined where it is none of ours. */
export function columnOf(heading: string): Column | undefined {
  return byWord.get(heading.toLowerCase().replace(/[^\p{L}\p{N}]/gu, ''));
}
