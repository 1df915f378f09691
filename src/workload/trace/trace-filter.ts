import { InputError } from '../../errors.ts';
import { longestRequestBytes, Operation } from '../request.ts';
import { type MoveRequests, RequestStore } from '../request-store.ts';
import { cutToDisk, foldedOffset, scaleToDisk } from './fit-to-disk.ts';
import type { Tally } from './survey.ts';
import { Tallies } from './tallies.ts';
import type { TraceSink } from './trace-format.ts';
import type { TraceOptions } from './trace-options.ts';

/** Bytes of the names of all devices together; a trace of 5,000 volumes has some tens of kilobytes. */
const mostNameCharacters = 4 * 1024 * 1024;
/** A step back in time up to this is due to traces of several processors or to the order of completions. */
const toleratedStepUs = 1_000_000;
/** Some discard a whole device at once. */
const longestTrimBytes = 2 ** 40;

export interface FilterSettings {
  /** The file's name for messages. */
  readonly shown: string;
  readonly options: TraceOptions;
  /** Where the disk ends; Infinity where none is given. */
  readonly diskBytes: number;
  /** Whether requests of a second device are an error. */
  readonly oneDevice: boolean;
}

/** Takes what a reader finds, checks it, leaves out what is not asked for, and keeps the rest. */
export class TraceFilter implements TraceSink {
  line = 0;
  recordOffsetBytes = 0;
  readonly store = new RequestStore();
  readonly passedOver = new Tallies();
  readonly notes = new Tallies();
  skippedCount = 0;
  firstSkipped: string | undefined;
  outsideWindowCount = 0;
  movedCount = 0;

  readonly #settings: FilterSettings;
  readonly #fromUs: number;
  readonly #toUs: number;
  readonly #numbers = new Map<string, number>();
  readonly #names: string[] = [];
  readonly #counts: number[] = [];
  #nameCharacters = 0;
  #picked = -1;
  #waitUs = 0;
  #waited = false;
  /** Whether a request had no time of its own. */
  #unstamped = false;
  /** Times of the device's first request and of its latest, on the trace's clock. */
  #originUs = Number.NaN;
  #latestUs = Number.NaN;
  /** From the device's first request to the first that was taken. */
  #firstUs = 0;

  constructor(settings: FilterSettings) {
    this.#settings = settings;
    this.#fromUs = (settings.options.fromMs ?? Number.NEGATIVE_INFINITY) * 1000;
    this.#toUs = (settings.options.toMs ?? Number.POSITIVE_INFINITY) * 1000;
  }

