/** Requests of a recording in columns, one entry a request; see RequestBlock for the meaning of the columns. */
export interface RecordedRequests {
  readonly count: number;
  readonly operation: Uint8Array;
  readonly offsetBytes: Float64Array;
  readonly lengthBytes: Float64Array;
  /** SHA-256 over the requests in iolog spelling without names and times; hexadecimal. */
  readonly hash: string;
  /** Where the last byte that any request touches ends. */
  readonly endBytes: number;
}
