import { type Load, serialLoad, type WorkloadPart } from '../../workload/load.ts';
import { Operation, type RequestBlock } from '../../workload/request.ts';
import type { Workload } from '../../workload/workload.ts';

/** One stream of requests with how it is offered: the whole workload, or one of its parts. */
export interface Source {
  /** For messages. */
  readonly name: string;
  readonly load: Load;
  /** Sources of one stage run side by side, after all those of the stages before. */
  readonly stage: number;
  readonly warmUpCount: number;
  requests(): Iterable<RequestBlock>;
}

/** What a workload's jobs are cut from. */
export function sourcesOf(workload: Workload): readonly Source[] {
  if (workload.parts === undefined || workload.parts.length === 0) {
    const { name, warmUpCount, load = serialLoad } = workload;
    return [{ name, warmUpCount, load, stage: 0, requests: () => workload.requests() }];
  }
  return workload.parts.map((part: WorkloadPart) => ({
    name: part.name,
    warmUpCount: part.warmUpCount,
    load: part.load,
    stage: part.stage ?? 0,
    requests: () => part.requests(),
  }));
}

/** The most requests that a workload has in flight at once: depths of its jobs, added up over those of one stage. */
export function depthOf(workload: Workload): number {
  const stages = new Map<number, number>();
  for (const { stage, load } of sourcesOf(workload)) {
    stages.set(stage, (stages.get(stage) ?? 0) + load.iodepth * load.jobCount);
  }
  return Math.max(...stages.values());
}

/** Whether only a program that does several requests at once, or paces them, does a workload justice. */
export function needsLoadGenerator(workload: Workload): boolean {
  return sourcesOf(workload).some(({ load }) => isMoreThanSerial(load)) || (workload.parts?.length ?? 0) > 1;
}

function isMoreThanSerial(load: Load): boolean {
  const { iodepth, jobCount, rateIops, rateBytesPerSecond, thinkTimeUs = 0, replaySpeed } = load;
  return (
    iodepth > 1 ||
    jobCount > 1 ||
    rateIops !== undefined ||
    rateBytesPerSecond !== undefined ||
    thinkTimeUs > 0 ||
    replaySpeed !== undefined
  );
}

/**
 * Deals a stream out to several jobs: data requests in turn, and a sync to the job that had the request before it, as a
 * program's threads each sync what they wrote themselves.
 */
export class Dealer {
  readonly #jobCount: number;
  #next = 0;
  #last = 0;

  constructor(jobCount: number) {
    this.#jobCount = jobCount;
  }

  /** The number of the job that the next request goes to. */
  deal(operation: number): number {
    if (operation === Operation.sync) return this.#last;
    this.#last = this.#next;
    this.#next = this.#next + 1 === this.#jobCount ? 0 : this.#next + 1;
    return this.#last;
  }
}
