import { convertCommand } from '../advisor/commands/qemu-img.ts';
import { plainFileName } from '../advisor/commands/quoting.ts';
import type { ConversionPlan, ConversionStep } from '../fleet/conversion.ts';
import { emptyFacts } from '../fleet/disk-groups.ts';
import { type Fleet, rowName } from '../fleet/fleet.ts';
import type { FleetGrowth, GrowthPoint } from '../fleet/growth.ts';
import { Column } from '../fleet/read/columns.ts';
import { assumedRequestsPerSecond } from '../fleet/read/row-reader.ts';
import { classesOf, type DiskClass } from '../fleet/split/classes.ts';
import type { Budget, FleetSplit } from '../fleet/split/split-fleet.ts';
import type { FleetSums, FleetSurvey } from '../fleet/survey.ts';
import { printSettings } from '../settings/print.ts';
import type { Warning } from '../warnings.ts';

/** Hosts and classes of a document; a fleet may have a host for every disk. */
const mostHosts = 10_000;
const mostClasses = 500;

export interface FleetHost extends FleetSums {
  readonly name: string;
  /** With a budget. */
  readonly split?: { readonly memoryBytes: number; readonly missesPerSecond: number };
  /** Month in which the host's budget is exceeded, where each has one. */
  readonly exceededMonth?: number;
}

export interface FleetClass extends Omit<DiskClass, 'exampleGroup' | 'exampleBytes'> {
  readonly example: { readonly name: string; readonly l2CacheBytes: number };
}

export interface FleetSplitReport extends Omit<FleetSplit, 'cacheBytes' | 'hosts' | 'budget'> {
  readonly budget: { readonly scope: Budget['scope']; readonly budgetBytes: number };
  readonly todayMissesPerSecond: number;
  readonly savedMissesPerSecond: number;
  readonly classCount: number;
  readonly classes: readonly FleetClass[];
}

export interface FleetConversionStep extends Omit<ConversionStep, 'group'> {
  readonly name: string;
  readonly command: string;
}

/** What `qtune capacity FLEET` says, as plain data. */
export interface FleetReport {
  readonly schema: 'qtune.fleet/1';
  readonly fleet: {
    readonly name: string;
    readonly format: Fleet['format'];
    readonly rowCount: number;
    readonly groupCount: number;
    readonly hostCount: number;
    readonly skippedCount: number;
    readonly skipped: Fleet['skipped']['examples'];
    readonly unknownColumns: readonly string[];
  };
  readonly today: FleetSums;
  readonly workloads: readonly (FleetSums & { readonly name: string; readonly source: string })[];
  readonly hosts: readonly FleetHost[];
  readonly hostsLeftOutCount: number;
  readonly split?: FleetSplitReport;
  readonly conversion: Omit<ConversionPlan, 'steps' | 'half'> & {
    readonly half: NonNullable<ConversionPlan['half']> | null;
    readonly steps: readonly FleetConversionStep[];
  };
  readonly growth?: { readonly points: readonly GrowthPoint[]; readonly exceededMonth: number | null };
  readonly warnings: readonly Warning[];
}

export interface FleetFindings {
  readonly survey: FleetSurvey;
  readonly split: FleetSplit | undefined;
  readonly conversion: ConversionPlan;
  readonly growth: FleetGrowth | undefined;
}

export function buildFleetReport(fleet: Fleet, { survey, split, conversion, growth }: FleetFindings): FleetReport {
  const { total, workloads } = survey;
  const hosts = hostsOf(fleet, survey, split, growth);
  return {
    schema: 'qtune.fleet/1',
    fleet: {
      name: fleet.file,
      format: fleet.format,
      rowCount: fleet.rowCount,
      groupCount: fleet.groups.count,
      hostCount: fleet.columns.has(Column.host) ? fleet.hosts.count : 0,
      skippedCount: fleet.skipped.count,
      skipped: fleet.skipped.examples,
      unknownColumns: fleet.unknownColumns,
    },
    today: total,
    workloads: fleet.curves.curves.flatMap(({ name, source }, number) => {
      const sums = workloads[number];
      return sums && sums.diskCount > 0 ? [{ name, source, ...sums }] : [];
    }),
    hosts: hosts.slice(0, mostHosts),
    hostsLeftOutCount: Math.max(0, hosts.length - mostHosts),
    ...(split === undefined ? {} : { split: splitOf(fleet, split, total) }),
    conversion: conversionOf(fleet, conversion),
    ...(growth === undefined ? {} : { growth: { points: growth.points, exceededMonth: growth.exceededMonth ?? null } }),
    warnings: warningsOf(fleet),
  };
}

