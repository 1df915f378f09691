import { exactBytes, formatBytes } from '../units/bytes.ts';
import { formatRatio } from '../units/rate.ts';
import { renderChart } from './chart.ts';
import type { CurvePoint, CurveReport, LookupCurve } from './curve.ts';
import { brokenAt, renderNamedTable, reportWidth } from './fit-columns.ts';
import { printable } from './printable.ts';
import { renderTable } from './table.ts';

/** Miss ratios with two digits after the point: caches worth choosing between differ in the second. */
const percent = (ratio: number): string => `${(ratio * 100).toFixed(2)} %`;
const count = (value: number): string => value.toLocaleString('en-US');

/** The curves for people: a chart, the points, and the caches that matter. */
export function renderCurve(report: CurveReport): string {
  const [first, ...others] = report.curves;
  if (first === undefined) return '';
  const parts =
    others.length === 0
      ? [subject(report), lookups(first), chart(report.curves), points(first), needs(first)]
      : [subject(report), comparison(report.curves), chart(report.curves), sizes(report.curves)];
  return [...parts, notes(report)].join('\n');
}

function subject({ requests, disk, curves }: CurveReport): string {
  const sampled = curves.filter((curve) => curve.sampling !== null);
  const how = sampled.length === 0 ? 'computed from every lookup' : 'computed from a sample of the slices';
  const end = disk.source !== 'requests' ? '' : ', the end of the last request rounded up; --disk sets it';
  return [
    `L2 cache misses of ${printable(requests.name)}, ${how}`,
    `  disk      ${formatBytes(disk.virtualBytes)}${end}`,
    `  requests  ${count(requests.readCount)} reads, ${count(requests.writeCount)} writes, ${count(requests.trimCount)} trims, ${count(requests.syncCount)} syncs`,
    '',
  ].join('\n');
}

/** `64K clusters`, `128K clusters with extended L2, entries of 8K`. */
function nameOf({ clusterBytes, extendedL2, entryBytes }: LookupCurve): string {
  return `${exactBytes(clusterBytes)} clusters${extendedL2 ? ' with extended L2' : ''}, entries of ${exactBytes(entryBytes)}`;
}

function lookups(curve: LookupCurve): string {
  const { readLookupCount, writeLookupCount, allocatingWriteLookupCount, sliceCount, sampling } = curve;
  const lines = [
    nameOf(curve),
    `  an entry maps ${formatBytes(curve.entryCoverageBytes)} of the disk; ${formatBytes(curve.fullCoverageBytes)} of cache map all of it`,
    `  ${count(readLookupCount)} lookups of reads, ${count(writeLookupCount)} of writes, of ${count(sliceCount)} different slices`,
  ];
  if (allocatingWriteLookupCount > 0) {
    lines.push(`  ${count(allocatingWriteLookupCount)} of the writes would allocate in an image that starts empty`);
  }
  if (sampling) {
    lines.push(
      `  ${count(sampling.followedSliceCount)} of the slices were followed, a rate of ${Number(sampling.rateRatio.toPrecision(3))}`,
    );
  }
  return `${lines.map((line) => brokenAt(line, reportWidth)).join('\n')}\n`;
}

function comparison(curves: readonly LookupCurve[]): string {
  return renderNamedTable(
    [
      { title: '' },
      ...['entry maps', 'lookups', 'slices', 'knee', '90 %', '95 %', '99 %', '100 % of hits', 'whole disk'].map(
        (title) => ({
          title,
          align: 'right' as const,
        }),
      ),
    ],
    curves.map((curve) => [
      nameOf(curve),
      formatBytes(curve.entryCoverageBytes),
      count(curve.lookupCount),
      count(curve.sliceCount),
      formatBytes(curve.kneeBytes),
      ...curve.needs.map((need) => formatBytes(need.cacheBytes)),
      formatBytes(curve.fullCoverageBytes),
    ]),
  );
}

/** Sizes that all curves have a point at. */
function commonSizes(curves: readonly LookupCurve[]): readonly number[] {
  const [first, ...others] = curves.map((curve) => curve.points.map((point) => point.cacheBytes));
  return (first ?? []).filter((size) => others.every((sizes) => sizes.includes(size)));
}

