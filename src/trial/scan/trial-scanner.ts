import type { EngineName } from '../../engine/engine.ts';
import type { Configuration } from '../../settings/configuration.ts';
import { isConfiguration } from '../parse-record.ts';
import type { TrialSlices } from '../record.ts';
import { ByteTable } from './byte-table.ts';
import { JsonScanner } from './json-scanner.ts';
import { MetricsScanner } from './metrics-scanner.ts';
import type { TrialFigures } from './trial-figures.ts';

/** Keys of a completed trial as qtune writes it, those that may be absent last. */
const topKeys = [
  'type',
  'id',
  'workload',
  'configuration',
  'repetition',
  'block',
  'engine',
  'startedAt',
  'durationMs',
  'state',
  'metrics',
  'cpus',
  'command',
  'warnings',
  'slices',
  'disturbance',
] as const;
const optionalCount = 2;
type TopKey = (typeof topKeys)[number];

const keyTable = new ByteTable<{ readonly name: TopKey; readonly bit: number }>(
  topKeys.map((name, index) => [name, { name, bit: 1 << index }]),
);
const requiredBits = (1 << (topKeys.length - optionalCount)) - 1;

const engineTable = new ByteTable<EngineName>((['qemu-io', 'fio', 'simulated'] as const).map((name) => [name, name]));

/** A journal with more different names or configurations than this would fill the memory with them. */
const mostKept = 100_000;

/**
 * Reads trials from the bytes of a journal and decodes only what comparisons need; histograms, command lines, warnings and
 * latencies by operation are merely checked. It knows completed trials in the form in which qtune writes them; whatever
 * else stands in a journal, right or wrong, it leaves to `parseJournalLine`, which also has the words for what is wrong.
 */
export class TrialScanner {
  private readonly json = new JsonScanner();
  private readonly metrics = new MetricsScanner(this.json);
  private readonly configurations = new ByteTable<Configuration>();
  private readonly texts = new ByteTable<string>();

  // Of the trial that is being read.
  private seen = 0;
  private id = '';
  private workload: string | undefined;
  private configuration: Configuration | undefined;
  private repetition = 0;
  private block = 0;
  private engine: EngineName | undefined;
  private startedAt = '';
  private slices: TrialSlices | undefined;
  private disturbed = false;

  /**
   * The trial in the bytes [start, end), followed by a newline: what `figuresOf` leaves of the record that
   * `parseJournalLine` reads there. Undefined where that has to be asked. Its metrics are good until the next call.
   */
  scan(bytes: Buffer, start: number, end: number): TrialFigures | undefined {
    const { json } = this;
    json.bytes = bytes;
    this.seen = 0;
    this.slices = undefined;
    this.disturbed = false;
    let at = json.opening(start);
    while (at > 0) {
      at = json.key(at);
      if (at > 0) at = this.member(at);
      if (at > 0) {
        const next = json.separator(at);
        if (next === 0) return at + 1 === end ? this.trial() : undefined;
        at = next;
      }
    }
    return undefined;
  }

  private trial(): TrialFigures | undefined {
    const { id, workload, configuration, repetition, block, engine, startedAt, slices, disturbed } = this;
    if ((this.seen & requiredBits) !== requiredBits || id === '') return undefined;
    if (workload === undefined || configuration === undefined || engine === undefined) return undefined;
    if (!isCount(repetition) || !isCount(block)) return undefined;
    return {
      id,
      workload,
      configuration,
      repetition,
      block,
      engine,
      startedAt,
      state: 'completed',
      metrics: this.metrics.take(),
      slices,
      disturbed,
    };
  }

  /** The end of the value of the key that was just read. */
  private member(start: number): number {
    const { json } = this;
    const key = json.keyIn(keyTable);
    if (key === undefined) return json.any(start);
    // JSON.parse takes the last of equal keys.
    if ((this.seen & key.bit) !== 0) return -1;
    this.seen |= key.bit;
    let end: number;
    switch (key.name) {
      case 'type':
        return json.word(start, '"trial"');
      case 'state':
        return json.word(start, '"completed"');
      case 'id':
        end = json.plainString(start);
        if (end > 0) this.id = json.text(start, end);
        return end;
      case 'startedAt':
        end = json.plainString(start);
        if (end > 0) this.startedAt = json.text(start, end);
        return end;
      case 'workload':
        end = json.plainString(start);
        this.workload = end > 0 ? this.text(start, end) : undefined;
        return end;
      case 'engine':
        end = json.plainString(start);
        this.engine = end > 0 ? engineTable.find(json.bytes, start + 1, end - 1) : undefined;
        return end;
      case 'configuration':
        end = json.any(start);
        this.configuration = end > 0 ? this.settings(start, end) : undefined;
        return end;
      case 'repetition':
        end = json.number(start);
        this.repetition = json.value;
        return end;
      case 'block':
        end = json.number(start);
        this.block = json.value;
        return end;
      case 'metrics':
        return this.metrics.scan(start);
      case 'slices':
        return this.alternation(start);
      case 'disturbance':
        return this.disturbance(start);
      case 'durationMs':
      case 'cpus':
      case 'command':
      case 'warnings':
        return json.any(start);
    }
  }

  /** Equal texts are one string: many trials name few workloads. */
  private text(start: number, end: number): string {
    const { json, texts } = this;
    const known = texts.find(json.bytes, start, end);
    if (known !== undefined) return known;
    const text = json.text(start, end);
    if (texts.size < mostKept) texts.add(json.bytes, start, end, text);
    return text;
  }

  private settings(start: number, end: number): Configuration | undefined {
    const { json, configurations } = this;
    const known = configurations.find(json.bytes, start, end);
    if (known !== undefined) return known;
    const value: unknown = JSON.parse(json.bytes.toString('utf8', start, end));
    if (!isConfiguration(value)) return undefined;
    if (configurations.size < mostKept) configurations.add(json.bytes, start, end, value);
    return value;
  }

  private alternation(start: number): number {
    const { json } = this;
    // As qtune writes it, and no other way: the session, then the times.
    let at = json.word(start, '{"session":');
    const sessionStart = at;
    if (at > 0) at = json.plainString(at);
    if (at === -1) return -1;
    const session = this.text(sessionStart, at);
    at = json.word(at, ',"driverMs":[');
    const driverMs: number[] = [];
    const robustMs: number[] = [];
    if (at > 0) at = this.numbers(at, driverMs);
    const more = at > 0 ? json.word(at, ',"robustMs":[') : -1;
    if (more > 0) at = this.numbers(more, robustMs);
    if (at > 0) at = json.word(at, '}');
    this.slices = { session, driverMs, ...(more > 0 ? { robustMs } : {}) };
    return at;
  }

  /** Numbers up to the end of their list; the place behind it, or -1. */
  private numbers(start: number, into: number[]): number {
    const { json } = this;
    let at = start;
    while (at > 0) {
      at = json.finite(at);
      into.push(json.value);
      if (at > 0 && json.bytes[at] !== 0x2c) break;
      if (at > 0) at += 1;
    }
    return at > 0 ? json.word(at, ']') : at;
  }

  private disturbance(start: number): number {
    const { json } = this;
    // Its first member, before figures that nothing here reads.
    let at = json.word(start, '{"disturbed":true,');
    this.disturbed = at > 0;
    if (at === -1) at = json.word(start, '{"disturbed":false,');
    while (at > 0) {
      at = json.key(at);
      if (at === -1 || json.keyIs('disturbed')) return -1;
      at = json.any(at);
      if (at === -1) return -1;
      const next = json.separator(at);
      if (next === 0) return at + 1;
      at = next;
    }
    return -1;
  }
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}
