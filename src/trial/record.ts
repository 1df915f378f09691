import type { Disturbance, EngineDescription, EngineName, TrialMetrics } from '../engine/engine.ts';
import type { Configuration, SettingValues } from '../settings/configuration.ts';
import type { Warning } from '../warnings.ts';

/** Version of the journal's format; the first record names it. */
export const journalSchema = 'qtune.journal/1';

/** The machine and the tools that the trials ran on. */
export interface TrialEnvironment {
  readonly qtuneVersion: string;
  readonly nodeVersion: string;
  /** First line of `qemu-img --version`; absent where no QEMU took part. */
  readonly qemu?: string;
  readonly kernel: string;
  readonly cpuModel: string;
  readonly cpuCount: number;
  readonly memoryBytes: number;
  /** The file system of the scratch directory: `ext4`, its mount options and its free space at the start. */
  readonly fileSystem: string;
  readonly mountOptions: string;
  readonly freeBytes: number;
  /** A hash of what makes two hosts comparable: kernel, CPU, file system, QEMU. No host name. */
  readonly fingerprint: string;
}

/** A planned configuration × workload × repetition; its position in the run follows from the plan's order. */
export interface PlannedTrial {
  /** Stable: the same plan gives the same id on any host. */
  readonly id: string;
  readonly workload: string;
  readonly configuration: string;
  readonly repetition: number;
  readonly block: number;
}

/** The header's description of what the run is to do. */
export interface PlanSummary {
  /** SHA-256 of the canonical plan, hexadecimal. */
  readonly hash: string;
  readonly seed: number;
  readonly repetitions: number;
  readonly engine: EngineName;
  readonly trialCount: number;
  readonly workloads: readonly {
    readonly name: string;
    readonly title: string;
    readonly source: string;
    readonly diskBytes: number;
    readonly seed: number;
    readonly requestCount: number;
    readonly warmUpCount: number;
    /** SHA-256 of everything that determines its requests and its image; tells a changed profile from the same one. */
    readonly hash?: string;
    /** Labels of the configurations it runs under; absent where it runs under all of them. */
    readonly configurations?: readonly string[];
    /** How often each cell of it is repeated; absent where as often as the plan says. */
    readonly repetitions?: number;
    /** The settings under which the published figures of the same experiment were taken, if any: see profile `published`. */
    readonly published?: unknown;
  }[];
  readonly configurations: readonly Configuration[];
  /** The backing file given by the user, as typed. */
  readonly backing?: string;
  /** Present where the run was to stop as soon as its comparisons were decided; the plan's repetitions are then the most. */
  readonly stopping?: {
    /** Numbers of blocks after which it looked, ascending. Each look is a chance of a false alarm. */
    readonly looks: readonly number[];
  };
}

/** Which part of a plan a journal is of. */
export interface ShardPosition {
  /** Counted from 1. */
  readonly index: number;
  readonly count: number;
}

export interface HeaderRecord {
  readonly type: 'header';
  readonly schema: typeof journalSchema;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  /** The whole plan, in the journal of a shard too. */
  readonly plan: PlanSummary;
  readonly environment: TrialEnvironment;
  readonly engine: EngineDescription;
  /** Present in the journal of `--shard i/n`. */
  readonly shard?: ShardPosition;
  /** Present in a journal that was merged though something was missing. */
  readonly partial?: { readonly missingShards: readonly number[]; readonly missingTrialCount: number };
}

/**
 * In a merged journal, after the header: a shard whose environment or engine is not to the letter that of the header, with
 * the workloads that ran there.
 */
export interface ShardRecord extends ShardPosition {
  readonly type: 'shard';
  readonly startedAt: string;
  readonly environment: TrialEnvironment;
  readonly engine: EngineDescription;
  readonly workloads: readonly string[];
}

interface TrialRecordBase {
  readonly type: 'trial';
  readonly id: string;
  readonly workload: string;
  readonly configuration: { readonly label: string; readonly create: SettingValues; readonly drive: SettingValues };
  readonly repetition: number;
  /** Trials of one block ran next to each other in random order: the unit of pairing. */
  readonly block: number;
  readonly engine: EngineName;
  readonly startedAt: string;
  /** Milliseconds for the whole trial, image making included. */
  readonly durationMs: number;
}

/** How a trial's requests alternated with those of the trials beside it. */
export interface TrialSlices {
  /** Equal for the trials that alternated with each other, in this journal or in another one. */
  readonly session: string;
  /** Time inside the driver of each slice, milliseconds; slice i did the same share of the requests in every trial of the session. */
  readonly driverMs: readonly number[];
  /** The same with the stalls taken out, where requests wait for no disk and so have no reason to stall. */
  readonly robustMs?: readonly number[];
}

/** Only a completed trial has metrics; every other state has a reason. */
export type TrialRecord =
  | (TrialRecordBase & {
      readonly state: 'completed';
      readonly metrics: TrialMetrics;
      readonly cpus: readonly number[];
      readonly command: readonly string[];
      readonly warnings: readonly Warning[];
      /** Absent where the trial ran by itself. */
      readonly slices?: TrialSlices;
      /** Absent where it was not looked at. */
      readonly disturbance?: Disturbance;
    })
  | (TrialRecordBase & { readonly state: 'failed' | 'timed-out' | 'aborted' | 'skipped'; readonly reason: string });

/** `--resume` appends one of these before it goes on, with the environment at that time. */
export interface ResumeRecord {
  readonly type: 'resume';
  readonly resumedAt: string;
  readonly environment: TrialEnvironment;
  readonly engine: EngineDescription;
}

/**
 * Whether a winner stays one where the measured process may run on any processor: pinning hides what several of them gain.
 */
export interface ConfirmationRecord {
  readonly type: 'confirmation';
  readonly workload: string;
  /** Labels of configurations. */
  readonly base: string;
  readonly head: string;
  /** IOPS of head over base, with the ends of its 95 % interval. */
  readonly ratio: number;
  readonly low: number;
  readonly high: number;
  readonly sliceCount: number;
  readonly confirmed: boolean;
}

export type JournalRecord = HeaderRecord | ShardRecord | TrialRecord | ResumeRecord | ConfirmationRecord;
