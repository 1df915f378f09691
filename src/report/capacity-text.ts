import { exactBytes, formatBytes } from '../units/bytes.ts';
import { formatRatio } from '../units/rate.ts';
import type { CapacityConfiguration, CapacityReport } from './capacity.ts';
import { renderChart } from './chart.ts';
import { renderTable } from './table.ts';

/** The report for people: what a disk takes, what its caches cover, and where QEMU's default stops. */
export function renderCapacity(report: CapacityReport): string {
  const several = report.configurations;
  const parts = several === undefined ? single(report) : [title(report), comparison(several)];
  return [...parts, chain(several ?? [report]), clusterSizes(report), diskSizes(report), notes(report)]
    .filter((part) => part !== '')
    .join('\n');
}

function title(report: CapacityReport): string {
  const disk = `Disk of ${formatBytes(report.disk.virtualBytes)} (${report.disk.virtualBytes} bytes)`;
  const { label } = report.settings;
  if (report.configurations) return `${disk}, ${report.configurations.length} configurations\n`;
  return label === 'default' ? `${disk} with QEMU's default settings\n` : `${disk} with ${label}\n`;
}

function single(report: CapacityReport): readonly string[] {
  const { onDisk, cache, snapshots } = report;
  const size = (what: string, bytes: number) => [what, formatBytes(bytes), String(bytes)];
  const disk = renderTable(
    [{ title: 'On disk' }, { title: 'size', align: 'right' }, { title: 'bytes', align: 'right' }],
    [
      size('header', onDisk.headerBytes),
      size('L1 table', onDisk.l1Bytes),
      size('L2 tables of a full image', onDisk.l2Bytes),
      size('refcounts of a full image', onDisk.refcountBytes),
      size('data of a full image', onDisk.dataBytes),
      size('required', onDisk.requiredBytes),
      size('fully allocated', onDisk.fullyAllocatedBytes),
      ...(snapshots === undefined
        ? []
        : [
            size(`${snapshots.count} snapshots when taken`, snapshots.l1Bytes + snapshots.tableBytes),
            size('fully rewritten after each snapshot', snapshots.fullyAllocatedBytes),
          ]),
    ],
  );
  const full = cache.l2FullCoverageBytes;
  const memory = renderTable(
    [
      { title: 'In memory, for each open image' },
      { title: 'these settings', align: 'right' },
      { title: 'to cover all', align: 'right' },
    ],
    [
      ['L2 cache', formatBytes(cache.l2Bytes), formatBytes(Math.max(full, cache.l2Bytes))],
      ['L2 entries', `${cache.l2EntryCount} × ${formatBytes(cache.l2EntryBytes)}`, ''],
      ['refcount cache', formatBytes(cache.refcountBytes), formatBytes(cache.refcountBytes)],
      [
        'disk covered',
        `${formatBytes(cache.coveredBytes)} (${formatRatio(cache.coveredRatio)})`,
        formatBytes(report.disk.virtualBytes),
      ],
      ['disks covered whole, up to', formatBytes(report.coverageLimitBytes), ''],
    ],
  );
  return [title(report), disk, memory, advice(report)];
}

/** What to change where the cache does not cover the disk. */
function advice(report: CapacityReport): string {
  const { cache } = report;
  if (cache.coveredRatio >= 1) return 'The L2 cache covers the whole disk: no request has to read a table twice.\n';
  const larger = report.cliff.byClusterSize.find((row) => row.coveredRatio === 1);
  const lines = [
    `Random I/O over more than ${formatBytes(cache.coveredBytes)} reads L2 tables from the file again and again. To cover the disk:`,
    `  --drive l2-cache-size=${exactBytes(cache.l2FullCoverageBytes)}  takes ${formatBytes(cache.l2FullCoverageBytes)} of memory`,
  ];
  if (larger) {
    lines.push(
      `  -o cluster_size=${formatBytes(larger.clusterBytes).replace(/ ([KM])iB$/, '$1')}  needs ${formatBytes(larger.l2FullCoverageBytes ?? 0)}, which QEMU's default allows`,
    );
  }
  return `${lines.join('\n')}\n`;
}

function comparison(configurations: readonly CapacityConfiguration[]): string {
  return renderTable(
    [
      { title: 'Configuration' },
      { title: 'required', align: 'right' },
      { title: 'fully allocated', align: 'right' },
      { title: 'L2 cache', align: 'right' },
      { title: 'to cover all', align: 'right' },
      { title: 'entry', align: 'right' },
      { title: 'refcounts', align: 'right' },
      { title: 'covered', align: 'right' },
      { title: '', align: 'right' },
    ],
    configurations.map(({ settings, onDisk, cache }) => [
      settings.label,
      formatBytes(onDisk.requiredBytes),
      formatBytes(onDisk.fullyAllocatedBytes),
      formatBytes(cache.l2Bytes),
      formatBytes(cache.l2FullCoverageBytes),
      formatBytes(cache.l2EntryBytes),
      formatBytes(cache.refcountBytes),
      formatBytes(cache.coveredBytes),
      formatRatio(cache.coveredRatio),
    ]),
  );
}

