import type { Engine, EngineDescription, EngineJob, EngineOutcome } from '../../src/engine/engine.ts';
import type { Configuration } from '../../src/settings/configuration.ts';
import { createRequestBlock, Operation, pushRequest } from '../../src/workload/request.ts';
import type { Workload } from '../../src/workload/workload.ts';
import { sampleMetrics } from './trials.ts';

/**
 * What a trial does: a number completes it with that many requests per second, `hang` waits for the abort, an error is
 * thrown, a function is called with the job, anything else is the outcome itself.
 */
export type ScriptedStep = number | 'hang' | Error | EngineOutcome | ((job: EngineJob) => number | EngineOutcome);

/** Steps by configuration label, or by `workload/label`; a list is used up in order, its last step stays. */
export type Script = Readonly<Record<string, ScriptedStep | readonly ScriptedStep[]>>;

/** An engine without a driver: the script states what it would have measured. Remembers its jobs. */
export class ScriptedEngine implements Engine {
  readonly name = 'qemu-io';
  readonly jobs: EngineJob[] = [];
  closed = false;
  readonly #script: Script;
  readonly #calls = new Map<string, number>();

  constructor(script: Script = {}) {
    this.#script = script;
  }

  async describe(): Promise<EngineDescription> {
    return { name: this.name, version: '7.2', cache: 'none', aio: 'io_uring', overheadMs: 0.004, cpus: [1] };
  }

  async run(job: EngineJob): Promise<EngineOutcome> {
    this.jobs.push(job);
    const step = this.#next(job);
    const value = typeof step === 'function' ? step(job) : step;
    if (value instanceof Error) throw value;
    if (value === 'hang') {
      return new Promise((resolve) => {
        const stop = (): void => resolve({ state: 'aborted', reason: 'interrupted' });
        if (job.signal.aborted) stop();
        job.signal.addEventListener('abort', stop, { once: true });
      });
    }
    if (typeof value !== 'number') return value;
    return {
      state: 'completed',
      metrics: sampleMetrics(value),
      warnings: [],
      command: ['qemu-io', '-t', 'none'],
      cpus: [1],
    };
  }

  async recordHostIo(): Promise<readonly []> {
    return [];
  }

  async close(): Promise<void> {
    this.closed = true;
  }

  #next(job: EngineJob): ScriptedStep {
    const keys = [`${job.workload.name}/${job.configuration.label}`, job.configuration.label];
    const key = keys.find((name) => this.#script[name] !== undefined);
    const entry = key === undefined ? 1000 : (this.#script[key] ?? 1000);
    if (!Array.isArray(entry)) return entry as ScriptedStep;
    const call = this.#calls.get(key ?? '') ?? 0;
    this.#calls.set(key ?? '', call + 1);
    return entry[Math.min(call, entry.length - 1)] ?? 1000;
  }
}

/** A workload of a few small reads, for plans that never reach a driver. */
export function scriptedWorkload(name: string, overrides: Partial<Workload> = {}): Workload {
  return {
    name,
    title: `The workload ${name}`,
    source: 'test',
    diskBytes: 1_073_741_824,
    seed: 7,
    image: { content: 'empty', backing: 'none', state: 'fresh' },
    warmUpCount: 0,
    requestCount: 4,
    identity: { name },
    *requests() {
      const block = createRequestBlock();
      for (let index = 0; index < 4; index++) pushRequest(block, Operation.read, index * 65_536, 4096);
      yield block;
    },
    ...overrides,
  };
}

/** Configurations that differ in `cluster_size`, or the default one for 0. */
export function scriptedConfigurations(...clusterBytes: readonly number[]): Configuration[] {
  return clusterBytes.map((bytes) =>
    bytes === 0
      ? { label: 'default', create: {}, drive: {} }
      : { label: `cluster_size=${bytes / 1024}K`, create: { cluster_size: bytes }, drive: {} },
  );
}
