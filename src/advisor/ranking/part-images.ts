import type { ModelHost } from '../../driver/driver-options.ts';
import { HostFileState } from '../../driver/host-file-state.ts';
import type { BackingState, ImageState } from '../../driver/image-state.ts';
import { prepareImage } from '../../driver/prepare-image.ts';
import { resolveCreate } from '../../settings/resolve.ts';
import type { Workload } from '../../workload/workload.ts';
import type { ProposalSettings } from '../proposal.ts';
import { mappedImage, type RequestRanges } from './mapped-image.ts';

/** The images that a workload starts from, by create-time settings; they share the backing file, which is only read. */
export class PartImages {
  readonly #workload: Workload;
  readonly #host: ModelHost;
  readonly #ranges: RequestRanges;
  readonly #backing: BackingState | undefined;

  /** @param ranges whatever the requests touch is within them */
  constructor(workload: Workload, host: ModelHost, ranges: RequestRanges) {
    this.#workload = workload;
    this.#host = host;
    this.#ranges = ranges;
    this.#backing = backingOf(workload, ranges);
  }

  /** The same for settings whose images are the same. */
  keyOf(create: ProposalSettings['create']): string {
    const { preallocation: _, ...shape } = create;
    return JSON.stringify([Object.entries(shape).sort(), this.isMapped(create)]);
  }

  /** Whether every cluster has its place before the first request. */
  isMapped({ preallocation }: ProposalSettings['create']): boolean {
    return this.#workload.image.content !== 'empty' || preallocation === 'metadata';
  }

  make(create: ProposalSettings['create']): ImageState {
    const { diskBytes, image } = this.#workload;
    const backing = this.#backing;
    const { preallocation: _, ...shape } = create;
    if (this.isMapped(create)) {
      const options = { create: resolveCreate(shape), diskBytes, written: image.content === 'full' };
      return mappedImage({ ...options, ...(backing === undefined ? {} : { backing }) }, this.#ranges);
    }
    const configuration = { label: '', create: shape, drive: {} };
    return prepareImage({ configuration, diskBytes, content: 'empty', backing: backing ?? 'none' }, this.#host);
  }
}

/** As for measurements: a file of the disk's size with QEMU's default clusters, or a raw one. */
function backingOf({ image, diskBytes }: Workload, ranges: RequestRanges): BackingState | undefined {
  const { backing } = image;
  if (backing === 'none') return undefined;
  const written = backing.content === 'data';
  if (backing.format === 'qcow2') {
    return { format: 'qcow2', image: mappedImage({ create: resolveCreate({}), diskBytes, written }, ranges) };
  }
  const file = new HostFileState();
  if (written) file.write(0, diskBytes);
  file.lengthBytes = diskBytes;
  return { format: 'raw', virtualBytes: diskBytes, file };
}
