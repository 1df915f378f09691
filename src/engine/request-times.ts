import { Operation, operationNames } from '../workload/request.ts';
import type { TrialMetrics } from './engine.ts';
import { LatencyRecorder } from './latency-recorder.ts';

/** The part of {@link TrialMetrics} that follows from the requests' latencies. */
export type RequestMetrics = Pick<
  TrialMetrics,
  | 'iops'
  | 'bytesPerSecond'
  | 'requestCount'
  | 'driverMs'
  | 'syncCount'
  | 'syncMs'
  | 'latencyMs'
  | 'latencyByOperationMs'
  | 'histograms'
>;

const dataOperations = [Operation.read, Operation.write, Operation.trim] as const;

/** Takes the time of each measured request. */
export class RequestTimes {
  readonly #recorders = [new LatencyRecorder(), new LatencyRecorder(), new LatencyRecorder()];
  #byteCount = 0;
  #syncCount = 0;
  #syncNs = 0;

  /** @param operation one of {@link Operation} */
  record(operation: number, bytes: number, nanoseconds: number): void {
    const recorder = this.#recorders[operation];
    if (recorder) {
      recorder.record(nanoseconds);
      if (operation !== Operation.trim) this.#byteCount += bytes;
    } else {
      this.#syncCount++;
      this.#syncNs += nanoseconds;
    }
  }

  /** Time inside the driver so far, syncs included. */
  get driverMs(): number {
    return this.#recorders.reduce((sum, recorder) => sum + recorder.sumMs, this.#syncNs / 1e6);
  }

  metrics(): RequestMetrics {
    const all = new LatencyRecorder();
    const used = dataOperations.flatMap((operation) => {
      const recorder = this.#recorders[operation];
      return recorder && recorder.count > 0 ? [{ name: operationNames[operation], recorder }] : [];
    });
    for (const { recorder } of used) all.add(recorder);
    const syncMs = this.#syncNs / 1e6;
    const driverMs = all.sumMs + syncMs;
    const perSecond = (count: number): number => (driverMs > 0 ? (count / driverMs) * 1000 : 0);
    return {
      iops: perSecond(all.count),
      bytesPerSecond: perSecond(this.#byteCount),
      requestCount: all.count,
      driverMs,
      syncCount: this.#syncCount,
      syncMs,
      latencyMs: all.summary(),
      latencyByOperationMs: Object.fromEntries(used.map(({ name, recorder }) => [name, recorder.summary()])),
      histograms: Object.fromEntries(used.map(({ name, recorder }) => [name, recorder.encode()])),
    };
  }
}
