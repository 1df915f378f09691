import type { LatencySummary, TrialMetrics } from '../engine/engine.ts';
import type { HeaderRecord, JournalRecord, PlanSummary, TrialEnvironment, TrialRecord } from './record.ts';

const noPlan: PlanSummary = {
  hash: '',
  seed: 0,
  repetitions: 0,
  engine: 'qemu-io',
  trialCount: 0,
  workloads: [],
  configurations: [],
};

const noEnvironment: TrialEnvironment = {
  qtuneVersion: '',
  nodeVersion: '',
  kernel: '',
  cpuModel: '',
  cpuCount: 0,
  memoryBytes: 0,
  fileSystem: '',
  mountOptions: '',
  freeBytes: 0,
  fingerprint: '',
};

const noEngine: HeaderRecord['engine'] = { name: 'qemu-io', version: '', cache: '', aio: '', overheadMs: 0, cpus: [] };

const unknown = Number.NaN;
const noLatency: LatencySummary = {
  count: 0,
  mean: unknown,
  p50: unknown,
  p99: unknown,
  p999: unknown,
  max: unknown,
};
const noMetrics: Omit<TrialMetrics, 'iops' | 'bytesPerSecond' | 'fileBytes' | 'allocatedBytes' | 'guestBytes'> = {
  requestCount: unknown,
  wallMs: unknown,
  driverMs: unknown,
  syncCount: unknown,
  syncMs: unknown,
  latencyMs: noLatency,
  latencyByOperationMs: {},
  histograms: {},
  guestDistinctBytes: unknown,
  guestSeekBytes: unknown,
};

/**
 * Fills in what the contract does not demand of a journal and another program's journal may therefore leave out: texts
 * and lists become empty, numbers of a measurement NaN, so that nobody takes them for a measured zero. A record that
 * qtune wrote comes back as it is.
 */
export function completeRecord(record: JournalRecord): JournalRecord {
  switch (record.type) {
    case 'header':
      return {
        ...record,
        startedAt: record.startedAt ?? '',
        plan: { ...noPlan, ...record.plan },
        environment: { ...noEnvironment, ...record.environment },
        engine: record.engine ?? noEngine,
      };
    case 'resume':
      return {
        ...record,
        resumedAt: record.resumedAt ?? '',
        environment: { ...noEnvironment, ...record.environment },
        engine: record.engine ?? noEngine,
      };
    case 'confirmation':
      return record;
    case 'shard':
      return {
        ...record,
        startedAt: record.startedAt ?? '',
        environment: { ...noEnvironment, ...record.environment },
        engine: record.engine ?? noEngine,
      };
    case 'trial':
      return isWhole(record) ? record : completeTrial(record);
  }
}

/** The cheap question first: nearly every record is whole. */
function isWhole(record: TrialRecord): boolean {
  if (record.startedAt === undefined || record.durationMs === undefined) return false;
  if (record.state !== 'completed') return record.reason !== undefined;
  const { metrics } = record;
  return (
    record.cpus !== undefined &&
    record.command !== undefined &&
    record.warnings !== undefined &&
    metrics.requestCount !== undefined &&
    metrics.wallMs !== undefined &&
    metrics.driverMs !== undefined &&
    metrics.syncCount !== undefined &&
    metrics.syncMs !== undefined &&
    metrics.latencyByOperationMs !== undefined &&
    metrics.histograms !== undefined &&
    metrics.guestDistinctBytes !== undefined &&
    metrics.guestSeekBytes !== undefined &&
    metrics.latencyMs.count !== undefined &&
    metrics.latencyMs.mean !== undefined &&
    metrics.latencyMs.p999 !== undefined &&
    metrics.latencyMs.max !== undefined
  );
}

function completeTrial(record: TrialRecord): TrialRecord {
  const base = { startedAt: record.startedAt ?? '', durationMs: record.durationMs ?? unknown };
  if (record.state !== 'completed') return { ...record, ...base, reason: record.reason ?? 'no reason was recorded' };
  const latencyMs = { ...noLatency, ...record.metrics.latencyMs };
  return {
    ...record,
    ...base,
    cpus: record.cpus ?? [],
    command: record.command ?? [],
    warnings: record.warnings ?? [],
    metrics: { ...noMetrics, ...record.metrics, latencyMs },
  };
}