  device(name: string): number {
    const known = this.#numbers.get(name);
    if (known !== undefined) return known;
    this.#nameCharacters += name.length;
    if (this.#nameCharacters > mostNameCharacters) {
      this.#fail('the names of its devices take more than 4 MiB', 'Say with --format what it is.');
    }
    const number = this.#names.length;
    this.#numbers.set(name, number);
    this.#names.push(name);
    this.#counts.push(0);
    if (name === this.#settings.options.device) this.#picked = number;
    return number;
  }

  request(device: number, operation: Operation, offsetBytes: number, lengthBytes: number, timeUs: number): void {
    this.#counts[device] = (this.#counts[device] as number) + 1;
    const { options, oneDevice } = this.#settings;
    if (options.device !== undefined) {
      if (device !== this.#picked) return;
    } else if (oneDevice && device !== this.#picked) {
      if (this.#picked >= 0) {
        this.#secondDevice(device);
        return;
      }
      this.#picked = device;
    }
    const sinceStartUs = this.#sinceStart(timeUs);
    if (!(sinceStartUs >= 0)) return;
    const sync = operation === Operation.sync;
    if (!sync && !this.#checkPlace(operation, offsetBytes, lengthBytes)) return;
    if (this.store.count === 0) this.#firstUs = sinceStartUs;
    const time = (sinceStartUs - this.#firstUs) / options.speed;
    if (sync) this.store.push(operation, 0, 0, time);
    else if (offsetBytes + lengthBytes > this.#settings.diskBytes) this.#fit(operation, offsetBytes, lengthBytes, time);
    else this.store.push(operation, offsetBytes, lengthBytes, time);
  }

  wait(us: number): void {
    this.#waitUs += us;
    this.#waited = true;
  }

  bad(message: string): void {
    this.#bad(message);
  }

  passOver(kind: string): void {
    this.passedOver.add(kind);
  }

  note(text: string): void {
    this.notes.add(text);
  }

  /** Where the reader is, for messages about what comes next. */
  get position(): { readonly line?: number; readonly offsetBytes?: number } {
    return this.line > 0 ? { line: this.line } : { offsetBytes: this.recordOffsetBytes };
  }

  /** Devices by their requests, most first. */
  devices(): readonly Tally[] {
    return this.#names
      .map((what, number) => ({ what, count: this.#counts[number] ?? 0 }))
      .filter(({ count }) => count > 0)
      .sort((left, right) => right.count - left.count);
  }

  /** How the requests are to be moved once all are known. */
  mover(): MoveRequests | undefined {
    const { options, diskBytes } = this.#settings;
    return options.fit === 'scale' ? scaleToDisk(this.store.endBytes, diskBytes) : undefined;
  }

  get isTimed(): boolean {
    return this.#waited || !this.#unstamped;
  }

  #checkPlace(operation: Operation, offsetBytes: number, lengthBytes: number): boolean {
    const { options, diskBytes } = this.#settings;
    const endBytes = offsetBytes + lengthBytes;
    const name = operation === Operation.read ? 'read' : operation === Operation.write ? 'write' : 'trim';
    const longestBytes = operation === Operation.trim ? longestTrimBytes : longestRequestBytes;
    const exists = endBytes <= Number.MAX_SAFE_INTEGER && offsetBytes >= 0 && lengthBytes > 0;
    if (exists && lengthBytes <= longestBytes && endBytes <= diskBytes) return true;
    if (lengthBytes === 0) this.#bad(`the length of a ${name} is 0`);
    else if (!exists) this.#bad('the request ends behind the largest disk that qtune can count');
    else if (lengthBytes > longestBytes)
      this.#bad(`a ${name} of ${lengthBytes} bytes is longer than a disk takes (${longestBytes} bytes)`);
    else if (options.fit !== 'refuse') return true;
    else {
      this.#bad(
        `the ${name} of ${lengthBytes} bytes at ${offsetBytes} ends past the end of the disk of ${diskBytes} bytes`,
        'Give a larger --disk, or --fit fold or scale.',
      );
    }
    return false;
  }

  /** Microseconds since the first request of the device; NaN where the request is not taken. */
  #sinceStart(timeUs: number): number {
    if (Number.isNaN(timeUs)) this.#unstamped = true;
    const own = this.#waitUs + (Number.isNaN(timeUs) ? 0 : timeUs);
    if (Number.isNaN(this.#originUs)) {
      this.#originUs = own;
      this.#latestUs = own;
    }
    if (own >= this.#latestUs) this.#latestUs = own;
    else if (!this.#stepBack(this.#latestUs - own)) return Number.NaN;
    const sinceStartUs = this.#latestUs - this.#originUs;
    if (sinceStartUs >= this.#fromUs && sinceStartUs < this.#toUs) return sinceStartUs;
    this.outsideWindowCount += 1;
    return Number.NaN;
  }

  #stepBack(us: number): boolean {
    if (us > toleratedStepUs) {
      this.#bad(`its time is ${(us / 1e6).toFixed(3)} s before that of a request before it`);
      return false;
    }
    this.notes.add('times step back by at most a second; such requests are taken to come right behind the one before');
    return true;
  }

  /** A request past the disk's end that the user wants there. With `scale` it moves later, when the end is known. */
  #fit(operation: Operation, offsetBytes: number, lengthBytes: number, timeUs: number): void {
    const { options, diskBytes } = this.#settings;
    if (options.fit === 'scale') {
      this.store.push(operation, offsetBytes, lengthBytes, timeUs);
      return;
    }
    this.movedCount += 1;
    const length = cutToDisk(lengthBytes, diskBytes);
    this.store.push(operation, foldedOffset(offsetBytes, length, diskBytes), length, timeUs);
  }

  #secondDevice(device: number): void {
    this.#bad(
      `requests of a second file, "${this.#names[device]?.slice(0, 40)}"; a workload is of one disk`,
      'Pick one with --device NAME.',
    );
  }

  #bad(message: string, hint?: string): void {
    if (this.skippedCount >= this.#settings.options.skipBadCount) this.#fail(message, hint);
    const { line, offsetBytes } = this.position;
    this.firstSkipped ??= `${line === undefined ? `offset ${offsetBytes}` : `line ${line}`}, ${message}`;
    this.skippedCount += 1;
  }

  #fail(message: string, hint?: string): never {
    const skipped = this.skippedCount > 0 ? `, ${this.skippedCount} bad ones skipped` : '';
    throw new InputError(
      { file: this.#settings.shown, ...this.position },
      `${message} (${readUntilThere(this.store.count)}${skipped})`,
      { hint: hint ?? '--skip-bad N goes on behind up to N bad ones.' },
    );
  }
}

/** For messages about the place where reading stopped. */
export function readUntilThere(count: number): string {
  return `${count === 1 ? '1 request' : `${count.toLocaleString('en-US')} requests`} until there`;
}