/** Those with the most memory first; none where the file names no hosts. */
function hostsOf(
  fleet: Fleet,
  { hosts }: FleetSurvey,
  split: FleetSplit | undefined,
  growth: FleetGrowth | undefined,
): readonly FleetHost[] {
  if (!fleet.columns.has(Column.host)) return [];
  const order = hosts.map((_, host) => host);
  order.sort((left, right) => (hosts[right]?.worstCaseBytes ?? 0) - (hosts[left]?.worstCaseBytes ?? 0) || left - right);
  return order.slice(0, mostHosts).flatMap((host) => {
    const [sums, after, month] = [hosts[host], split?.hosts[host], growth?.hostMonths?.[host]];
    if (sums === undefined) return [];
    return [
      {
        name: fleet.hosts.text(host),
        ...sums,
        ...(after === undefined ? {} : { split: after }),
        ...(month === undefined ? {} : { exceededMonth: month }),
      },
    ];
  });
}

function splitOf(fleet: Fleet, split: FleetSplit, total: FleetSums): FleetSplitReport {
  const { cacheBytes, hosts: _, budget, ...figures } = split;
  const classes = classesOf(fleet, cacheBytes);
  return {
    budget: { scope: budget.scope, budgetBytes: budget.bytes },
    ...figures,
    todayMissesPerSecond: total.missesPerSecond,
    savedMissesPerSecond: total.missesPerSecond - figures.missesPerSecond,
    classCount: classes.length,
    classes: classes.slice(0, mostClasses).map(({ exampleGroup, exampleBytes: __, ...one }) => ({
      ...one,
      example: {
        name: rowName(fleet, fleet.groups.firstRowOf(exampleGroup)),
        l2CacheBytes: cacheBytes[exampleGroup] as number,
      },
    })),
  };
}

function conversionOf(fleet: Fleet, { steps, half, ...plan }: ConversionPlan): FleetReport['conversion'] {
  const facts = emptyFacts();
  return {
    ...plan,
    half: half ?? null,
    steps: steps.map(({ group, ...step }) => {
      const name = rowName(fleet, fleet.groups.firstRowOf(group));
      const { imageCount } = fleet.groups.read(group, facts);
      const settings = printSettings('create', {
        cluster_size: step.clusterBytes,
        ...(step.extendedL2 ? { extended_l2: true } : {}),
      });
      return { name, ...step, command: convertCommand(plainFileName(name), imageCount > 1, settings) };
    }),
  };
}

function warningsOf(fleet: Fleet): readonly Warning[] {
  const { columns, unknownColumns, skipped, file } = fleet;
  const warnings: Warning[] = [];
  const warn = (code: string, message: string): void => void warnings.push({ code, subject: file, message });
  if (skipped.count > 0) {
    const examples = skipped.examples.map(
      ({ line, column, why }) => `${line}: ${column === undefined ? '' : `${column}: `}${why}`,
    );
    const rest = skipped.count > examples.length ? '; …' : '';
    warn(
      'rows-skipped',
      `${skipped.count} bad ${skipped.count === 1 ? 'row was' : 'rows were'} left out: line ${examples.join('; line ')}${rest}`,
    );
  }
  if (unknownColumns.length > 0) warn('unknown-columns', `columns that were not read: ${unknownColumns.join(', ')}`);
  if (!columns.has(Column.allocated)) {
    warn(
      'no-allocated',
      'no column "allocated": every disk is taken to be full, which is the most that its caches can be of use for',
    );
  }
  if (!columns.has(Column.iops) && !columns.has(Column.activity)) {
    warn(
      'no-iops',
      `no column "iops" or "activity" with requests a second: every disk is taken to make ${assumedRequestsPerSecond}; only the proportions matter for the split`,
    );
  }
  if (!columns.has(Column.workload) && !columns.has(Column.activity)) {
    warn(
      'no-workload',
      `no column "workload": every disk is taken to be "${fleet.curves.at(0).name}" (--workload says another)`,
    );
  }
  return warnings;
}
