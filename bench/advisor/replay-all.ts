import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { judge } from './judge.ts';
import { readRecording } from './recording.ts';
import { budgetShare, Deck, type Method, methods, type ReplaySource, replaySource } from './replay.ts';
import { renderResults } from './results.ts';
import { exhaustiveMs } from './truth.ts';

export interface ReplayOptions {
  readonly directory: string;
  readonly repetitions: number;
  readonly out: string;
}

/** What repetitions of one method on one workload came to. */
export interface MethodResult {
  readonly workload: string;
  readonly method: string;
  readonly repetitions: number;
  /** Logarithms, one for each repetition, ascending. */
  readonly regrets: readonly number[];
  readonly gains: readonly number[];
  /** Shares of the exhaustive time, ascending. */
  readonly timeShares: readonly number[];
  readonly meanRaced: number;
  /** Share of the lanes that were handed out again. */
  readonly repeatShare: number;
}

/** Repetitions of the methods that the race is compared with, as a share of its own. */
const comparedShare = 0.2;

/** Races on every recording and writes the tables. */
export async function replayAll({ directory, repetitions, out }: ReplayOptions): Promise<void> {
  const names = [...new Set(readdirSync(directory).map((name) => name.replace(/\.ndjson(\.gz)?$/, '')))].sort();
  const results: MethodResult[] = [];
  const sources: ReplaySource[] = [];
  for (const name of names) {
    const recording = readRecording(join(directory, `${name}.ndjson`));
    if (recording === undefined) continue;
    const source = replaySource(recording);
    if (source.draws.some(({ length }) => length === 0)) {
      process.stderr.write(`${name}: left out, as some configurations have no block yet\n`);
      continue;
    }
    sources.push(source);
    for (const method of methods) {
      const count = method === methods[0] ? repetitions : Math.ceil(repetitions * comparedShare);
      const beganMs = performance.now();
      results.push(await repeated(source, method, count));
      process.stderr.write(
        `${name}, ${method.title}: ${count} in ${Math.round((performance.now() - beganMs) / 1000)} s\n`,
      );
    }
  }
  mkdirSync(dirname(out), { recursive: true });
  writeFileSync(out, renderResults(sources, results));
}

async function repeated(source: ReplaySource, method: Method, count: number): Promise<MethodResult> {
  const wholeMs = exhaustiveMs(source.recording.blocks);
  const regrets: number[] = [];
  const gains: number[] = [];
  const timeShares: number[] = [];
  let raced = 0;
  let draws = 0;
  let repeats = 0;
  for (let seed = 1; seed <= count; seed++) {
    const deck = new Deck(source, seed);
    const decision = await method.decide(source, deck, budgetShare * wholeMs * (method.budgetFactor ?? 1), seed);
    const { regret, gain } = judge(source, deck, decision.pick);
    regrets.push(regret);
    gains.push(gain);
    timeShares.push(decision.spentMs / wholeMs);
    raced += decision.racedCount;
    draws += deck.drawCount;
    repeats += deck.repeatCount;
  }
  const ascending = (values: number[]) => values.sort((a, b) => a - b);
  return {
    ...{ workload: source.recording.header.workload, method: method.title, repetitions: count },
    ...{ regrets: ascending(regrets), gains: ascending(gains), timeShares: ascending(timeShares) },
    ...{ meanRaced: raced / count, repeatShare: draws === 0 ? 0 : repeats / draws },
  };
}
