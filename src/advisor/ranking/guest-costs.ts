import { CostMeter } from '../../driver/cost/cost-meter.ts';
import type { CostProfile } from '../../driver/cost/cost-profile.ts';
import type { Unsynced } from '../../driver/cost/file-costs.ts';
import { DriverCounters } from '../../driver/counters.ts';
import {
  BLOCK_HOLE,
  BLOCK_WRITTEN,
  FILE_IMAGE,
  FOR_DATA,
  FOR_NONE,
  HOST_READ,
  HOST_SYNC,
  HOST_WRITE,
} from '../../driver/host-io.ts';
import { Operation } from '../../workload/request.ts';
import type { ImagePreparation } from '../../workload/workload.ts';
import { RequestKind } from './request-kind.ts';
import { UnitSet } from './unit-set.ts';

const clusterBytes = 65_536;
/** What an L2 table maps with clusters of 64 KiB. */
const tableBytes = 2 ** 29;

/**
 * What each request would cost on a plain file: all that a configuration adds is left out. It is the same for every configuration
 * and cheap enough to be known of every request, so that samples need to tell the difference only.
 */
export class GuestCosts {
  /** What was done by the last {@link price}. */
  kind: number = RequestKind.trim;
  readonly #meter: CostMeter;
  readonly #counters = new DriverCounters();
  readonly #content: ImagePreparation['content'];
  readonly #hasBacking: boolean;
  readonly #written = new UnitSet(4096);
  readonly #clusters = new UnitSet(clusterBytes);
  readonly #tables = new UnitSet(tableBytes);
  #unsynced = false;

  constructor(profile: CostProfile, image: ImagePreparation) {
    this.#meter = new CostMeter(profile);
    this.#content = image.content;
    this.#hasBacking = image.backing !== 'none';
  }

  get unsynced(): Unsynced {
    return this.#meter.unsynced;
  }

  /** Whether nothing was written since the last sync. */
  get isSynced(): boolean {
    return !this.#unsynced;
  }

  /** @returns nanoseconds */
  price(operation: number, offset: number, length: number): number {
    switch (operation) {
      case Operation.read:
        this.#read(offset, length);
        break;
      case Operation.write:
        this.#write(offset, length);
        break;
      case Operation.trim:
        this.#counters.discards++;
        this.kind = RequestKind.trim;
        break;
      default:
        this.#counters.syncs++;
        this.kind = this.#unsynced ? RequestKind.sync : RequestKind.syncNothing;
        if (this.#unsynced) this.#meter.io(HOST_SYNC, FILE_IMAGE, 0, 0, FOR_NONE, 0);
        this.#unsynced = false;
    }
    return this.#meter.finish(this.#counters);
  }

  /** A number for requests that may cost alike, before the request is priced; what is first in a part of the disk may be costly. */
  rareKind(operation: number, offset: number, length: number): number {
    if (operation === Operation.sync) return this.#unsynced ? 0 : 1;
    if (operation === Operation.trim) return 2;
    if (operation === Operation.read) return this.#clusters.has(offset) ? 3 : 4;
    if (this.#content === 'full') return 5;
    if (!this.#tables.hasEnds(offset, length)) return 6;
    if (!this.#clusters.hasEnds(offset, length)) return 7;
    return this.#written.hasEnds(offset, length) ? 5 : 8;
  }

  #read(offset: number, length: number): void {
    this.#counters.reads++;
    this.#counters.parts++;
    const stored = this.#content === 'full' || this.#clusters.has(offset);
    this.kind = stored ? RequestKind.read : RequestKind.readNothing;
    if (!stored && this.#content === 'empty' && !this.#hasBacking) {
      this.#counters.zeroFilledBytes += length;
      return;
    }
    this.#meter.io(HOST_READ, FILE_IMAGE, offset, length, FOR_DATA, stored ? BLOCK_WRITTEN : BLOCK_HOLE);
  }

  #write(offset: number, length: number): void {
    this.#counters.writes++;
    this.#counters.parts++;
    this.kind = RequestKind.write;
    this.#unsynced = true;
    const isNew = this.#content !== 'full' && this.#written.add(offset, length);
    if (isNew) {
      this.#clusters.add(offset, length);
      this.#tables.add(offset, length);
    }
    this.#meter.io(HOST_WRITE, FILE_IMAGE, offset, length, FOR_DATA, isNew ? BLOCK_HOLE : BLOCK_WRITTEN);
    this.isNew = isNew;
  }

  /** Whether the last write touched a block of 4 KiB that had never been written. */
  isNew = false;
}
