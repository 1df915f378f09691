/** Bytes up to the first NUL, as C reads them. What is no UTF-8 shows as U+FFFD. */
export function cText(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return Buffer.from(end < 0 ? bytes : bytes.subarray(0, end)).toString('utf8');
}
