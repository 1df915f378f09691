import { exactBytes, formatBytes } from '../units/bytes.ts';
import { formatCount, formatRatio } from '../units/rate.ts';
import { renderChart } from './chart.ts';
import type { FleetHost, FleetReport, FleetSplitReport } from './fleet.ts';
import { splitSection } from './fleet-split-text.ts';
import { counted, mostRows, shown, whole, wrapped } from './fleet-text-parts.ts';
import { printable } from './printable.ts';
import { renderTable } from './table.ts';

/** The answer for a terminal, 80 columns wide. */
export function renderFleet(report: FleetReport): string {
  return [today(report), workloads(report), hosts(report), splitSection(report), conversion(report), growth(report)]
    .filter((part) => part !== '')
    .join('\n');
}

function today({ fleet, today: sums }: FleetReport): string {
  const { diskCount, imageCount } = sums;
  const onHosts = fleet.hostCount > 0 ? ` on ${counted(fleet.hostCount, 'host')}` : '';
  const chains = imageCount > diskCount ? `, ${whole(imageCount)} images` : '';
  const title = `${printable(fleet.name, 40)}: ${counted(diskCount, 'disk')}${chains}${onHosts}, ${formatBytes(sums.diskBytes)}, ${formatBytes(sums.allocatedBytes)} of data`;
  const table = renderTable(
    [
      { title: 'Metadata caches in memory, today' },
      { title: '', align: 'right' },
      { title: 'each disk', align: 'right' },
    ],
    [
      ['all full (worst case)', sums.worstCaseBytes],
      ['  L2 caches of active images', sums.l2Bytes],
      ["  L2 caches of backing images, QEMU's default", sums.backingBytes],
      ['  refcount caches', sums.refcountBytes],
      ['expected: used within the last 600 s', sums.expectedBytes],
      ['to map every working set', sums.workingSetBytes + sums.fixedBytes],
      ['to map every disk whole', sums.fullCoverageBytes + sums.fixedBytes],
    ]
      .filter(([, bytes]) => bytes !== 0)
      .map(([what, bytes]) => [String(what), formatBytes(Number(bytes)), formatBytes(Number(bytes) / diskCount)]),
  );
  const { missesPerSecond, lookupsPerSecond } = sums;
  const share =
    lookupsPerSecond === 0
      ? ''
      : ` of ${formatCount(lookupsPerSecond)} requests (${formatRatio(missesPerSecond / lookupsPerSecond)})`;
  const idle =
    sums.idleCount > 0 ? ` ${counted(sums.idleCount, 'disk')} ${sums.idleCount === 1 ? 'is' : 'are'} idle.` : '';
  const note = `${whole(sums.belowFullCoverageCount)} of ${whole(diskCount)} disks have an L2 cache that does not map them whole; of ${whole(sums.belowWorkingSetCount)} it does not map the working set. Together they miss ${formatCount(missesPerSecond)} times a second${share}.${idle}`;
  return `${wrapped(title)}\n\n${table}\n${wrapped(note)}\n`;
}

function workloads({ workloads }: FleetReport): string {
  if (workloads.length < 2) return '';
  return renderTable(
    [
      { title: 'Workload' },
      { title: 'disks', align: 'right' },
      { title: 'all full', align: 'right' },
      { title: 'expected', align: 'right' },
      { title: 'working sets', align: 'right' },
      { title: 'misses/s', align: 'right' },
    ],
    workloads.map((one) => [
      shown(one.name),
      whole(one.diskCount),
      formatBytes(one.worstCaseBytes),
      formatBytes(one.expectedBytes),
      formatBytes(one.workingSetBytes + one.fixedBytes),
      formatCount(one.missesPerSecond),
    ]),
  );
}

function hosts({ hosts, hostsLeftOutCount, split, growth }: FleetReport): string {
  if (hosts.length === 0) return '';
  const perHost = split?.budget.scope === 'host';
  const withMonths = perHost && growth !== undefined;
  const rest = hosts.length - mostRows + hostsLeftOutCount;
  const table = renderTable(
    [
      { title: 'Host' },
      { title: 'disks', align: 'right' },
      { title: 'all full', align: 'right' },
      { title: 'expected', align: 'right' },
      { title: 'misses/s', align: 'right' },
      ...(split ? [{ title: 'split', align: 'right' } as const, { title: 'misses/s', align: 'right' } as const] : []),
      ...(withMonths ? [{ title: 'runs out', align: 'right' } as const] : []),
    ],
    hosts.slice(0, mostRows).map((host) => hostRow(host, withMonths)),
  );
  return rest > 0
    ? `${table}${whole(rest)} more ${rest === 1 ? 'host' : 'hosts'} with less memory are in --json and --html.\n`
    : table;
}

