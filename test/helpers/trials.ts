import type { LatencySummary, TrialMetrics } from '../../src/engine/engine.ts';
import type { HeaderRecord, TrialEnvironment, TrialRecord } from '../../src/trial/record.ts';
import { journalSchema } from '../../src/trial/record.ts';

/** Latencies as a real trial has them: two in three digits of noise, so that a record has a real one's length. */
function latency(p50: number): LatencySummary {
  return { count: 19_683, mean: p50 * 1.083_217, p50, p99: p50 * 3.417, p999: p50 * 11.93, max: p50 * 97.311 };
}

/** Metrics of a made-up trial around one figure, requests per second. */
export function sampleMetrics(iops: number, overrides: Partial<TrialMetrics> = {}): TrialMetrics {
  const p50 = 1000 / iops;
  return {
    iops,
    bytesPerSecond: iops * 4096,
    requestCount: 20_000,
    wallMs: 20_000_000 / iops + 113.418_725,
    driverMs: 20_000_000 / iops,
    syncCount: 0,
    syncMs: 0,
    latencyMs: latency(p50),
    latencyByOperationMs: { read: latency(p50) },
    histograms: { read: 'HISTFAAAA'.padEnd(700, 'Qx7aZ/k0P+') },
    hostIo: { dataRead: 20_000, l2Read: 19_871 },
    fileBytes: 21_478_375_424,
    allocatedBytes: 2_949_120,
    guestBytes: 0,
    guestDistinctBytes: 0,
    guestSeekBytes: 7_162_349_811.2,
    hostSeekBytes: 7_163_412_908.8,
    ...overrides,
  };
}

/** A completed trial of 1,000 requests a second unless said otherwise. */
export function completedTrial(
  overrides: Partial<Extract<TrialRecord, { state: 'completed' }>> = {},
): Extract<TrialRecord, { state: 'completed' }> {
  return {
    type: 'trial',
    id: '0123456789abcdef',
    workload: 'l2-cache-20g',
    configuration: { label: 'l2-cache-size=1M', create: {}, drive: { 'l2-cache-size': 1_048_576 } },
    repetition: 0,
    block: 0,
    engine: 'qemu-io',
    startedAt: '2026-01-02T03:04:05.678Z',
    durationMs: 1520.25,
    state: 'completed',
    metrics: sampleMetrics(1000),
    cpus: [1],
    command: ['qemu-io', '-t', 'none', '-i', 'io_uring', 'json:{"driver":"qcow2","l2-cache-size":1048576}'],
    warnings: [],
    ...overrides,
  };
}

export const sampleEnvironment: TrialEnvironment = {
  qtuneVersion: '0.1.0',
  nodeVersion: 'v20.20.2',
  qemu: 'qemu-img version 7.2.22',
  kernel: 'Linux 6.1.0',
  cpuModel: 'An example CPU',
  cpuCount: 2,
  memoryBytes: 8_589_934_592,
  fileSystem: 'ext4',
  mountOptions: 'rw,relatime',
  freeBytes: 107_374_182_400,
  fingerprint: '00112233aabbccdd',
};

export function sampleHeader(overrides: Partial<HeaderRecord> = {}): HeaderRecord {
  return {
    type: 'header',
    schema: journalSchema,
    startedAt: '2026-01-02T03:04:00.000Z',
    plan: {
      hash: 'f'.repeat(64),
      seed: 1,
      repetitions: 1,
      engine: 'qemu-io',
      trialCount: 1,
      workloads: [
        {
          name: 'l2-cache-20g',
          title: 'Random reads of 20 GiB',
          source: 'an example',
          diskBytes: 21_474_836_480,
          seed: 1,
          requestCount: 20_000,
          warmUpCount: 0,
        },
      ],
      configurations: [{ label: 'l2-cache-size=1M', create: {}, drive: { 'l2-cache-size': 1_048_576 } }],
    },
    environment: sampleEnvironment,
    engine: { name: 'qemu-io', version: '7.2', cache: 'none', aio: 'io_uring', overheadMs: 0.004, cpus: [1] },
    ...overrides,
  };
}