/** Sizes on the chart's axis: powers of two where sizes were chosen, since only they are evenly apart. */
function chart(curves: readonly LookupCurve[]): string {
  const all = [...new Set(curves.flatMap((curve) => curve.points.map((point) => point.cacheBytes)))];
  const powers = all.filter((size) => Number.isInteger(Math.log2(size)));
  const axis = (powers.length >= 3 ? powers : all).sort((left, right) => left - right);
  if (axis.length < 2) return '';
  return renderChart(
    curves.map((curve) => ({
      name: nameOf(curve),
      values: axis.map((size) => curve.points.find((point) => point.cacheBytes === size)?.missRatio ?? Number.NaN),
    })),
    {
      title: 'Miss ratio over the size of the L2 cache:',
      xLabels: axis.map(exactBytes),
      formatValue: formatRatio,
      height: curves.length > 1 ? 6 : 10,
    },
  );
}

function points(curve: LookupCurve): string {
  const { readLookupCount, writeLookupCount, sampling, kneeBytes } = curve;
  const both = readLookupCount > 0 && writeLookupCount > 0;
  const band = (point: CurvePoint): string => `${percent(point.missRatioLow)} … ${percent(point.missRatioHigh)}`;
  const right = (title: string) => ({ title, align: 'right' as const });
  return renderTable(
    [
      right('L2 cache'),
      right('entries'),
      right('misses'),
      right('miss ratio'),
      ...(sampling ? [right('band')] : []),
      ...(both ? [right('of reads'), right('of writes')] : []),
      { title: '' },
    ],
    curve.points.map((point) => [
      exactBytes(point.cacheBytes),
      count(point.entryCount),
      count(point.missCount),
      percent(point.missRatio),
      ...(sampling ? [band(point)] : []),
      ...(both ? [percent(point.readMissRatio), percent(point.writeMissRatio)] : []),
      [
        ...(point.cacheBytes === kneeBytes ? ['knee'] : []),
        ...curve.needs
          .filter((need) => need.cacheBytes === point.cacheBytes)
          .map((need) => `${formatRatio(need.hitShareRatio)} of hits`),
      ].join(', '),
    ]),
  );
}

function needs(curve: LookupCurve): string {
  const rows = curve.needs.map((need) => [
    need.hitShareRatio === 1
      ? 'all hits: only first lookups of slices miss'
      : `${formatRatio(need.hitShareRatio)} of them`,
    formatBytes(need.cacheBytes),
    `l2-cache-size=${exactBytes(need.cacheBytes)},l2-cache-entry-size=${exactBytes(curve.entryBytes)}`,
    'computed',
  ]);
  return renderTable(
    [
      { title: 'for the possible hits' },
      { title: 'L2 cache', align: 'right' },
      { title: '--drive' },
      { title: 'source' },
    ],
    rows,
  );
}

/** Several curves side by side. */
function sizes(curves: readonly LookupCurve[]): string {
  const rows = commonSizes(curves);
  if (rows.length === 0) return '';
  return (
    renderTable(
      [
        { title: 'L2 cache', align: 'right' },
        ...curves.map((_, index) => ({ title: `(${index + 1})`, align: 'right' as const })),
      ],
      rows.map((size) => [
        exactBytes(size),
        ...curves.map((curve) =>
          percent(curve.points.find((point) => point.cacheBytes === size)?.missRatio ?? Number.NaN),
        ),
      ]),
    ) + curves.map((curve, index) => `(${index + 1}) ${nameOf(curve)}\n`).join('')
  );
}

function notes({ curves, requests, warnings }: CurveReport): string {
  const lines = [
    'Knee: beyond it twice the cache saves less than one lookup in a hundred its miss.',
    'A request looks up each slice that it touches once: the image is taken as fully mapped.',
  ];
  if (requests.writeCount > 0) {
    lines.push(
      'Where it starts empty, a write that allocates looks its slice up three times or more, of which all but the first hit.',
    );
  }
  const whole = curves.find(
    (curve) =>
      curve.entryBytes !== curve.clusterBytes &&
      curve.points.some((point) => point.cacheBytes >= curve.fullCoverageBytes),
  );
  if (whole) {
    lines.push(
      `From ${formatBytes(whole.fullCoverageBytes)} on (${nameOf(whole)}), where the cache maps the whole disk, QEMU takes entries of a whole cluster unless l2-cache-entry-size is set.`,
    );
  }
  for (const { subject: about, message, hint } of warnings)
    lines.push(`${about}: ${message}${hint === undefined ? '' : ` (${hint})`}.`);
  return lines.map((line) => `${brokenAt(line, reportWidth)}\n`).join('');
}