function hostRow(host: FleetHost, withMonths: boolean): readonly string[] {
  const month = host.exceededMonth;
  return [
    shown(host.name === '' ? '(no host)' : host.name),
    whole(host.diskCount),
    formatBytes(host.worstCaseBytes),
    formatBytes(host.expectedBytes),
    formatCount(host.missesPerSecond),
    ...(host.split ? [formatBytes(host.split.memoryBytes), formatCount(host.split.missesPerSecond)] : []),
    ...(withMonths ? [month === undefined ? 'later' : month === 0 ? 'today' : `month ${month}`] : []),
  ];
}

function conversion({ conversion: plan }: FleetReport): string {
  if (plan.steps.length === 0) return keptForSnapshots(plan.keptForSnapshotsCount);
  const { half, neededBytes, leastNeededBytes, convertibleCount } = plan;
  const goal =
    half === null
      ? `Converting all ${whole(convertibleCount)} that pay brings the memory that the working sets need from ${formatBytes(neededBytes)} to ${formatBytes(leastNeededBytes)}; half is out of reach.`
      : `Half the memory that the working sets need (${formatBytes(neededBytes)}): convert the first ${counted(half.diskCount, 'disk')} in this order, ${formatBytes(half.copiedBytes)} to copy.`;
  const worst = `All caches full would take ${formatBytes(plan.convertedWorstCaseBytes)} then, ${formatBytes(plan.worstCaseBytes)} today.`;
  const table = renderTable(
    [
      { title: 'Convert first' },
      { title: 'disks', align: 'right' },
      { title: 'to', align: 'right' },
      { title: 'saves', align: 'right' },
      { title: 'copies', align: 'right' },
      { title: 'saved so far', align: 'right' },
    ],
    plan.steps
      .slice(0, mostRows)
      .map((step) => [
        shown(step.name),
        whole(step.diskCount),
        `${exactBytes(step.clusterBytes)}${step.extendedL2 ? ' ext' : ''}`,
        formatBytes(step.savedBytes),
        formatBytes(step.copiedBytes),
        `${formatBytes(step.totalSavedBytes)} (${formatRatio(step.totalSavedBytes / neededBytes)})`,
      ]),
  );
  const chart = renderChart([{ name: 'memory needed', values: plan.curve.map((point) => point.neededBytes) }], {
    title: 'Memory that the working sets need, over the data copied:',
    xLabels: plan.curve.map(({ copiedBytes }, index) => (index % 15 === 0 ? formatBytes(copiedBytes) : '')),
    formatValue: formatBytes,
    height: 6,
    width: 76,
  });
  const [first] = plan.steps;
  const command =
    first === undefined
      ? ''
      : `With the guest off, the first one (--json has ${plan.steps.length === 1 ? 'it' : 'more of them'}):\n  ${printable(first.command, 400)}\n`;
  return `${wrapped(`${goal} ${worst}`)}\n\n${table}\n${chart}\n${command}${keptForSnapshots(plan.keptForSnapshotsCount)}`;
}

function keptForSnapshots(count: number): string {
  if (count === 0) return '';
  const kept = `${counted(count, 'disk')} would pay too but ${count === 1 ? 'has' : 'have'} internal snapshots, which \`qemu-img convert\` does not copy.`;
  return `${wrapped(kept)}\n`;
}

function growth({ growth: grown, split }: FleetReport): string {
  if (grown === undefined) return '';
  const table = renderTable(
    [
      { title: 'Month', align: 'right' },
      { title: 'data', align: 'right' },
      { title: 'working sets', align: 'right' },
      { title: 'all caches full', align: 'right' },
      { title: 'disks enlarged', align: 'right' },
    ],
    grown.points.map((point) => [
      String(point.month),
      formatBytes(point.allocatedBytes),
      formatBytes(point.neededBytes),
      formatBytes(point.worstCaseBytes),
      whole(point.enlargedCount),
    ]),
  );
  const values = grown.points.map((point) => point.neededBytes);
  const chart = renderChart([{ name: 'working sets', values }], {
    title: 'Memory to map the working sets, as the disks grow (by month):',
    xLabels: grown.points.map(({ month }) => String(month)),
    formatValue: formatBytes,
    height: 6,
    width: 76,
  });
  return `Growth\n\n${table}\n${chart}\n${wrapped(runsOut(grown.exceededMonth, grown.points.at(-1)?.month ?? 0, split))}\n`;
}

function runsOut(month: number | null, last: number, split: FleetSplitReport | undefined): string {
  if (split === undefined) return 'With --budget, the month in which it no longer maps the working sets is told here.';
  const { budget } = split;
  const whose = budget.scope === 'all' ? 'the budget' : 'the budget of the first host';
  if (month === null)
    return `For ${last} months ${budget.scope === 'all' ? 'the budget maps' : 'every budget maps'} all working sets.`;
  if (month === 0)
    return `Today ${whose} (${formatBytes(budget.budgetBytes)}) does not map all working sets: the split says who goes short.`;
  return `In month ${month} ${whose} (${formatBytes(budget.budgetBytes)}) no longer maps all working sets.`;
}
