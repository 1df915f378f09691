import type { ImageHeader } from '../../qcow2/header.ts';
import type { DescribedDisk } from '../../settings/described-disk.ts';
import type { Finding } from './finding.ts';

/** What became of the file that a disk names. */
export type DiskImage =
  | { readonly state: 'read'; readonly header: ImageHeader }
  /** It is there, and no qcow2 image: raw or another format. */
  | { readonly state: 'not-qcow2' }
  | { readonly state: 'damaged' | 'unread'; readonly why: string };

/** One described disk and its image. */
export interface InspectedDisk {
  readonly disk: DescribedDisk;
  readonly image: DiskImage;
}

/** Looks at one thing; undefined where there is nothing to say. */
export type DiskRule = (inspected: InspectedDisk) => Finding | readonly Finding[] | undefined;