/** Only where there is more than one image. */
function chain(configurations: readonly CapacityConfiguration[]): string {
  const [first] = configurations;
  if (first === undefined || (first.total.imageCount === 1 && first.snapshots === undefined)) return '';
  const rows = configurations.flatMap(({ settings, layers, total }) => {
    const name = configurations.length > 1 ? `${settings.label}: ` : '';
    const perDisk = layers.map((layer) => [
      `${name}one disk, ${layer.role === 'active' ? 'active image' : `${layer.imageCount} backing ${layer.imageCount === 1 ? 'image' : 'images'}, QEMU's default caches`}`,
      formatBytes(layer.memoryBytes),
      formatBytes(layer.fullCoverageMemoryBytes),
      '',
      '',
    ]);
    const all = `${name}${total.diskCount === 1 ? 'all' : `${total.diskCount} disks`}, ${total.imageCount} ${total.imageCount === 1 ? 'image' : 'images'}`;
    return [
      ...(layers.length > 1 ? perDisk : []),
      [
        all,
        formatBytes(total.memoryBytes),
        formatBytes(total.fullCoverageMemoryBytes),
        formatBytes(total.requiredBytes),
        formatBytes(total.fullyAllocatedBytes),
      ],
    ];
  });
  return renderTable(
    [
      { title: 'In total' },
      { title: 'cache memory', align: 'right' },
      { title: 'to cover all', align: 'right' },
      { title: 'required', align: 'right' },
      { title: 'fully allocated', align: 'right' },
    ],
    rows,
  );
}

function clusterSizes(report: CapacityReport): string {
  const { create } = report.settings;
  const own = typeof create.cluster_size === 'number' ? create.cluster_size : 64 * 1024;
  const table = renderTable(
    [
      { title: 'cluster_size' },
      { title: 'default cache covers up to', align: 'right' },
      { title: 'of this disk', align: 'right' },
      { title: 'L2 cache to cover it', align: 'right' },
      { title: 'largest disk', align: 'right' },
    ],
    report.cliff.byClusterSize.map((row) => [
      `${formatBytes(row.clusterBytes)}${row.clusterBytes === own ? ' *' : ''}`,
      formatBytes(row.coverageLimitBytes),
      row.coveredRatio === undefined ? 'too large' : formatRatio(row.coveredRatio),
      row.l2FullCoverageBytes === undefined ? '' : formatBytes(row.l2FullCoverageBytes),
      formatBytes(row.maximumDiskBytes),
    ]),
  );
  const extended = create.extended_l2 === true ? ', with extended_l2=on' : '';
  return `How far QEMU's default L2 cache of 32 MiB reaches${extended} (* ${report.configurations ? 'the first configuration' : 'this disk'}):\n\n${table}`;
}

function diskSizes(report: CapacityReport): string {
  const points = report.cliff.byDiskSize;
  if (points.length < 2) return '';
  const series = [{ name: "QEMU's default", values: points.map((point) => point.coveredRatio) }];
  if (points.some((point) => point.settingsCoveredRatio !== point.coveredRatio)) {
    series.push({ name: report.settings.label, values: points.map((point) => point.settingsCoveredRatio) });
  }
  return renderChart(series, {
    title: `Share of the disk that ${series.length > 1 ? 'the L2 cache' : "QEMU's default L2 cache"} covers, over the size of the disk:`,
    xLabels: points.map((point) => exactBytes(point.diskBytes)),
    formatValue: formatRatio,
    height: 8,
  });
}

function notes(report: CapacityReport): string {
  const { snapshots, layers, onDisk } = report;
  const lines = [
    onDisk.requiredBytes === onDisk.fullyAllocatedBytes
      ? 'Sizes on disk are those of `qemu-img measure`; preallocation makes the whole file required.'
      : 'Sizes on disk are those of `qemu-img measure`: required counts the metadata of a full image, so a fresh one is smaller.',
    'Cache memory is filled as it is used; QEMU gives back what was not used for cache-clean-interval (600 s).',
  ];
  if (layers.length > 1) {
    lines.push(
      "Run-time settings reach the active image; backing images keep QEMU's defaults. Each is taken to be as large as the disk.",
    );
  }
  if (snapshots) {
    lines.push(`refcount_bits allows ${snapshots.maximumCount} internal snapshots.`);
  }
  return `${lines.join('\n')}\n`;
}
