import { CostMeter } from '../../driver/cost/cost-meter.ts';
import type { CostProfile } from '../../driver/cost/cost-profile.ts';
import { type PredictedRate, predictRate } from '../../driver/cost/prediction.ts';
import type { DriverCounters } from '../../driver/counters.ts';
import { driverOptions, type ModelHost } from '../../driver/driver-options.ts';
import type { HostIoSink } from '../../driver/host-io.ts';
import { HostIoTally } from '../../driver/host-io-tally.ts';
import type { ImageState } from '../../driver/image-state.ts';
import { Qcow2Driver } from '../../driver/qcow2-driver.ts';
import { replayOne } from '../../driver/replay.ts';
import { InterruptedError } from '../../errors.ts';
import type { SettingValues } from '../../settings/configuration.ts';
import { Operation } from '../../workload/request.ts';
import type { Workload } from '../../workload/workload.ts';

/** One run of requests through the model. */
export interface SimulationInput {
  /** As the first request finds it; it is changed in place. */
  readonly image: ImageState;
  readonly drive: SettingValues;
  readonly host: ModelHost;
  readonly workload: Pick<Workload, 'requests' | 'warmUpCount'>;
  readonly costs: CostProfile;
  /** Takes each host I/O too, in order of submission. */
  readonly log?: HostIoSink;
  /** Called for each request behind the warm-up with its predicted time, nanoseconds. */
  readonly onRequest?: (operation: number, bytes: number, nanoseconds: number) => void;
  /** Called now and then with the number of requests that are done; whatever it throws ends the run. */
  readonly onProgress?: (doneCount: number) => void;
  readonly signal: AbortSignal;
}

/** What a run of requests did. */
export interface Simulation {
  /** After the close of the image. */
  readonly image: ImageState;
  /** From the first request to the close, warm-up included. */
  readonly counters: DriverCounters;
  readonly hostIo: HostIoTally;
  /** Of the requests behind the warm-up; undefined where none of them is a read, a write or a trim. */
  readonly rate: PredictedRate | undefined;
  /** What the time of the same requests is made of, nanoseconds in the order of `costComponents`, and what parts at once saved of it. */
  readonly componentsNs: Float64Array;
  readonly overlapNs: number;
}

/**
 * Runs requests through the model of the driver, one after the other, and closes the image. The same input gives the same
 * result on any machine.
 * @throws InterruptedError after an abort, RangeError for a request outside the disk
 */
export async function simulate(input: SimulationInput): Promise<Simulation> {
  const { image, workload, onRequest, onProgress } = input;
  const hostIo = new HostIoTally(image.externalData);
  const options = driverOptions(image, input.drive, input.host);
  const meter = new CostMeter(input.costs, { image });
  const sink = new Fork(hostIo, input.log === undefined ? meter : new Fork(meter, input.log));
  const driver = new Qcow2Driver(image, options, sink);
  meter.start(driver.counters);
  let done = 0;
  let measured = 0;
  for (const block of workload.requests()) {
    for (let index = 0; index < block.count; index++) {
      replayOne(driver, block, index);
      const nanoseconds = meter.finish(driver.counters);
      if (done >= workload.warmUpCount) {
        const operation = block.operation[index] as number;
        if (operation !== Operation.sync) measured++;
        onRequest?.(operation, block.lengthBytes[index] as number, nanoseconds);
      }
      if (++done === workload.warmUpCount) meter.reset();
    }
    onProgress?.(done);
    // Signals get their turn.
    await new Promise((resolve) => setImmediate(resolve));
    if (input.signal.aborted) throw new InterruptedError();
  }
  const rate = measured === 0 ? undefined : predictRate(meter, measured);
  const componentsNs = meter.totals.slice();
  const { overlapNs } = meter;
  driver.close();
  return { image, counters: driver.counters, hostIo, rate, componentsNs, overlapNs };
}

/** Hands each I/O on to two sinks. */
class Fork implements HostIoSink {
  readonly #one: HostIoSink;
  readonly #other: HostIoSink;

  constructor(one: HostIoSink, other: HostIoSink) {
    this.#one = one;
    this.#other = other;
  }

  io(op: number, file: number, offset: number, length: number, purpose: number, state: number): void {
    this.#one.io(op, file, offset, length, purpose, state);
    this.#other.io(op, file, offset, length, purpose, state);
  }
}
