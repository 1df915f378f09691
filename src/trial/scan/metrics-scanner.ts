import type { LatencySummary } from '../../engine/engine.ts';
import { ByteTable } from './byte-table.ts';
import type { JsonScanner } from './json-scanner.ts';
import { type HostIoFigures, hostIoKeys, type MetricFigures, noHostIo } from './trial-figures.ts';

const plainKeys = [
  'iops',
  'bytesPerSecond',
  'requestCount',
  'wallMs',
  'driverMs',
  'syncCount',
  'syncMs',
  'fileBytes',
  'allocatedBytes',
  'guestBytes',
  'guestDistinctBytes',
  'guestSeekBytes',
] as const;
const optionalKeys = ['spaceAmplificationRatio', 'hostSeekBytes'] as const;
const latencyKeys = ['count', 'mean', 'p50', 'p99', 'p999', 'max'] as const;
/** Keys that hold objects, and those that every completed trial of qtune has though nothing here reads them. */
const otherKeys = ['latencyMs', 'hostIo', 'latencyByOperationMs', 'histograms'] as const;

type Slot = (typeof plainKeys | typeof optionalKeys | typeof otherKeys)[number];

const slots: readonly Slot[] = [...plainKeys, ...optionalKeys, ...otherKeys];
const slotTable = new ByteTable<number>(slots.map((name, index) => [name, index]));
const latencyTable = new ByteTable<number>(latencyKeys.map((name, index) => [name, index]));
const hostIoTable = new ByteTable<number>(hostIoKeys.map((name, index) => [name, index]));

const bitOf = (name: Slot): number => 1 << slots.indexOf(name);
const [latencySlot, hostIoSlot] = [slots.indexOf('latencyMs'), slots.indexOf('hostIo')];
const [spaceBit, seekBit, hostIoBit] = [bitOf('spaceAmplificationRatio'), bitOf('hostSeekBytes'), bitOf('hostIo')];
const requiredBits = ((1 << slots.length) - 1) & ~(spaceBit | seekBit | hostIoBit);

const unknown = Number.NaN;

type Mutable<Type> = { -readonly [Key in keyof Type]: Type[Key] };

/** Reads the `metrics` of a completed trial, where they are as qtune writes them. */
export class MetricsScanner {
  private readonly json: JsonScanner;
  private readonly numbers = new Float64Array(plainKeys.length + optionalKeys.length);
  private readonly latencies = new Float64Array(latencyKeys.length);
  private readonly counts = new Float64Array(hostIoKeys.length);
  private seen = 0;
  private countsSeen = 0;
  private readonly hostIo = noHostIo();
  private readonly figures: Omit<Mutable<MetricFigures>, 'latencyMs'> & {
    readonly latencyMs: Mutable<LatencySummary>;
  } = {
    iops: unknown,
    bytesPerSecond: unknown,
    requestCount: unknown,
    wallMs: unknown,
    driverMs: unknown,
    syncCount: unknown,
    syncMs: unknown,
    latencyMs: { count: unknown, mean: unknown, p50: unknown, p99: unknown, p999: unknown, max: unknown },
    fileBytes: unknown,
    allocatedBytes: unknown,
    guestBytes: unknown,
    guestDistinctBytes: unknown,
    guestSeekBytes: unknown,
    spaceAmplificationRatio: unknown,
    hostSeekBytes: unknown,
    hostIo: undefined,
  };

  constructor(json: JsonScanner) {
    this.json = json;
  }

  /** The end of the object; -1 where it has to be left to the parser. */
  scan(start: number): number {
    const { json, numbers } = this;
    this.seen = 0;
    let at = json.opening(start);
    while (at > 0) {
      at = json.key(at);
      if (at === -1) return -1;
      const slot = json.keyIn(slotTable);
      if (slot !== undefined) {
        // JSON.parse takes the last of equal keys.
        if ((this.seen & (1 << slot)) !== 0) return -1;
        this.seen |= 1 << slot;
      }
      if (slot === undefined || slot > hostIoSlot) at = json.figures(at, 4);
      else if (slot === latencySlot) at = this.readLatency(at);
      else if (slot === hostIoSlot) at = this.readHostIo(at);
      else {
        at = json.finite(at);
        numbers[slot] = json.value;
      }
      if (at === -1) return -1;
      const next = json.separator(at);
      if (next === 0) return (this.seen & requiredBits) === requiredBits ? at + 1 : -1;
      at = next;
    }
    return -1;
  }

  /** What the last {@link scan} read, good until the next one: the object is always the same, as a million would be waste. */
  take(): MetricFigures {
    const { figures, numbers, latencies, seen } = this;
    const number = (index: number): number => numbers[index] ?? unknown;
    figures.iops = number(0);
    figures.bytesPerSecond = number(1);
    figures.requestCount = number(2);
    figures.wallMs = number(3);
    figures.driverMs = number(4);
    figures.syncCount = number(5);
    figures.syncMs = number(6);
    figures.fileBytes = number(7);
    figures.allocatedBytes = number(8);
    figures.guestBytes = number(9);
    figures.guestDistinctBytes = number(10);
    figures.guestSeekBytes = number(11);
    figures.spaceAmplificationRatio = (seen & spaceBit) === 0 ? undefined : number(12);
    figures.hostSeekBytes = (seen & seekBit) === 0 ? undefined : number(13);
    const { latencyMs } = figures;
    latencyMs.count = latencies[0] ?? unknown;
    latencyMs.mean = latencies[1] ?? unknown;
    latencyMs.p50 = latencies[2] ?? unknown;
    latencyMs.p99 = latencies[3] ?? unknown;
    latencyMs.p999 = latencies[4] ?? unknown;
    latencyMs.max = latencies[5] ?? unknown;
    figures.hostIo = (seen & hostIoBit) === 0 ? undefined : this.takeCounts();
    return figures;
  }

  private takeCounts(): HostIoFigures {
    const { hostIo, countsSeen, counts } = this;
    for (let index = 0; index < hostIoKeys.length; index++) {
      const key = hostIoKeys[index];
      if (key !== undefined) hostIo[key] = (countsSeen & (1 << index)) === 0 ? undefined : counts[index];
    }
    return hostIo;
  }

  private readLatency(start: number): number {
    const end = this.numbersInto(this.latencies, latencyTable, start);
    return this.found === (1 << latencyKeys.length) - 1 ? end : -1;
  }

  private readHostIo(start: number): number {
    const end = this.numbersInto(this.counts, hostIoTable, start);
    this.countsSeen = this.found;
    return end;
  }

  /** Bits of the keys that {@link numbersInto} found. */
  private found = 0;

  /** Reads an object's known keys, which must be numbers, and checks the others. */
  private numbersInto(values: Float64Array, table: ByteTable<number>, start: number): number {
    const { json } = this;
    this.found = 0;
    let at = json.opening(start);
    if (at === 0) return start + 2;
    while (at > 0) {
      at = json.key(at);
      if (at === -1) return -1;
      const slot = json.keyIn(table);
      if (slot === undefined) at = json.figures(at, 3);
      else {
        if ((this.found & (1 << slot)) !== 0) return -1;
        this.found |= 1 << slot;
        at = json.finite(at);
        values[slot] = json.value;
      }
      if (at === -1) return -1;
      const next = json.separator(at);
      if (next === 0) return at + 1;
      at = next;
    }
    return -1;
  }
}
