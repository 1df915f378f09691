import type { HostIoSink } from '../driver/host-io.ts';
import type { Configuration } from '../settings/configuration.ts';
import type { Warning } from '../warnings.ts';
import type { OperationName } from '../workload/request.ts';
import type { Workload } from '../workload/workload.ts';

export type EngineName = 'qemu-io' | 'fio' | 'simulated';

/** Latency of requests inside the driver, milliseconds. Quantiles come from a histogram of 3 significant digits. */
export interface LatencySummary {
  readonly count: number;
  readonly mean: number;
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

/**
 * Host I/O of one replay by what it was for. Counts are requests at the image's file node, from the first guest request
 * to the close of the image; opening is excluded. A key is absent where the count is zero, `sync` where it is not known.
 */
export type HostIoCounts = Readonly<
  Partial<
    Record<
      | 'dataRead'
      | 'dataWrite'
      | 'zero'
      | 'discard'
      | 'sync'
      | 'l2Read'
      | 'l2Write'
      | 'refcountRead'
      | 'refcountWrite'
      | 'l1Write'
      | 'otherRead'
      | 'otherWrite'
      | 'backingRead',
      number
    >
  >
>;

/** What one completed trial measured. */
export interface TrialMetrics {
  /** Data requests (reads, writes, trims) per second of `driverMs`, syncs' time included. */
  readonly iops: number;
  /** The range that a predicted rate is claimed for; absent where it was measured. */
  readonly iopsInterval?: { readonly low: number; readonly high: number };
  /** Bytes of reads and writes per second of the same time. */
  readonly bytesPerSecond: number;
  /** Measured data requests, warm-up and syncs excluded. */
  readonly requestCount: number;
  /**
   * Time from the first measured request to the end of the last as the harness saw it. Of fio: of its whole process, its
   * start and the reading of the requests included.
   */
  readonly wallMs: number;
  /**
   * Time inside the driver: the sum of the requests' latencies and `syncMs`. Of fio, whose requests overlap: its own run
   * time, from the first request to the end of the last, waiting for their times included.
   */
  readonly driverMs: number;
  /** Measured syncs, their number and the time spent in them. */
  readonly syncCount: number;
  readonly syncMs: number;
  /** Over all data requests. */
  readonly latencyMs: LatencySummary;
  readonly latencyByOperationMs: Readonly<Partial<Record<Exclude<OperationName, 'sync'>, LatencySummary>>>;
  /** HdrHistogram in its compressed V2 encoding, base64, nanoseconds, by operation. */
  readonly histograms: Readonly<Partial<Record<Exclude<OperationName, 'sync'>, string>>>;
  /** From a separate, untimed replay under QEMU's trace events; absent where it was not asked for. */
  readonly hostIo?: HostIoCounts;
  /** The image file's length and allocated blocks after the run and the close of the image. */
  readonly fileBytes: number;
  readonly allocatedBytes: number;
  /** Bytes that the guest wrote, preparation excluded, and the distinct bytes among them. */
  readonly guestBytes: number;
  readonly guestDistinctBytes: number;
  /** `allocatedBytes` over the distinct bytes that the guest stored (preparation included); absent if it stored none. */
  readonly spaceAmplificationRatio?: number;
  /** Mean distance between the end of one data request and the start of the next, in the guest's offsets and in the host file's. */
  readonly guestSeekBytes: number;
  readonly hostSeekBytes?: number;
}

/** One cell to run. */
export interface EngineJob {
  readonly configuration: Configuration;
  readonly workload: Workload;
  /** An absolute path of the user's backing file with its format, used in place of the workload's own. Opened read-only. */
  readonly backing?: { readonly path: string; readonly format: string };
  /** A file name that is stable within the run for images that trials share, so that they are made once. */
  readonly imageKey: string;
  /** Lets a trial in slices use an image that others read too, where its making takes longer than what is to be seen of new ones. */
  readonly reusesImage?: boolean;
  /** After this time the measured process is killed and the outcome is `timed-out`. */
  readonly timeLimitMs: number;
  /** Whether to make the untimed replay for {@link TrialMetrics.hostIo}. */
  readonly traceHostIo: boolean;
  readonly signal: AbortSignal;
}

/** How a trial ended. Only `completed` has values. */
export type EngineOutcome =
  | {
      readonly state: 'completed';
      readonly metrics: TrialMetrics;
      readonly warnings: readonly Warning[];
      /** The measured process's command line, for the journal. */
      readonly command: readonly string[];
      /** Processors it was allowed to run on. */
      readonly cpus: readonly number[];
    }
  | { readonly state: 'failed'; readonly reason: string; readonly command?: readonly string[] }
  | { readonly state: 'timed-out'; readonly reason: string; readonly command?: readonly string[] }
  | { readonly state: 'aborted'; readonly reason: string };

/** Time of a slice, milliseconds. */
export interface SliceTime {
  /** Inside the driver, as in {@link TrialMetrics.driverMs}; 0 for requests of the warm-up. */
  readonly driverMs: number;
  /**
   * The same without the moments in which the process did not have the processor; absent where the engine cannot say which
   * requests waited for nothing else.
   */
  readonly robustMs?: number;
  /** As the harness saw it. */
  readonly wallMs: number;
}

/** What a measured process used of the machine since it started. */
export interface ProcessUsage {
  /** Time on a processor in user mode. The kernel's work for it cannot be told from its work for others. */
  readonly userMs: number;
  /** Read from and written to disks. */
  readonly ioBytes: number;
}

/** What other programs and the hypervisor took from a trial while it ran, from Linux's /proc. */
export interface Disturbance {
  /** Whether it was enough to run the trial's block again. */
  readonly disturbed: boolean;
  /** Time that the hypervisor gave the measuring processor to others. */
  readonly stealMs: number;
  /** Time that other programs had the measuring processor, in user mode. */
  readonly waitMs: number;
  /** Bytes that other processes moved on the disk with the images. */
  readonly otherIoBytes: number;
  /** Time that the control group's quota held processes back. */
  readonly throttledMs: number;
}

/** A trial that runs its requests in slices, so that others can run theirs in between. It idles between slices. */
export interface SlicedTrial {
  /** Requests in all, and those of the warm-up at their start. */
  readonly requestCount: number;
  readonly warmUpCount: number;
  /** Processors it was allowed to run on. */
  readonly cpus: readonly number[];
  /** Runs the requests up to the given one, counted from 0 and not included. Undefined where it failed: see `finish`. */
  advance(to: number): Promise<SliceTime | undefined>;
  /** Undefined where the system does not tell. */
  usage(): ProcessUsage | undefined;
  /** Closes the image and says how the trial ended; all requests must have run for `completed`. Never throws twice. */
  finish(): Promise<EngineOutcome>;
}

/** fio and the export between it and the driver. */
export interface LoadGenerator {
  /** As fio says, e.g. `3.33`. */
  readonly version: string;
  readonly export: 'nbd' | 'fuse';
  /** Reads of 4 KiB from a device that answers at once, by one job at each depth that is used, and at depth 1. */
  readonly nullDevice: readonly {
    readonly iodepth: number;
    readonly iops: number;
    /** From submission to completion. */
    readonly meanMs: number;
    readonly p99Ms: number;
  }[];
}

/** What an engine found out about itself before the first trial; recorded in the journal's header. */
export interface EngineDescription {
  readonly name: EngineName;
  /** Version of the tool that does the work, e.g. `7.2`. */
  readonly version: string;
  /** Effective cache and aio mode where the configuration does not say. */
  readonly cache: string;
  readonly aio: string;
  /**
   * Cost of one command outside the driver, milliseconds, measured at the start; 0 where there is none. Of fio: of one
   * request at depth 1 on a device that answers at once, which latencies include.
   */
  readonly overheadMs: number;
  readonly cpus: readonly number[];
  /** Processors of the program that feeds the measured process, where it keeps off those. */
  readonly harnessCpus?: readonly number[];
  /** What makes the load, and what it and the export cost by themselves; absent where the engine does that itself. */
  readonly fio?: LoadGenerator;
  /** Where predicted times come from; absent where times are measured. */
  readonly costs?: { readonly name: string; readonly source: string };
}

/** One way to run a workload. */
export interface Engine {
  readonly name: EngineName;
  /** Checks the tools and calibrates. @throws EnvironmentError where something is missing. */
  describe(signal: AbortSignal): Promise<EngineDescription>;
  run(job: EngineJob): Promise<EngineOutcome>;
  /**
   * Starts a trial that runs in slices, on an image of its own. Absent where an engine cannot do that.
   * @param lifetimeMs the trial's time limit together with the time that it spends waiting for others
   * @returns an outcome where it could not be started
   */
  begin?(job: EngineJob, lifetimeMs: number): Promise<SlicedTrial | EngineOutcome>;
  /**
   * Runs the job's requests once, untimed, and hands each host I/O to the sink in order of submission, from the first
   * guest request to the close of the image.
   * @throws EnvironmentError where this machine cannot tell, EngineError where the run failed
   */
  recordHostIo(job: EngineJob, sink: HostIoSink): Promise<readonly Warning[]>;
  /** Removes everything that it made. */
  close(): Promise<void>;
}
