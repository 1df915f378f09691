import { UsageError } from '../../errors.ts';
import { formatBytes } from '../../units/bytes.ts';
import type { RequestBlock } from '../../workload/request.ts';
import { ExactLookups } from './exact-lookups.ts';
import { type LookupCounter, type LookupProfile, maximumSliceCount, type SliceSpec } from './lookup-counter.ts';
import { SampledLookups, type SampleSpec } from './sampled-lookups.ts';

/**
 * The L2 lookups of some requests for several shapes of metadata, in one pass. Shapes whose clusters are of one size and whose
 * entries map as much share one counter.
 */
export class LookupCounters {
  readonly #counters = new Map<string, LookupCounter>();
  readonly #keys: readonly string[];

  /**
   * @param sample undefined for every lookup
   * @throws UsageError for a disk of more slices than can be numbered
   */
  constructor(specs: readonly SliceSpec[], sample: SampleSpec | undefined) {
    this.#keys = specs.map((spec) => {
      checkSliceCount(spec);
      const key = `${spec.diskBytes} ${spec.sliceBytes} ${spec.clusterBytes}`;
      if (!this.#counters.has(key))
        this.#counters.set(key, sample ? new SampledLookups(spec, sample) : new ExactLookups(spec));
      return key;
    });
  }

  add(block: RequestBlock): void {
    for (const counter of this.#counters.values()) counter.add(block);
  }

  /** One for each shape, in their order. */
  profiles(): LookupProfile[] {
    const profiles = new Map([...this.#counters].map(([key, counter]) => [key, counter.profile()]));
    return this.#keys.map((key) => profiles.get(key) as LookupProfile);
  }
}

function checkSliceCount({ diskBytes, sliceBytes }: SliceSpec): void {
  const sliceCount = Math.ceil(diskBytes / sliceBytes);
  if (sliceCount <= maximumSliceCount) return;
  throw new UsageError(
    `a disk of ${formatBytes(diskBytes)} has ${sliceCount} slices of ${formatBytes(sliceBytes)}; at most ${maximumSliceCount} are numbered`,
    { hint: 'Take larger clusters or larger entries.' },
  );
}
