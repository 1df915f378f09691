import { Random } from '../workload/random.ts';
import type { Disturbance, Engine, EngineJob, EngineOutcome, ProcessUsage, SlicedTrial } from './engine.ts';
import { disturbanceBetween, type HostLoad, readHostLoad } from './host-load.ts';

/** One of the trials that take turns. */
export interface InterleaveMember {
  /** One that has `begin`. */
  readonly engine: Engine;
  readonly job: EngineJob;
}

export interface InterleaveOptions {
  /** How long a slice should take, milliseconds. */
  readonly sliceMs: number;
  /** Decides the order within each round. */
  readonly seed: number;
  /** Where the images are, to see who else uses that disk; not looked at where absent. */
  readonly scratchDirectory?: string;
}

/** How a trial ended, and what its slices took. */
export interface InterleavedOutcome {
  readonly outcome: EngineOutcome;
  /** Time inside the driver of each slice, milliseconds; slices of equal place did the same share of the requests. */
  readonly driverMs: readonly number[];
  /** Requests of each slice: as many as were expected to take the time of one. */
  readonly requestCounts: readonly number[];
  /** {@link SliceTime.robustMs} of the same slices; absent where there is none. */
  readonly robustMs?: readonly number[];
  readonly disturbance?: Disturbance;
}

/** Slices have at least so many requests, however long they take: the first of a slice meets cold processor caches. */
const fewestRequests = 20;
/** Requests that show how long one takes, where the warm-up did not. */
const pilotCount = 200;

/**
 * Runs trials in slices that take turns: all begin, warm up, and then run slice after slice, each round in random order
 * and the next one in the reverse, so that every trial ran before every other one as often as after it. What slows the
 * machine for longer than a round slows all of them. A trial that fails leaves; the others go on.
 *
 * @source Kalibera and Jones 2013 on restarts; Abedi and Brecht, ICPE 2017, on randomised interleaving
 */
export async function runInterleaved(
  members: readonly InterleaveMember[],
  options: InterleaveOptions,
): Promise<readonly InterleavedOutcome[]> {
  const lanes: Lane[] = [];
  try {
    for (const { engine, job } of members) {
      const begun = await engine.begin?.(job, job.timeLimitMs * members.length);
      if (begun === undefined) throw new TypeError(`the engine ${engine.name} cannot run slices`);
      lanes.push({
        driverMs: [],
        requestCounts: [],
        robustMs: [],
        position: 0,
        ...('state' in begun ? { outcome: begun } : { trial: begun }),
      });
    }
    const measured = await takeTurns(lanes, options, new Random(options.seed));
    const outcomes: InterleavedOutcome[] = [];
    for (const lane of lanes) {
      // Closing an image writes what its caches hold; nobody else is measured any more.
      const outcome = lane.outcome ?? (await finish(lane)) ?? { state: 'aborted', reason: 'it did not begin' };
      const { driverMs, requestCounts, robustMs } = lane;
      outcomes.push({
        outcome,
        driverMs,
        requestCounts,
        ...(robustMs.length > 0 ? { robustMs } : {}),
        ...(measured === undefined ? {} : { disturbance: measured }),
      });
    }
    return outcomes;
  } catch (error) {
    // Whatever happened to one, no process and no image of the others is left.
    await Promise.allSettled(lanes.map(finish));
    throw error;
  }
}

/** One trial on its way; with an outcome it has already ended. */
interface Lane {
  readonly trial?: SlicedTrial;
  readonly outcome?: EngineOutcome;
  readonly driverMs: number[];
  readonly requestCounts: number[];
  readonly robustMs: number[];
  /** Requests that have run. */
  position: number;
  failed?: boolean;
  finished?: boolean;
}

async function finish(lane: Lane): Promise<EngineOutcome | undefined> {
  if (lane.finished === true) return undefined;
  lane.finished = true;
  return lane.trial?.finish();
}

/** The warm-up and the measured slices of all trials; what disturbed the measured part, where that can be seen. */
async function takeTurns(
  lanes: readonly Lane[],
  options: InterleaveOptions,
  random: Random,
): Promise<Disturbance | undefined> {
  const running = (): readonly Lane[] => lanes.filter((lane) => lane.trial !== undefined && lane.failed !== true);
  let msPerRequest = await round(running(), ({ warmUpCount }) => warmUpCount, false);
  const cpus = running()[0]?.trial?.cpus ?? [];
  const load = (): HostLoad | undefined =>
    options.scratchDirectory === undefined ? undefined : readHostLoad(cpus, options.scratchDirectory);
  const before = load();
  const atStart = running().map((lane) => ({ lane, used: usage(lane) }));
  const longest = Math.max(1, ...running().map((lane) => measuredCount(lane.trial)));
  let order: readonly Lane[] = [];
  for (let slice = 0, done = 0; done < longest; slice++) {
    const wanted = msPerRequest === undefined ? pilotCount : Math.round(options.sliceMs / msPerRequest);
    const count = Math.max(fewestRequests, wanted);
    // What would be left for a slice of its own is too little for one.
    done = done + 1.5 * count >= longest ? longest : done + count;
    order = slice % 2 === 0 ? shuffled(running(), random) : [...order].reverse();
    const share = done / longest;
    msPerRequest = (await round(order, (trial) => boundary(trial, share), true)) ?? msPerRequest;
  }
  const after = load();
  if (before === undefined || after === undefined) return undefined;
  // One that has left is not asked any more, and what it used counts as others'.
  const own = atStart
    .filter(({ lane }) => lane.failed !== true)
    .map(({ lane, used }) => {
      const now = usage(lane);
      return { userMs: now.userMs - used.userMs, ioBytes: now.ioBytes - used.ioBytes };
    });
  return disturbanceBetween(before, after, own, cpus.length === 1);
}

/** One slice of every lane. The mean time of a request as the harness saw it; undefined where none ran. */
async function round(
  lanes: readonly Lane[],
  to: (trial: SlicedTrial) => number,
  measured: boolean,
): Promise<number | undefined> {
  let wallMs = 0;
  let count = 0;
  for (const lane of lanes) {
    const { trial } = lane;
    if (trial === undefined || lane.failed === true) continue;
    const end = to(trial);
    const time = await trial.advance(end);
    if (time === undefined) {
      lane.failed = true;
      continue;
    }
    if (measured) {
      lane.driverMs.push(time.driverMs);
      lane.requestCounts.push(end - lane.position);
      if (time.robustMs !== undefined) lane.robustMs.push(time.robustMs);
    }
    wallMs += time.wallMs;
    count += end - lane.position;
    lane.position = end;
  }
  return count === 0 || wallMs === 0 ? undefined : wallMs / count;
}

function measuredCount(trial: SlicedTrial | undefined): number {
  return trial === undefined ? 0 : trial.requestCount - trial.warmUpCount;
}

/** The request before which a slice ends, given the share of the measured requests that is then done. */
function boundary(trial: SlicedTrial, share: number): number {
  return trial.warmUpCount + Math.round(share * measuredCount(trial));
}

function usage(lane: Lane): ProcessUsage {
  return lane.trial?.usage() ?? { userMs: 0, ioBytes: 0 };
}

function shuffled(lanes: readonly Lane[], random: Random): readonly Lane[] {
  const order = [...lanes];
  for (let index = order.length - 1; index > 0; index--) {
    const other = random.below(index + 1);
    [order[index], order[other]] = [order[other] as Lane, order[index] as Lane];
  }
  return order;
}
