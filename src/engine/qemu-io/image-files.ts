/** Names within an image's directory; tools run there, so that nothing of a user's path reaches an option parser. */
export const imageNames = { image: 'disk.qcow2', dataFile: 'data.raw', backing: 'backing' } as const;

/** One prepared image. */
export interface ImageFiles {
  /** The directory, absolute. */
  readonly directory: string;
  readonly hasDataFile: boolean;
  /** Format of the file that the image's `backing` link leads to; undefined without a backing file. */
  readonly backingFormat: string | undefined;
}
