import { CostMeter } from '../../../driver/cost/cost-meter.ts';
import { type PredictedRate, predictRate } from '../../../driver/cost/prediction.ts';
import type { DriverCounters } from '../../../driver/counters.ts';
import { driverOptions } from '../../../driver/driver-options.ts';
import type { HostFileName, HostIoSink, HostOpName, HostPurposeName } from '../../../driver/host-io.ts';
import { HostIoTally } from '../../../driver/host-io-tally.ts';
import type { ImageState } from '../../../driver/image-state.ts';
import { Qcow2Driver } from '../../../driver/qcow2-driver.ts';
import type { SettingValues } from '../../../settings/configuration.ts';
import type { PredictionBasis } from '../../ranking/part.ts';

/** A few requests on one image. */
export interface Experiment {
  /** As the first request finds it; it is changed in place. */
  readonly image: ImageState;
  readonly drive: SettingValues;
  /** Steps that are run and counted. Each may hand the driver several requests; the model counts them as one. */
  readonly steps: number;
  step(driver: Qcow2Driver, index: number): void;
  /** What is done before, uncounted. */
  warmUp?(driver: Qcow2Driver): void;
  /** Sees each host I/O that is counted. */
  readonly watch?: HostIoSink;
}

/** What the steps did. */
export interface ExperimentResult {
  /** Per step. */
  readonly counters: Readonly<Record<keyof DriverCounters, number>>;
  readonly rate: PredictedRate;
  /** Host I/O per step of the kinds that are named; of all kinds where none is. */
  io(kinds?: IoChoice): { readonly count: number; readonly bytes: number };
}

export interface IoChoice {
  readonly ops?: readonly HostOpName[];
  readonly file?: HostFileName;
  readonly purposes?: readonly HostPurposeName[];
}

/** Runs the steps through the model of QEMU's driver, one request at a time. */
export function runExperiment(experiment: Experiment, basis: PredictionBasis): ExperimentResult {
  const { image, steps } = experiment;
  const meter = new CostMeter(basis.profile, { image });
  const tally = new HostIoTally(image.externalData);
  let counting = false;
  const sink: HostIoSink = {
    io(op, file, offset, length, purpose, state) {
      meter.io(op, file, offset, length, purpose, state);
      if (!counting) return;
      tally.io(op, file, offset, length, purpose);
      experiment.watch?.io(op, file, offset, length, purpose, state);
    },
  };
  const driver = new Qcow2Driver(image, driverOptions(image, experiment.drive, basis.host), sink);
  meter.start(driver.counters);
  experiment.warmUp?.(driver);
  meter.finish(driver.counters);
  meter.reset();
  const before = { ...driver.counters };
  counting = true;
  for (let index = 0; index < steps; index++) {
    experiment.step(driver, index);
    meter.finish(driver.counters);
  }
  const after = driver.counters;
  const names = Object.keys(before) as (keyof DriverCounters)[];
  return {
    counters: Object.fromEntries(names.map((name) => [name, (after[name] - before[name]) / steps])) as Record<
      keyof DriverCounters,
      number
    >,
    rate: predictRate(meter, steps),
    io: (choice = {}) => perStep(tally, choice, steps),
  };
}

function perStep(tally: HostIoTally, { ops, file, purposes }: IoChoice, steps: number) {
  const kinds = tally
    .kinds()
    .filter(
      (kind) =>
        (ops?.includes(kind.op) ?? true) &&
        (file === undefined || kind.file === file) &&
        (purposes?.includes(kind.purpose) ?? true),
    );
  const sum = (value: (kind: (typeof kinds)[number]) => number) =>
    kinds.reduce((total, kind) => total + value(kind), 0) / steps;
  return { count: sum(({ count }) => count), bytes: sum(({ bytes }) => bytes) };
}
