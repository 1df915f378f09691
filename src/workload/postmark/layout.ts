/** The file system's block, and so the unit of every request. */
export const blockBytes = 4096;

/** Largest requests that buffered I/O makes: the read-ahead window, and the block layer's usual limit for write-back. */
export const bufferedReadBytes = 128 * 1024;
export const bufferedWriteBytes = 1024 * 1024;
