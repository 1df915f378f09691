import { join } from 'node:path';
import type { Workload } from '../../workload/workload.ts';
import type { Scratch } from '../scratch.ts';
import { type ScriptSummary, writeScript } from './script.ts';

/** A workload's commands on disk. */
export interface Script {
  readonly path: string;
  readonly summary: ScriptSummary;
}

interface Entry {
  readonly workload: Workload;
  readonly silentSyncs: boolean;
  readonly name: string;
  readonly script: Promise<Script>;
}

/** Scripts kept at a time: trials of one workload follow each other in turns with those of a few others. */
const capacity = 4;

/** Writes each workload's script once and keeps the last few, as all configurations of a workload run the same one. */
export class ScriptStore {
  readonly #scratch: Scratch;
  #entries: readonly Entry[] = [];
  readonly #prefix: string;
  #sequence = 0;

  /** @param prefix start of the scripts' names, one's own for every store in a scratch directory */
  constructor(scratch: Scratch, prefix: string) {
    this.#scratch = scratch;
    this.#prefix = prefix;
  }

  /** @throws UnrunnableRequest from {@link writeScript}, InterruptedError */
  async get(workload: Workload, silentSyncs: boolean, signal: AbortSignal): Promise<Script> {
    const known = this.#entries.find((entry) => entry.workload === workload && entry.silentSyncs === silentSyncs);
    if (known) return known.script;
    const name = `${this.#prefix}-${this.#sequence++}`;
    const path = join(this.#scratch.directory, name);
    const script = writeScript(workload, path, { silentSyncs, signal }).then((summary) => ({ path, summary }));
    const entry: Entry = { workload, silentSyncs, name, script };
    for (const old of this.#entries.slice(0, -(capacity - 1))) this.#scratch.remove(old.name);
    this.#entries = [...this.#entries.slice(-(capacity - 1)), entry];
    try {
      return await script;
    } catch (error) {
      this.#entries = this.#entries.filter((other) => other !== entry);
      this.#scratch.remove(name);
      throw error;
    }
  }

  /** Removes all scripts. */
  close(): void {
    for (const entry of this.#entries) this.#scratch.remove(entry.name);
    this.#entries = [];
  }
}
