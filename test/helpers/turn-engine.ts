import type { Engine, EngineDescription, EngineJob, EngineOutcome, SlicedTrial } from '../../src/engine/engine.ts';
import { sampleMetrics } from './trials.ts';

/** What a trial does: milliseconds a request, or how it does not get to its end. */
export type Turn = number | 'fails' | 'cannot begin' | 'hangs' | Error;

/** An engine whose trials take turns and take exactly the time that they are told. Remembers what it was asked. */
export class TurnEngine implements Engine {
  readonly name = 'qemu-io';
  /** `begin default`, `run default`, `finish default` in their order. */
  readonly log: string[] = [];
  readonly #turns: (label: string, call: number) => Turn;
  readonly #calls = new Map<string, number>();

  /** @param turns by the configuration's label and how often that was asked before */
  constructor(turns: (label: string, call: number) => Turn = () => 0.1) {
    this.#turns = turns;
  }

  async describe(): Promise<EngineDescription> {
    return { name: this.name, version: '7.2', cache: 'none', aio: 'io_uring', overheadMs: 0.004, cpus: [1] };
  }

  async run(job: EngineJob): Promise<EngineOutcome> {
    const turn = this.#next('run', job);
    if (turn instanceof Error) throw turn;
    return typeof turn === 'number' ? completed(turn) : { state: 'failed', reason: 'it failed' };
  }

  async begin(job: EngineJob): Promise<SlicedTrial | EngineOutcome> {
    const turn = this.#next('begin', job);
    if (turn instanceof Error) throw turn;
    if (turn === 'cannot begin') return { state: 'failed', reason: 'no image' };
    const { requestCount, warmUpCount } = job.workload;
    let position = 0;
    let isStopped = false;
    return {
      requestCount,
      warmUpCount,
      cpus: [1],
      usage: () => undefined,
      advance: async (to) => {
        if (turn === 'hangs') await aborted(job.signal);
        isStopped ||= typeof turn !== 'number' || job.signal.aborted;
        if (typeof turn !== 'number' || isStopped) return undefined;
        const ms = (to - position) * turn;
        position = to;
        return { driverMs: ms, wallMs: ms };
      },
      finish: async () => {
        this.log.push(`finish ${job.configuration.label}`);
        if (isStopped || typeof turn !== 'number') return { state: 'failed', reason: 'it failed' };
        return completed(turn);
      },
    };
  }

  async recordHostIo(): Promise<readonly []> {
    return [];
  }

  async close(): Promise<void> {
    // Nothing was made.
  }

  #next(what: string, { configuration: { label } }: EngineJob): Turn {
    this.log.push(`${what} ${label}`);
    const call = this.#calls.get(label) ?? 0;
    this.#calls.set(label, call + 1);
    return this.#turns(label, call);
  }
}

function completed(msPerRequest: number): EngineOutcome {
  return { state: 'completed', metrics: sampleMetrics(1000 / msPerRequest), warnings: [], command: [], cpus: [1] };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
