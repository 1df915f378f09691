import type { Load } from '../../workload/load.ts';

/**
 * When each request of one job may start, microseconds since the job's first: at its recorded time over the speed, and
 * no sooner than the rates allow. fio itself keeps rates only where it draws the requests; with `read_iolog` it passes over
 * `rate` and `rate_iops`.
 * @source fio io_u.c, get_io_u: `rate_ddir` is only reached from `set_io_u_file`; seen with 3.33
 */
export class StartTimes {
  /** Whether anything has a time at all. */
  readonly isPaced: boolean;
  readonly #speed: number | undefined;
  readonly #usPerRequest: number;
  readonly #usPerByte: number;
  #allowedUs = 0;
  #lastUs = 0;

  /** @param isTimed whether the requests have recorded times */
  constructor(load: Load, isTimed: boolean) {
    this.#speed = isTimed ? load.replaySpeed : undefined;
    this.#usPerRequest = load.rateIops === undefined ? 0 : 1e6 / load.rateIops;
    this.#usPerByte = load.rateBytesPerSecond === undefined ? 0 : 1e6 / load.rateBytesPerSecond;
    this.isPaced = this.#speed !== undefined || this.#usPerRequest > 0 || this.#usPerByte > 0;
  }

  /** @param recordedUs since the first measured request; syncs are not subject to rates */
  next(recordedUs: number, lengthBytes: number, isData: boolean): number {
    const recorded = this.#speed === undefined ? 0 : recordedUs / this.#speed;
    this.#lastUs = Math.max(this.#lastUs, recorded, isData ? this.#allowedUs : 0);
    if (isData) this.#allowedUs = this.#lastUs + Math.max(this.#usPerRequest, this.#usPerByte * lengthBytes);
    return this.#lastUs;
  }
}
